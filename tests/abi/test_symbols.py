# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the shared object shows to the world: what is reviewed in tools/symbols, and nothing else."""

import os
import pathlib
import re
import subprocess

LIB = os.environ["VIDEOSTREAM_LIB"]
ROOT = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"])
SYMBOLS = ROOT / "tools" / "symbols"


def reviewed(name):
    return set((SYMBOLS / name).read_text().splitlines())


def exported():
    """Defined dynamic symbols as (kind, demangled name)."""
    out = subprocess.run(["nm", "-D", "-C", "--defined-only", LIB], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [re.match(r"\S* *(\w) (.*)", line).groups() for line in out.splitlines()]


def is_c(name):
    return re.fullmatch(r"\w+", name) is not None


def test_a_program_with_more_rights_than_its_caller_does_not_heed_the_callers_environment():
    out = subprocess.run(["nm", "-D", "--undefined-only", LIB], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    used = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    assert "secure_getenv" in used
    assert "getenv" not in used


def test_exports_exactly_the_reviewed_c_functions():
    assert {name for _, name in exported() if is_c(name)} == reviewed("c-symbols.txt")


def test_keeps_every_function_of_release_2_5():
    added = {"vsl_last_error", "vsl_client_stats", "vsl_client_connect", "vsl_frame_valid",
             "vsl_camera_buffer_flags", "vsl_frame_plane_count",
             "vsl_frame_plane_stride", "vsl_frame_plane_offset", "vsl_frame_plane_handle",
             "vsl_codec_available", "vsl_decoder_backend_name", "vsl_decoder_drain",
             "vsl_decoder_flush", "vsl_encoder_backend_name", "vsl_encoder_create_options",
             "vsl_encoder_drain", "vsl_encoder_flush", "vsl_encoder_force_key_frame",
             "vsl_encoder_next_packet", "vsl_encoder_parameter_sets"}
    old = reviewed("c-symbols.txt") - added
    assert len(old) == 101
    assert old <= {name for _, name in exported()}


def test_exports_no_cxx_but_our_own():
    # "typeinfo for vsl::…", "vtable for vsl::…" name the class after their last space-separated word.
    ours = re.compile(r"((non-virtual )?\w+( \w+)* for )?vsl::")
    foreign = [name for _, name in exported() if not is_c(name) and not ours.match(name)]
    assert foreign == []


def test_exports_exactly_the_reviewed_cxx_functions():
    # Weak ones are inline functions, which depend on the compiler's mood.
    strong = {name for kind, name in exported() if kind == "T" and not is_c(name)}
    assert strong == reviewed("cpp-symbols.txt")


def test_declares_every_exported_function_in_the_header():
    header = (ROOT / "include" / "videostream.h").read_text()
    declared = set(re.findall(r"VSL_API\s+[^;#{]*?\b(vsl_\w+)\(", header))
    assert declared == reviewed("c-symbols.txt")


def test_lists_every_c_function_in_the_version_script():
    script = (SYMBOLS / "videostream.map").read_text()
    assert set(re.findall(r"^\s*(vsl_\w+);", script, re.M)) == reviewed("c-symbols.txt")


def test_has_the_name_programs_are_linked_against():
    out = subprocess.run(["readelf", "-d", LIB], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    assert re.search(r"SONAME.*\[libvideostream\.so\.2\]", out)


def test_needs_nothing_but_the_c_and_cxx_runtime():
    out = subprocess.run(["readelf", "-d", LIB], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    needed = re.findall(r"NEEDED.*\[(.*)\]", out)
    runtime = re.compile(r"(libc|libm|libgcc_s|libstdc\+\+|libpthread|librt|libdl|libasan|libubsan"
                         r"|libtsan|ld-linux-.*)\.so")
    assert [name for name in needed if not runtime.match(name)] == []
