# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What `make install` puts down is enough to build and run programs against, wherever it lies."""

import os
import pathlib
import subprocess

import pytest

BUILD = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"])

CXX_USER = """#include <videostream.h>
#include <videostream/client.hpp>
#include <videostream/pool.hpp>
#include <cstdio>
int main() {
  if (vsl::Client::connect("/nonexistent/socket")) return 1;
  std::puts(vsl_version());
}
"""
CXX_OPTIONS = """#include <videostream/camera.hpp>
#include <videostream/client.hpp>
#include <videostream/codec.hpp>
#include <videostream/host.hpp>
#include <videostream/pool.hpp>
vsl::CameraOptions camera() { return {.width_px = 640}; }
vsl::ClientOptions client() { return {.max_leases = 3}; }
vsl::EncoderOptions encoder() { return {.codec = vsl::fourcc("H264")}; }
vsl::EncodeWish wish() { return {.key_frame = true}; }
vsl::DecoderOptions decoder() { return {.codec = vsl::fourcc("H264")}; }
vsl::HostOptions host() { return {.max_clients = 3}; }
vsl::PoolOptions pool() { return {.width_px = 640}; }
vsl::MemoryOptions memory() { return {.access = vsl::Access::read}; }
"""
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")

CMAKE_USER = """cmake_minimum_required(VERSION 3.25)
project(user CXX)
find_package(VideoStream 2 REQUIRED)
add_executable(user user.cpp)
target_link_libraries(user PRIVATE VideoStream::videostream)
"""

C_USER = """#include <stdio.h>
#include <videostream.h>
int main(void) { return puts(vsl_version()) < 0; }
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    path = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", BUILD, "--prefix", path)
    return path


@pytest.fixture
def user(tmp_path):
    (tmp_path / "user.cpp").write_text(CXX_USER)
    return tmp_path


def library_folder(prefix):
    return next(prefix.rglob("libvideostream.so.2")).parent


def test_installs_the_links_of_a_library_of_abi_2(prefix):
    folder = library_folder(prefix)
    real = os.path.realpath(folder / "libvideostream.so")
    assert os.path.realpath(folder / "libvideostream.so.2") == real
    assert "SONAME" in run("readelf", "-d", real)
    assert "[libvideostream.so.2]" in run("readelf", "-d", real)


def test_the_library_needs_the_c_and_cxx_libraries_alone(prefix):
    needed = [line.split("[")[1].rstrip("]") for line in
              run("readelf", "-d", library_folder(prefix) / "libvideostream.so").splitlines()
              if "NEEDED" in line]
    allowed = ("libc.", "libstdc++.", "libm.", "libgcc_s.", "libpthread.", "librt.", "ld-linux")
    assert [name for name in needed if not name.startswith(allowed)] == []


def test_pkg_config_builds_a_program_that_runs(prefix, user):
    folder = library_folder(prefix)
    environment = {**os.environ, "PKG_CONFIG_PATH": str(folder / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "videostream", env=environment).split()
    run("c++", "-std=c++20", user / "user.cpp", "-o", user / "user", *flags)
    version = run(user / "user", env={**os.environ, "LD_LIBRARY_PATH": str(folder)})
    assert version == run("pkg-config", "--modversion", "videostream", env=environment)
    assert "glib" not in run("pkg-config", "--print-requires", "videostream", env=environment)


def test_the_cmake_package_builds_a_program_that_runs(prefix, user):
    (user / "CMakeLists.txt").write_text(CMAKE_USER)
    run("cmake", "-S", user, "-B", user / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", user / "build")
    assert run(user / "build" / "user").startswith("2.")


def test_the_cmake_package_serves_a_project_in_c_alone(prefix, tmp_path):
    (tmp_path / "user.c").write_text(C_USER)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE_USER.replace("CXX", "C").replace(".cpp", ".c"))
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path / "build")
    assert run(tmp_path / "build" / "user").startswith("2.")


def test_the_older_programs_are_links_to_the_command(prefix):
    for name, arguments, words in [("vsl-v4l2-info", [], "V4L2 Devices"),
                                   ("vsl-camhost", ["-v"], "vsl-camhost 2.")]:
        program = prefix / "bin" / name
        assert os.readlink(program) == "videostream"
        assert words in run(program, *arguments).splitlines()[0]


def test_installs_the_licence(prefix):
    assert "Apache License" in (prefix / "share/doc/videostream/LICENSE").read_text()


def test_every_public_header_compiles_by_itself(prefix, tmp_path):
    for header in sorted((prefix / "include" / "videostream").glob("*.hpp")):
        source = tmp_path / "one.cpp"
        source.write_text(f"#include <videostream/{header.name}>\n")
        run("c++", "-std=c++20", *STRICT, "-fsyntax-only", f"-I{prefix / 'include'}", source)


def test_options_can_be_named_one_by_one_without_a_warning(prefix, tmp_path):
    source = tmp_path / "options.cpp"
    source.write_text(CXX_OPTIONS)
    run("c++", "-std=c++20", *STRICT, "-fsyntax-only", f"-I{prefix / 'include'}", source)
