# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""stream, receive and snapshot as real processes on a real socket."""
import fcntl
import json
import os
import signal
import struct
import subprocess

import pytest
from conftest import descriptors_of, wait_until

F_SEAL_FUTURE_WRITE = 0x10
METRICS = ["frames_processed", "bytes_processed", "duration_ms", "throughput_fps",
           "bandwidth_mbps", "latency_min_us", "latency_max_us", "latency_avg_us",
           "latency_p50_us", "latency_p95_us", "latency_p99_us", "dropped_frames"]


def verified(result_text):
    record = json.loads(result_text)
    assert record["bad_frames"] == 0
    assert record["unverifiable_frames"] == 0
    return record["verified_frames"]


def test_three_receivers_see_every_frame_whole(test_host, start, socket_path):
    host = test_host()
    receivers = [start("receive", socket_path, "-f", 100, "--verify", "--json", "--policy", policy)
                 for policy in ("in-order", "newest", "every:2")]
    for receiver in receivers:
        assert receiver.wait() == 0, receiver.stderr
        assert verified(receiver.stdout) == 100
    assert host.stop() == 0
    assert not socket_path.exists()


@pytest.mark.parametrize("fourcc", ["NV12", "I420", "YUYV", "RGB3", "BGRA", "NV16", "GREY", "P010"])
def test_every_kind_of_format_arrives_whole(test_host, run, socket_path, fourcc):
    test_host("--format", fourcc)
    result = run("receive", socket_path, "-f", 20, "--verify", "--json")
    assert result.returncode == 0, result.stderr
    assert verified(result.stdout) == 20


def test_a_picture_of_odd_size_arrives_whole(start, run, socket_path):
    start("stream", socket_path, "--source", "test", "-r", "33x17", "-F", "60")
    assert verified(run("receive", socket_path, "-f", 20, "--verify", "--json").stdout) == 20


@pytest.mark.parametrize("memory", ["memfd", "shm"])
def test_every_memory_and_access_can_be_asked_for(test_host, run, socket_path, memory):
    test_host("--memory", memory, "--access", "read_write")
    assert verified(run("receive", socket_path, "-f", 20, "--verify", "--json").stdout) == 20


def test_a_video_file_is_published_whole_and_at_its_own_size(start, run, socket_path, clip,
                                                             tmp_path):
    host = start("stream", socket_path, "--source", clip, "--loop", "--json")
    # More frames than the file has: it was begun again.
    result = run("receive", socket_path, "-f", 60, "--verify", "--json")
    assert result.returncode == 0, result.stderr
    assert verified(result.stdout) == 60
    picture = tmp_path / "frame.ppm"
    assert run("snapshot", socket_path, "-o", picture).returncode == 0
    assert picture.read_bytes().startswith(b"P6\n320 240\n255\n")
    assert host.stop() == 0
    assert json.loads(host.stdout)["frames_processed"] >= 60


def test_a_video_file_ends_by_itself_after_its_last_frame(run, socket_path, clip):
    result = run("stream", socket_path, "--source", clip, "-F", "500", "--json")
    assert result.returncode == 0
    record = json.loads(result.stdout)
    assert record["source_frames"] == 50
    assert record["frames_processed"] + record["dropped_frames"] == 50


def test_a_file_that_is_no_video_fails_before_a_socket_is_bound(run, socket_path, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no pictures in here\n")
    result = run("stream", socket_path, "--source", text)
    assert result.returncode == 1
    assert str(text) in result.stderr
    assert not socket_path.exists()


def test_a_killed_receiver_harms_nobody(test_host, start, socket_path):
    host = test_host()
    survivor = start("receive", socket_path, "-f", 300, "--verify", "--json")
    for _ in range(5):
        victim = start("receive", socket_path, "-f", 0, "--hold", 4, "--json",
                       "--metrics-interval", 1)
        wait_until(lambda: len(os.listdir(f"/proc/{victim.process.pid}/fd")) > 8, "its buffers")
        victim.process.kill()
        victim.wait()
    assert survivor.wait() == 0, survivor.stderr
    assert verified(survivor.stdout) == 300
    assert host.stop() == 0


def test_a_stopped_receiver_does_not_stop_the_stream(test_host, start, run, socket_path):
    host = test_host("--buffers", 6)
    frozen = start("receive", socket_path, "-f", 0, "--hold", 2, "--json", "--metrics-interval", 1)
    wait_until(frozen.records, "frames in the one to be frozen")
    frozen.process.send_signal(signal.SIGSTOP)
    result = run("receive", socket_path, "-f", 200, "--verify", "--json")
    assert result.returncode == 0, result.stderr
    assert verified(result.stdout) == 200
    frozen.process.send_signal(signal.SIGCONT)
    assert frozen.stop() == 0
    assert host.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_receiver_carries_on_after_the_host_was_restarted(test_host, start, socket_path, how):
    host = test_host()
    receiver = start("receive", socket_path, "-f", 0, "-t", 30, "--verify", "--json",
                     "--metrics-interval", 1)
    wait_until(lambda: receiver.records() and receiver.records()[-1]["verified_frames"] > 0,
               "the first frames")
    host.stop(how)
    before = receiver.records()[-1]["verified_frames"]
    second = test_host()
    wait_until(lambda: receiver.records()[-1]["reconnects"] > 0 and
               receiver.records()[-1]["verified_frames"] > before + 20, "frames of the second life")
    assert receiver.stop() == 0, receiver.stderr
    assert receiver.records()[-1]["bad_frames"] == 0
    assert second.stop() == 0


def test_metrics_have_the_documented_fields_in_order(test_host, run, socket_path):
    host = test_host("--json")
    received = json.loads(run("receive", socket_path, "-f", 30, "--json").stdout)
    assert host.stop() == 0
    streamed = json.loads(host.stdout)
    for record in (received, streamed):
        assert list(record)[:len(METRICS)] == METRICS
        for name in METRICS:
            assert isinstance(record[name], float if name in METRICS[3:5] else int), name
        assert record["latency_min_us"] <= record["latency_p50_us"] <= record["latency_max_us"]
        assert record["bytes_processed"] == record["frames_processed"] * 320 * 240 * 3 // 2
    assert received["frames_processed"] == 30
    assert received["copies"] == streamed["bus_copies"] == 0


def test_after_the_first_round_no_descriptor_mapping_or_fault_is_needed(test_host, start,
                                                                        socket_path):
    test_host()
    receiver = start("receive", socket_path, "-f", 0, "--touch", "--json", "--metrics-interval", 1)
    wait_until(lambda: len(receiver.records()) >= 2, "two records")
    earlier = receiver.records()[-1]
    wait_until(lambda: len(receiver.records()) >= 4, "four records")
    later = receiver.records()[-1]
    assert receiver.stop() == 0
    assert later["fds_received"] == earlier["fds_received"]
    assert later["maps"] == earlier["maps"] <= 8


def test_text_metrics_are_printed_at_a_signal(test_host, start, socket_path):
    host = test_host("--metrics")
    receiver = start("receive", socket_path, "-f", 0, "--metrics", "--metrics-interval", 1)
    wait_until(lambda: receiver.lines, "an interval")
    assert receiver.stop(signal.SIGTERM) == 0
    assert host.stop(signal.SIGINT) == 0
    for process in (receiver, host):
        assert "Performance Metrics" in process.stdout
        assert "P99:" in process.stdout


def test_without_a_host_the_wait_ends_with_5_and_the_path(run, socket_path):
    result = run("receive", socket_path, "-t", 0.2)
    assert result.returncode == 5
    assert result.stderr.startswith("Socket error: ")
    assert str(socket_path) in result.stderr


def test_a_signal_ends_the_wait_for_a_host(start, socket_path):
    receiver = start("receive", socket_path, "-t", 60)

    def waits():
        with open(f"/proc/{receiver.process.pid}/status", encoding="ascii") as status:
            caught = next(line for line in status if line.startswith("SigCgt")).split()[1]
        return int(caught, 16) >> (signal.SIGINT - 1) & 1

    wait_until(waits, "its signal handler")
    assert receiver.stop() == 0


def test_a_host_may_come_later_than_its_receiver(start, test_host, socket_path):
    receiver = start("receive", socket_path, "-f", 5, "-t", 60, "--verify")
    test_host()
    assert receiver.wait() == 0, receiver.stderr


def test_a_host_without_frames_ends_the_wait_with_6(start, run, socket_path):
    # One frame in a thousand seconds: the first one is there, a second never comes.
    start("stream", socket_path, "--source", "test", "-r", "64x64", "-F", "1/1000")
    wait_until(socket_path.exists, "the socket")
    result = run("receive", socket_path, "-f", 2, "-t", 0.3)
    assert result.returncode == 6
    assert result.stderr.splitlines()[-1].startswith("Timeout: no frame within 0.3 seconds")


def test_a_regular_file_at_the_path_is_left_alone(run, socket_path):
    socket_path.write_text("mine")
    result = run("stream", socket_path, "--source", "test", "-f", 1)
    assert result.returncode == 5
    assert str(socket_path) in result.stderr
    assert socket_path.read_text() == "mine"


def test_a_path_in_use_is_refused_and_a_stale_one_replaced(test_host, run, socket_path):
    host = test_host()
    second = run("stream", socket_path, "--source", "test", "-f", 1)
    assert second.returncode == 5
    assert run("receive", socket_path, "-f", 3, "--verify").returncode == 0
    host.stop(signal.SIGKILL)
    assert socket_path.exists()
    assert run("stream", socket_path, "--source", "test", "-r", "64x64",
               "-f", 1).returncode == 0


def test_the_socket_has_the_mode_that_was_asked_for(test_host, socket_path):
    test_host("--socket-mode", "600")
    assert socket_path.stat().st_mode & 0o777 == 0o600


def test_a_path_that_is_too_long_is_a_socket_error(run, tmp_path):
    for command in (("stream", tmp_path / ("x" * 200), "--source", "test"),
                    ("receive", tmp_path / ("x" * 200))):
        result = run(*command)
        assert result.returncode == 5
        assert "File name too long" in result.stderr


def test_a_snapshot_is_a_png_that_decodes(test_host, run, socket_path, tmp_path):
    test_host()
    picture = tmp_path / "frame.png"
    result = run("snapshot", socket_path, "-o", picture, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["width"] == 320
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR"
    assert struct.unpack(">II", content[16:24]) == (320, 240)
    assert content.endswith(b"IEND\xaeB`\x82")
    subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", str(picture), "-f", "null", "-"],
                   check=True, timeout=60)
    assert os.listdir(tmp_path).count("frame.png") == 1
    assert not [name for name in os.listdir(tmp_path) if ".part-" in name]


def test_a_snapshot_that_cannot_be_written_is_a_file_error(test_host, run, socket_path, tmp_path):
    test_host()
    result = run("snapshot", socket_path, "-o", tmp_path / "no" / "frame.png")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")


def test_a_stream_keeps_the_rate_that_was_asked_for(run, socket_path):
    result = run("stream", socket_path, "--source", "test", "-r", "64x64", "-F", "30000/1001",
                 "-f", 31, "--json")
    record = json.loads(result.stdout)
    assert record["frames_processed"] == 31
    assert record["duration_ms"] >= 1000  # 30 intervals of 1001/30000 s: never early


def test_the_demo_passes_and_leaves_nothing_behind(run, clip, tmp_path):
    picture = tmp_path / "demo.png"
    before = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    result = run("demo", clip, "--seconds", 4, "--snapshot", picture, "--json")
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["passed"] is True
    assert summary["verifier"]["verified_frames"] > 0
    assert summary["verifier"]["bad_frames"] == 0
    assert summary["victim"]["killed"] is True
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not [name for name in os.listdir("/tmp") if name.startswith("videostream-demo-")]
    if before:
        assert not {name for name in os.listdir("/dev/shm")} - before


def test_verify_notices_pixels_that_change_under_it(test_host, start, socket_path):
    host = test_host("--memory", "memfd", "--access", "read_write")
    receiver = start("receive", socket_path, "-f", 0, "--verify", "--json", "--metrics-interval", 1)
    picture_bytes = 320 * 240 * 3 // 2
    buffers = []
    for path, name in descriptors_of(host.process.pid):
        if "memfd:" not in name or os.stat(path).st_size < picture_bytes:
            continue
        file = open(path, "r+b", buffering=0)
        # The board is sealed against any writer but the host; buffers of read_write hosts are not.
        if not fcntl.fcntl(file, fcntl.F_GET_SEALS) & F_SEAL_FUTURE_WRITE:
            buffers.append(file)
    assert buffers

    def scribble():
        for buffer in buffers:
            buffer.seek(picture_bytes // 2)
            buffer.write(os.urandom(64))
        return any(record["torn_frames"] > 0 for record in receiver.records())

    wait_until(scribble, "a torn frame to be seen")
    for buffer in buffers:
        buffer.close()
    assert receiver.stop() == 1
    assert "bad frames on" in receiver.stderr


@pytest.mark.parametrize("command", [("receive", "{}", "-f", 5), ("snapshot", "{}", "-o", "{}.png"),
                                     ("record", "{}.mp4", "--ipc", "{}", "-f", 5)])
def test_a_host_of_another_user_than_was_expected_is_refused_in_a_sentence(test_host, run, socket_path,
                                                                           command):
    test_host()
    command = [str(word).format(socket_path) for word in command]
    refused = run(*command, "--host-user", os.geteuid() + 1)
    assert refused.returncode == 5
    assert f"its host runs as user {os.geteuid()}" in refused.stderr
    assert f"--host-user {os.geteuid()}" in refused.stderr
    assert run(*command, "--host-user", f"{os.geteuid() + 1},{os.geteuid()}").returncode == 0


def test_frames_that_are_refused_are_named_where_none_came(test_host, run, socket_path):
    test_host("--memory", "shm")
    refused = run("receive", socket_path, "-f", 5, "-t", 1, "--may-fault", "refuse")
    assert refused.returncode == 6
    assert "could truncate while they are read (--may-fault accept takes them)" in refused.stderr
    assert run("receive", socket_path, "-f", 5, "--may-fault", "accept").returncode == 0
