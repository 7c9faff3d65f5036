# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""vslsink and vslsrc as people meet them: in gst-launch-1.0, with each other and the command."""
import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest

from conftest import descriptors_of
from pipelines import PATIENCE_S, environment, launcher, wait_until

PATTERN = "videotestsrc is-live=true ! video/x-raw,format=NV12,width=320,height=240,framerate=60/1"


@pytest.fixture
def launch():
    yield from launcher()


def serving(path, running):
    wait_until(lambda: path.exists() or running.process.poll() is not None, "the socket")


def test_a_pipeline_receives_what_another_one_shows(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} num-buffers=20 ! fakesink", "-v")
    assert reader.wait() == 0, reader.stderr
    assert "format=(string)NV12, width=(int)320, height=(int)240" in reader.stdout
    assert "framerate=(fraction)60/1" in reader.stdout


def test_the_end_of_a_host_in_good_order_is_the_end_of_its_readers_streams(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}", "-e")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    assert host.stop(signal.SIGINT) == 0, host.stderr
    assert reader.wait() == 0, reader.stderr
    assert reader.has("Got EOS")


def test_a_killed_host_is_an_error_that_names_its_path(launch, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    host.stop(signal.SIGKILL)
    assert reader.wait() == 1
    assert reader.has(f"Lost the host at {socket_path}")


def test_the_command_receives_from_vslsink_and_nothing_is_copied(launch, run, socket_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path} lifespan=1000 pool-size=32")
    serving(socket_path, host)
    result = run("receive", socket_path, "-f", 20, "--verify", "--json")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["frames_processed"] == 20
    assert record["bad_frames"] == record["copies"] == 0
    assert record["wire_version"] == 2


def test_frames_stay_whole_from_the_command_through_both_elements_to_the_command(
        launch, test_host, run, socket_path, tmp_path):
    test_host("--lifespan", 1000, "--buffers", 64)
    relayed = tmp_path / "relayed"
    relay = launch(f"vslsrc path={socket_path} ! vslsink path={relayed} sync=false")
    serving(relayed, relay)
    result = run("receive", relayed, "-f", 50, "--verify", "--json")
    assert result.returncode == 0, result.stderr + relay.stderr
    record = json.loads(result.stdout)
    assert record["verified_frames"] == 50, record


@pytest.mark.parametrize("caps_format", ["I420", "YUY2"])
def test_a_cropped_picture_is_the_same_to_elements_and_commands(launch, run, socket_path, tmp_path,
                                                                caps_format):
    cropped = (f"video/x-raw,format={caps_format},width=640,height=480,framerate=30/1 ! "
               "videocrop left=100 top=50 right=20 bottom=10")
    expected, got = tmp_path / "expected", tmp_path / "got"
    assert launch(f"videotestsrc pattern=colors num-buffers=1 ! {cropped} ! "
                  f"filesink location={expected}").wait() == 0
    host = launch(f"videotestsrc pattern=colors is-live=true ! {cropped} ! vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} num-buffers=1 ! filesink location={got}")
    assert reader.wait() == 0, reader.stderr
    assert got.read_bytes() == expected.read_bytes()
    picture, movie = tmp_path / "picture.ppm", tmp_path / "movie.mp4"
    taken = run("snapshot", socket_path, "-o", picture)
    assert taken.returncode == 0, taken.stderr
    assert picture.read_bytes().split(b"\n", 3)[1] == b"520 420"
    recorded = run("record", movie, "--ipc", socket_path, "-f", 5)
    assert recorded.returncode == 0, recorded.stderr


def test_vslsink_without_clients_goes_on_and_leaves_no_socket_behind(launch, socket_path):
    host = launch(f"videotestsrc num-buffers=100 ! vslsink sync=false path={socket_path}")
    assert host.wait() == 0, host.stderr
    assert not socket_path.exists()


def test_a_reader_finds_a_host_that_was_killed_and_started_again(launch, socket_path):
    reader = launch(f"vslsrc path={socket_path} reconnect=true ! fakesink silent=false", "-v", "-m")
    for word in ("connected", "reconnected"):
        host = launch(f"{PATTERN} ! vslsink path={socket_path}")
        reader.wait_for(f"state=(string){word}")
        seen = len(reader.lines)
        wait_until(lambda: any("last-message = chain" in line for line in reader.lines[seen:]),
                   "a frame")
        host.stop(signal.SIGKILL)
    assert reader.process.poll() is None


def memory_of(pid):
    """What a process keeps: memory of its own, and memory that it shares, each file once."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        own = next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))
    files = {}
    for path, name in descriptors_of(pid):
        if not name.startswith(("/memfd:", "/dev/shm/", "/dmabuf:")):
            continue
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            about = os.stat(path)
            files[about.st_dev, about.st_ino] = about.st_blocks * 512 or about.st_size
    return own + sum(files.values())


def test_readers_that_are_killed_or_frozen_change_nothing_for_others(launch, run, socket_path):
    large = PATTERN.replace("width=320,height=240", "width=1280,height=720")
    host = launch(f"{large} ! vslsink path={socket_path}")
    serving(socket_path, host)
    readers = [launch(f"vslsrc path={socket_path} ! fakesink silent=false", "-v") for _ in range(3)]
    for reader in readers:
        reader.wait_for("last-message = chain")
    readers[0].stop(signal.SIGKILL)
    run("receive", socket_path, "-f", 60)  # until the pool is as large as it gets
    before = memory_of(host.process.pid)
    readers[1].process.send_signal(signal.SIGSTOP)
    result = run("receive", socket_path, "-f", 240, "--json")  # 4 s: longer than the hold limit
    after = memory_of(host.process.pid)
    readers[1].process.send_signal(signal.SIGCONT)
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["frames_processed"] == 240
    assert host.process.poll() is None and readers[2].process.poll() is None
    # Constant but for what its pool may still lack of its size; kept for a reader it were 240 frames.
    frame = 1280 * 720 * 3 // 2
    assert after <= before + 4 * frame, (before, after)


def test_coded_video_goes_through_and_is_recorded(launch, socket_path, tmp_path):
    host = launch("videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=60/1 ! "
                  "x264enc tune=zerolatency key-int-max=10 ! h264parse config-interval=-1 ! "
                  "video/x-h264,stream-format=byte-stream,alignment=au ! "
                  f"vslsink path={socket_path}")
    serving(socket_path, host)
    film = tmp_path / "film.mp4"
    coded = launch(f"vslsrc path={socket_path} num-buffers=60 ! h264parse ! mp4mux ! "
                   f"filesink location={film}")
    shown = launch(f"vslsrc path={socket_path} num-buffers=60 ! h264parse ! avdec_h264 ! "
                   "fakesink silent=false", "-v")
    for reader in (coded, shown):
        assert reader.wait() == 0, reader.stdout + reader.stderr
    assert shown.has("last-message = chain")
    probe = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                            "stream=codec_name,nb_read_frames", "-of", "csv=p=0", str(film)],
                           capture_output=True, text=True, check=True)
    codec, frames = probe.stdout.strip().split(",")[:2]
    assert codec == "h264" and int(frames) > 50


CODED = {
    "h264": ("x264enc tune=zerolatency key-int-max=10 ! h264parse config-interval=-1 ! "
             "video/x-h264,stream-format=byte-stream,alignment=au", "h264parse ! avdec_h264"),
    "h265": ("x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h265parse "
             "config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au",
             "h265parse ! avdec_h265"),
}


@pytest.mark.parametrize("codec", CODED)
def test_the_command_records_and_decodes_what_vslsink_has_coded(launch, run, socket_path, tmp_path,
                                                                codec):
    host = launch(f"{PATTERN} ! videoconvert ! video/x-raw,format=I420 ! {CODED[codec][0]} ! "
                  f"vslsink path={socket_path}")
    serving(socket_path, host)
    film = tmp_path / "film.mp4"
    recorded = run("record", film, "--ipc", socket_path, "-f", 40, "--json")
    assert recorded.returncode == 0, recorded.stderr
    assert json.loads(recorded.stdout)["codec"] == codec
    checked = subprocess.run(["ffmpeg", "-v", "error", "-i", str(film), "-fps_mode", "passthrough",
                              "-enc_time_base", "1:90000", "-f", "rawvideo", "-y", "/dev/null"],
                             capture_output=True, text=True, check=True)
    assert checked.stderr == ""
    decoded = run("receive", socket_path, "--decode", "-f", 60, "--json")
    assert decoded.returncode == 0, decoded.stderr
    record = json.loads(decoded.stdout)
    assert record["damaged"] == 0 and record["decoded"] >= 60 - 10 - 1


@pytest.mark.parametrize("codec", CODED)
def test_vslsrc_decodes_what_the_command_has_coded(launch, start, socket_path, codec):
    host = start("stream", socket_path, "--source", "test", "-r", "320x240", "-F", "60",
                 "--encode", "--codec", codec)
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! {CODED[codec][1]} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    assert reader.has("width=(int)320, height=(int)240")
    assert reader.stop(signal.SIGINT) == 0, reader.stderr
    assert host.stop() == 0


CODECS = {
    "h265": CODED["h265"],
    "jpeg": ("jpegenc", "jpegdec"),
}


@pytest.mark.parametrize("codec", CODECS)
def test_other_codecs_go_through_too(launch, socket_path, codec):
    encode, decode = CODECS[codec]
    host = launch(f"{PATTERN} ! videoconvert ! video/x-raw,format=I420 ! {encode} ! "
                  f"vslsink path={socket_path}")
    serving(socket_path, host)
    reader = launch(f"vslsrc path={socket_path} ! {decode} ! fakesink silent=false", "-v")
    reader.wait_for("last-message = chain")
    assert reader.has("width=(int)320, height=(int)240")
    assert reader.stop(signal.SIGINT) == 0, reader.stderr + host.stderr


PARSED = ("h264parse config-interval=-1 ! "
          "video/x-h264,stream-format=byte-stream,alignment=au")


def test_b_frames_are_recorded_in_order_and_at_their_distances(launch, socket_path, tmp_path):
    host = launch("videotestsrc is-live=true num-buffers=90 ! "
                  "video/x-raw,width=320,height=240,framerate=30/1 ! "
                  f"x264enc bframes=3 b-adapt=false key-int-max=30 ! {PARSED} ! "
                  f"vslsink path={socket_path} wait-for-client=true")
    serving(socket_path, host)
    film = tmp_path / "film.mp4"
    reader = launch(f"vslsrc path={socket_path} num-buffers=45 ! h264parse ! mp4mux ! "
                    f"filesink location={film}")
    assert reader.wait() == 0, reader.stdout + reader.stderr
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "packet=pts_time,dts_time",
                            "-of", "json", film], capture_output=True, text=True, timeout=PATIENCE_S)
    packets = json.loads(probe.stdout)["packets"]
    assert len(packets) == 45
    decoded = [float(p["dts_time"]) for p in packets]
    shown = [float(p["pts_time"]) for p in packets]
    assert decoded == sorted(decoded) and shown != sorted(shown), "B-frames"
    # A reader that a busy machine made skip frames has gaps of whole frames.
    frames = [round((time - min(shown)) * 30, 2) for time in shown]
    assert all(abs(frame - round(frame)) < 0.05 for frame in frames), frames
    assert len({round(frame) for frame in frames}) == 45


def test_two_readers_one_of_which_records(launch, socket_path, tmp_path):
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    film = tmp_path / "film.mp4"
    recorder = launch(f"vslsrc path={socket_path} reconnect=true num-buffers=60 ! videoconvert ! "
                      f"x264enc ! mp4mux ! filesink location={film}")
    viewer = launch(f"vslsrc path={socket_path} num-buffers=60 ! videoconvert ! "
                    "video/x-raw,format=RGB ! fakesink")
    for reader in (recorder, viewer):
        assert reader.wait() == 0, reader.stdout + reader.stderr
    probe = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries",
                            "stream=nb_read_packets", "-of", "csv=p=0", str(film)],
                           capture_output=True, text=True, check=True)
    assert int(probe.stdout.strip().split(",")[0]) == 60


def test_running_hosts_are_listed_by_the_device_monitor(launch, socket_path):
    if not shutil.which("gst-device-monitor-1.0"):
        pytest.skip("gst-device-monitor-1.0 is not installed")
    host = launch(f"{PATTERN} ! vslsink path={socket_path}")
    serving(socket_path, host)
    monitor = ["gst-device-monitor-1.0", "-i", "Source/Video:video/x-raw"]
    listed = subprocess.run(monitor, capture_output=True, text=True, check=True, env=environment(),
                            timeout=PATIENCE_S).stdout
    assert f"name  : {socket_path}" in listed
    assert f"gst-launch-1.0 vslsrc path={socket_path}" in listed


DECODED = ("videotestsrc num-buffers=60 pattern=ball ! "
           "video/x-raw,format=I420,width=640,height=480,framerate=60/1 ! "
           "x264enc speed-preset=superfast bframes=2 key-int-max=100 threads=1 ! h264parse ! avdec_h264")


@pytest.mark.parametrize("writer", ["", " ! videobalance brightness=0.3"], ids=["", "written to"])
def test_pictures_that_a_decoder_refers_to_arrive_as_it_decoded_them(launch, socket_path, writer):
    def checksums(text):
        reader = launch(f"{text} ! checksumsink", "-q")
        assert reader.wait() == 0, reader.stderr
        return [line.split()[1] for line in reader.lines if " " in line]

    host = launch(f"{DECODED}{writer} ! vslsink path={socket_path} sync=false lifespan=0 "
                  "wait-for-client=true pool-size=64")
    serving(socket_path, host)
    received = checksums(f"vslsrc path={socket_path} max-queue=64")
    assert len(received) == 60
    assert received == checksums(f"{DECODED}{writer}")
