# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What another user put into a folder where everybody may put files, where the command is to write."""
import os
import stat

import pytest

SOMEBODY = 65534
PRECIOUS = b"what must not be lost"

COMMANDS = {
    "decode": ("decode", "{clip}", "{out}.y4m"),
    "convert": ("convert", "{clip}", "{out}.h264"),
    "record": ("record", "{out}.h264", "--source", "test", "-r", "320x240", "-f", "3"),
    "faststart": ("record", "{out}.mp4", "--source", "test", "-r", "320x240", "-f", "3",
                  "--faststart"),
    "snapshot": ("snapshot", "{bus}", "--output", "{out}.png"),
    "frame-log": ("stream", "{bus}-2", "--source", "test", "-r", "320x240", "-f", "3",
                  "--frame-log", "{out}.csv"),
}


@pytest.fixture
def shared(tmp_path):
    """A folder like /tmp, which others reach."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def arguments_of(name, clip, socket_path, out):
    return [part.format(clip=clip, bus=socket_path, out=out) for part in COMMANDS[name]]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_command_follows_another_users_link(run, clip, test_host, shared, socket_path, name):
    test_host()
    victim = shared.parent / "victim"
    victim.write_bytes(PRECIOUS)
    arguments = arguments_of(name, clip, socket_path, shared / "out")
    planted = next(part for part in arguments if part.startswith(str(shared / "out")))
    os.symlink(victim, planted)
    os.lchown(planted, SOMEBODY, SOMEBODY)
    result = run(*arguments)
    assert result.returncode != 0
    assert f"user {SOMEBODY} put a link there" in result.stderr
    assert victim.read_bytes() == PRECIOUS


@pytest.mark.parametrize("kind", [stat.S_IFREG, stat.S_IFIFO])
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_command_writes_into_another_users_file(run, clip, test_host, shared, socket_path, name,
                                                   kind):
    test_host()
    arguments = arguments_of(name, clip, socket_path, shared / "out")
    planted = next(part for part in arguments if part.startswith(str(shared / "out")))
    os.mknod(planted, kind | 0o666)
    os.lchown(planted, SOMEBODY, SOMEBODY)
    reader = os.open(planted, os.O_RDONLY | os.O_NONBLOCK)  # who opens a FIFO to write waits for it
    result = run(*arguments)
    assert result.returncode != 0
    assert f"user {SOMEBODY} put a file there" in result.stderr
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_snapshot_keeps_the_mode_of_the_picture_it_replaces(run, test_host, socket_path,
                                                              tmp_path):
    test_host()
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"older")
    picture.chmod(0o640)
    assert run("snapshot", socket_path, "--output", picture).returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(picture.stat().st_mode) == 0o640
