# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What people ran into: values nobody meant, files that end early, results that got lost."""
import json
import os
import signal
import socket
import stat
import subprocess

import pytest
from conftest import PATIENCE_S, wait_until


@pytest.mark.parametrize("policy", ["every:3", "newest"])
def test_frames_the_policy_passes_over_are_no_loss(test_host, run, socket_path, policy):
    test_host()
    result = run("receive", socket_path, "-f", 40, "--policy", policy, "--json")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["dropped_frames"] == (
        record["lapped"] + record["gone"] + record["unknown_buffer"])
    assert "frames missed" not in result.stderr or record["dropped_frames"] > 0
    if policy == "every:3":
        assert record["skipped"] >= 2 * 39


NOWHERE = f"/tmp/videostream-refused-{os.getpid()}"


@pytest.mark.parametrize("arguments", [
    ("stream", NOWHERE, "--source", "test", "--frames", "-1"),
    ("stream", NOWHERE, "--source", "test", "--frames=-1"),
    ("receive", NOWHERE, "--frames=-1"),
    ("stream", NOWHERE, "--source", "test", "--lifespan", "nan"),
    ("stream", NOWHERE, "--source", "test", "--lifespan", "inf"),
    ("stream", NOWHERE, "--source", "test", "--lifespan=-5"),
    ("receive", NOWHERE, "--timeout", "nan"),
    ("snapshot", NOWHERE, "-o", "x.png", "--timeout", "nan"),
    ("stream", NOWHERE, "--source", "test", "--backend", "zzz"),
    ("record", NOWHERE + ".h264", "--backend", "zzz"),
    ("stream", NOWHERE, "--source", "test", "--bitrate", "zzz"),
    ("stream", "an-abstract-name", "--source", "test", "--socket-mode", "660"),
    ("stream", NOWHERE, "--source", "test", "--format", "ZZZZ"),
])
def test_a_value_nobody_can_mean_is_refused(run, arguments):
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert not os.path.exists(NOWHERE)


@pytest.mark.parametrize("size, fourcc", [("0x5", "NV12"), ("64x64", "ZZZZ"), ("99999x64", "NV12")])
def test_bench_and_stream_refuse_a_picture_with_the_same_sentence(run, size, fourcc):
    bench = run("bench", "--size", size, "--format", fourcc)
    stream = run("stream", "/tmp/x", "--source", "test", "-r", size, "--format", fourcc)
    assert bench.returncode == stream.returncode == 2
    assert bench.stderr == stream.stderr != ""


def test_readers_that_hold_every_buffer_cost_the_host_no_frame(test_host, start, socket_path):
    host = test_host("--buffers", 4)
    holders = [start("receive", socket_path, "-f", 0, "--hold", 1, "--slow", 400 + 130 * i, "--policy",
                     "in-order", "--json", "--metrics-interval", 1) for i in range(6)]
    wait_until(lambda: any(record.get("taken_back") for holder in holders
                           for record in holder.records()), "a reader that lost a frame")
    for holder in holders:
        holder.stop()
    assert host.stop() == 0
    assert "frames were not published" not in host.stderr


def test_holding_more_than_the_host_grants_is_said_once_and_goes_on(test_host, run, socket_path):
    test_host("--buffers", 6)
    result = run("receive", socket_path, "-f", 60, "--hold", 40, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("--hold asks for 40") == 1
    assert "taken_back" in json.loads(result.stdout)


def test_kept_frames_the_host_took_back_are_counted(test_host, start, socket_path):
    host = test_host("--buffers", 6, "--json", "--metrics-interval", 1)
    keepers = []
    for _ in range(3):  # together they keep every buffer
        keepers.append(start("receive", socket_path, "-f", 0, "--hold", 2, "-t", 30, "--json",
                             "--metrics-interval", 1))
        wait_until(keepers[-1].records, "frames in one to be frozen")
        keepers[-1].process.send_signal(signal.SIGSTOP)
    wait_until(lambda: host.records()[-1]["taken_back"] > 0, "frames to be taken back")
    for keeper in keepers:
        keeper.process.send_signal(signal.SIGCONT)
    wait_until(lambda: any(keeper.records()[-1]["taken_back"] > 0 for keeper in keepers),
               "a keeper to notice")
    for keeper in keepers:
        assert keeper.stop() == 0, keeper.stderr


def test_a_receiver_stopped_for_longer_than_its_timeout_goes_on(test_host, start, socket_path):
    test_host()
    receiver = start("receive", socket_path, "-f", 0, "-t", 1, "--json", "--metrics-interval", 1)
    wait_until(receiver.records, "its first frames")
    receiver.process.send_signal(signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        receiver.process.wait(1.5)  # longer than its timeout: this is what is tested
    before = len(receiver.records())
    receiver.process.send_signal(signal.SIGCONT)
    wait_until(lambda: len(receiver.records()) > before + 1, "frames after the stop")
    assert receiver.stop() == 0, receiver.stderr


@pytest.fixture(scope="session")
def faststart_clip(clip, tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "faststart.mp4"
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(clip), "-c", "copy",
                    "-movflags", "+faststart", str(path)], check=True, timeout=PATIENCE_S)
    return path


def test_a_truncated_video_is_shown_up_to_its_end_and_fails_then(run, socket_path, tmp_path,
                                                                faststart_clip):
    content = faststart_clip.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(content[:len(content) * 2 // 3])
    result = run("stream", socket_path, "--source", short, "-F", "500", "--json")
    record = json.loads(result.stdout)
    assert 5 < record["source_frames"] < 50
    assert result.returncode == 1
    assert "ended before its end" in result.stderr.splitlines()[-1]


def test_damage_inside_a_video_is_counted(run, socket_path, tmp_path, faststart_clip):
    content = bytearray(faststart_clip.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 4000] = os.urandom(4000)
    flawed = tmp_path / "flawed.mp4"
    flawed.write_bytes(content)
    result = run("stream", socket_path, "--source", flawed, "-F", "500", "--json")
    assert json.loads(result.stdout)["source_frames"] > 5
    assert "packets or pictures were damaged" in result.stderr


@pytest.mark.parametrize("name", ["/etc/passwd", "/bin/sh", "/"])
def test_what_is_no_video_is_refused_in_one_sentence(run, socket_path, name):
    result = run("stream", socket_path, "--source", name)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert name in result.stderr
    assert "not supported" not in result.stderr


def test_a_file_of_odd_size_is_published_at_its_own_size(start, run, socket_path, tmp_path):
    odd = tmp_path / "odd.mkv"
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                    "testsrc=size=641x359:rate=25:duration=1", "-c:v", "ffv1", str(odd)],
                   check=True, timeout=PATIENCE_S)
    start("stream", socket_path, "--source", odd, "--loop")
    picture = tmp_path / "frame.ppm"
    result = run("snapshot", socket_path, "-o", picture)
    assert result.returncode == 0, result.stderr
    assert picture.read_bytes().startswith(b"P6\n641 359\n255\n")


@pytest.mark.parametrize("arguments", [("info",), ("info", "--json"), ("devices",), ("--help",),
                                       ("--version",), ("help", "top"),
                                       ("stream", "@", "--source", "test", "-f", 1, "--json"),
                                       ("stream", "@", "--source", "test", "-f", 1, "--metrics")])
@pytest.mark.parametrize("closed", [False, True])
def test_results_that_cannot_be_written_end_in_1_and_a_sentence(binary, socket_path, arguments,
                                                                closed):
    command = [binary, *(str(socket_path) if one == "@" else str(one) for one in arguments)]
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run(
            ["sh", "-c", '"$@" >&-', "sh", *command] if closed else command,
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: write results to stdout")


def test_the_demo_looks_at_its_file_first(run, tmp_path):
    result = run("demo", tmp_path / "none.mp4")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"Error: open video file {tmp_path}/none.mp4: No such file or directory\n"


def test_the_demo_says_at_once_that_a_file_is_no_video(run):
    result = run("demo", "/etc/passwd")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Error: /etc/passwd is no video file that FFmpeg can read\n"


def test_the_demo_leaves_no_folder_behind_and_needs_no_home(binary, clip, tmp_path):
    environment = {**os.environ, "HOME": "/dev/null/none", "TMPDIR": str(tmp_path)}
    environment.pop("XDG_CACHE_HOME", None)
    result = subprocess.run([binary, "demo", clip, "--seconds", "2", "--json"], env=environment,
                            capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert result.returncode == 0, result.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", [("receive",), ("top",), ("snapshot", "-o", "x.png")])
def test_what_is_no_socket_is_called_so(run, tmp_path, command):
    regular = tmp_path / "notes"
    regular.write_text("mine")
    for path in (regular, tmp_path):
        result = run(command[0], path, *command[1:])
        assert result.returncode == 5
        assert f"{path} is not a socket" in result.stderr
    foreign = tmp_path / "foreign"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(foreign))
        server.listen()
        result = run(command[0], foreign, *command[1:])
    assert result.returncode == 5
    assert f"{foreign} is not a VideoStream socket" in result.stderr


def test_top_as_another_user_names_whose_rights_it_needs(test_host, run_as_nobody, socket_path):
    test_host("--socket-mode", "666")
    for folder in (socket_path.parent, *socket_path.parent.parents):
        if folder.stat().st_mode & 1 == 0:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    result = run_as_nobody("top", socket_path, "--once")
    assert result.returncode == 5
    assert "as the host's user or as root" in result.stderr


@pytest.mark.parametrize("fourcc", ["P010", "RGB3", "BGR3", "RGBP", "RX24", "BX24", "RG16", "NV16"])
def test_a_snapshot_of_these_formats_works(test_host, run, socket_path, tmp_path, fourcc):
    test_host("--format", fourcc)
    picture = tmp_path / "frame.ppm"
    result = run("snapshot", socket_path, "-o", picture)
    assert result.returncode == 0, result.stderr
    assert picture.read_bytes().startswith(b"P6\n320 240\n255\n")


def test_a_snapshot_of_a_bare_sensors_picture_is_in_colour(test_host, run, socket_path, tmp_path):
    test_host("--format", "RGGB")
    picture = tmp_path / "frame.ppm"
    result = run("snapshot", socket_path, "-o", picture)
    assert result.returncode == 0, result.stderr
    pixels = picture.read_bytes()[len(b"P6\n320 240\n255\n"):]
    assert any(pixels[i] != pixels[i + 1] for i in range(0, len(pixels), 3)), "all is grey"


def test_a_snapshot_writes_through_a_symbolic_link(test_host, run, socket_path, tmp_path):
    test_host()
    (tmp_path / "there").mkdir()
    link = tmp_path / "frame.png"
    link.symlink_to("there/real.png")
    for _ in range(2):  # a link to nothing yet, then to a file
        assert run("snapshot", socket_path, "-o", link).returncode == 0
        assert link.is_symlink()
        assert (tmp_path / "there" / "real.png").read_bytes().startswith(b"\x89PNG")


def test_the_version_is_json_when_asked(run):
    for arguments in (("-V", "--json"), ("--json", "-V"), ("stream", "-V", "--json")):
        result = run(*arguments)
        assert result.returncode == 0
        assert list(json.loads(result.stdout)) == ["version"]


def test_the_epoch_is_a_string_of_hexadecimal_digits(test_host, run, socket_path):
    test_host()
    epoch = json.loads(run("top", socket_path, "--json").stdout)["epoch"]
    assert len(epoch) == 16 and int(epoch, 16) > 0


def test_an_interrupted_bench_prints_no_empty_tables(start):
    bench = start("bench", "--size", "64x64", "--clients", "1", "--seconds", "30", "--no-syscalls")
    wait_until(lambda: os.path.exists(f"/proc/{bench.process.pid}/task/{bench.process.pid}/children")
               and open(f"/proc/{bench.process.pid}/task/{bench.process.pid}/children",
                        encoding="ascii").read().strip(), "its clients")
    assert bench.stop() == 0, bench.stderr
    assert "slowest" not in bench.stdout


def test_the_help_explains_sockets_access_and_exit_codes(run):
    top = run("--help").stdout
    for code in range(7):
        assert f"\n  {code}  " in top
    stream = " ".join(run("stream", "--help").stdout.split())
    assert "a leading '/' is a file; @cam or cam is an abstract socket name" in stream
    assert stream.count("other users") == 2
