# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""lab/run is a command like any other: what runs inside behaves as if it ran here."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"])
RUN = ROOT / "lab" / "run"


def lab_run(*arguments, **options):
    return subprocess.run([RUN, *arguments], capture_output=True, check=False, **options)


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Runs a command in a machine that all tests here share."""
    machine = tmp_path_factory.mktemp("lab") / "machine"
    out = tmp_path_factory.mktemp("out")
    started = lab_run("--start", machine, "--out", out)
    assert started.returncode == 0, started.stderr.decode()

    def run(*arguments, **options):
        return lab_run("--in", machine, *arguments, **options)
    run.out = out
    run.machine = machine
    yield run
    assert lab_run("--stop", machine).returncode == 0


def test_the_two_outputs_come_back_apart_and_byte_for_byte(inside):
    done = inside("sh", "-c", r"printf 'a\r\n\000\377'; printf 'b\n' >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"a\r\n\0\xff", b"b\n")


def test_much_output_comes_back_whole(inside):
    done = inside("sh", "-c", "seq 1 300000")
    assert done.stdout == b"".join(b"%d\n" % i for i in range(1, 300001))


@pytest.mark.parametrize("command, status", [
    (["sh", "-c", "exit 7"], 7),
    (["sh", "-c", "kill -SEGV $$"], 128 + 11),
    (["no-such-command"], 127),
])
def test_the_exit_status_is_that_of_the_command(inside, command, status):
    assert inside(*command).returncode == status


def test_the_command_sees_the_callers_directory_and_chosen_variables(inside, tmp_path):
    # A directory made after the machine was started, on purpose.
    (tmp_path / "here").write_text("found")
    environment = dict(os.environ, VIDEOSTREAM_WORD="two words'", SECRET="no", CHOSEN="yes")
    done = inside("--env", "CHOSEN", "--env", "SET=1", "sh", "-c",
                  'cat here; echo "|$VIDEOSTREAM_WORD|$SECRET|$CHOSEN|$SET|"',
                  cwd=tmp_path, env=environment)
    assert done.stdout.decode() == "found|two words'||yes|1|\n"


def test_arguments_arrive_as_they_are(inside):
    words = ["", "a b", "$HOME", "'", "\"", "\n", "*", "--timeout"]
    done = inside("printf", "%s|", *words)
    assert done.stdout.decode() == "".join(word + "|" for word in words)


def test_what_is_written_vanishes_unless_it_goes_to_out(inside, tmp_path):
    lost, kept = tmp_path / "lost", inside.out / "kept"
    done = inside("sh", "-c", f"echo x >{lost} && echo y >{kept} && cat {lost}")
    assert done.stdout == b"x\n"
    assert not lost.exists()
    assert kept.read_text() == "y\n"
    assert inside("test", "-e", lost).returncode == 1, "the next command starts afresh"


def test_a_command_that_takes_too_long_is_killed_and_named(inside):
    done = inside("--timeout", "2", "sh", "-c", "echo begun; sleep 1000")
    assert done.returncode == 124
    assert done.stdout == b"begun\n"
    assert b"did not end within 2 s" in done.stderr and b"sleep 1000" in done.stderr


def test_processes_that_are_left_behind_neither_delay_nor_survive(inside):
    done = inside("sh", "-c", "sleep 1111 & echo done")
    assert (done.returncode, done.stdout) == (0, b"done\n")
    assert b"sleep 1111" not in inside("ps", "-e", "-o", "args").stdout


def test_the_machine_has_its_devices(inside):
    listed = inside("sh", "-c", "ls /dev/dma_heap /dev/udmabuf; "
                    "cat /sys/class/video4linux/*/name").stdout.decode()
    for name in ("reserved", "system", "/dev/udmabuf", "vivid-000-vid-cap", "vivid-001-vid-cap",
                 "vivid-002-vid-cap", "vim2m", "stateful-encoder", "Raw Capture 0"):
        assert name in listed.splitlines()


def test_a_command_that_makes_the_kernel_report_a_bug_has_failed(inside):
    log = "echo '<0>BUG: Bad page cache in process' >/dev/kmsg"
    done = inside("sh", "-c", log)
    assert done.returncode == 125
    assert b"broke something in the kernel" in done.stderr and b"Bad page cache" in done.stderr
    assert inside("true").returncode == 0, "and not those after it"


def test_a_kernel_that_panics_is_a_failure_that_shows_its_log():
    done = lab_run("sh", "-c", "echo c >/proc/sysrq-trigger; sleep 100")
    assert done.returncode == 125
    assert b"the machine died" in done.stderr and b"sysrq triggered crash" in done.stderr


def test_a_machine_that_was_never_started_is_a_failure_that_says_so(tmp_path):
    done = lab_run("--in", tmp_path / "none", "true")
    assert done.returncode == 125
    assert b"no machine runs in" in done.stderr


def test_what_is_not_installed_is_named(tmp_path):
    without_qemu = dict(os.environ, PATH=str(tmp_path))
    done = lab_run("true", env=without_qemu)
    assert done.returncode == 125
    assert b"qemu-system-x86" in done.stderr
