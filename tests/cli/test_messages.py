# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the command says of coded video that is not what it was taken for: the attempt, on what, what
was found, and what to do."""
import json
import os
import signal
import subprocess

import pytest
from conftest import PATIENCE_S, wait_until

# What the system calls errors that our own sentences explain.
NOT_FOR_USERS = ["multibyte", "Bad message", "Invalid data", "Operation not supported",
                 "external library", "Invalid argument\n"]


def stream_of(encoder, seconds=1):
    made = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=128x96:rate=25:duration={seconds}",
         "-pix_fmt", "yuv420p", "-c:v", encoder, "-bf", "0", "-g", "10", "-f",
         "h264" if encoder == "libx264" else "hevc", "-"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE_S)
    return made.stdout


def units_of(stream):
    return [b"\0\0\1" + unit for unit in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]


@pytest.fixture(name="h264", scope="module")
def fixture_h264():
    return stream_of("libx264")


@pytest.fixture(name="h265", scope="module")
def fixture_h265():
    return stream_of("libx265")


@pytest.fixture(name="refused")
def fixture_refused(run, tmp_path):
    """Runs a command that has to fail, and gives what it says."""

    def run_refused(code, *arguments):
        result = run(*arguments)
        assert result.returncode == code, result.stderr
        assert not any(words in result.stderr for words in NOT_FOR_USERS), result.stderr
        return result.stderr.splitlines()[-1]

    return run_refused


# ---- Streams that are none

def test_an_empty_file_is_called_so(refused, tmp_path):
    for name in ("a.h264", "a.h265", "a.mp4", "a"):
        (tmp_path / name).write_bytes(b"")
        said = refused(1, "decode", tmp_path / name, tmp_path / "out.y4m")
        assert said == f"Error: decode {tmp_path / name}: there is no picture in it: the file is empty"


def test_what_is_no_file_and_cannot_become_one_is_called_so(refused, clip, tmp_path):
    (tmp_path / "folder.h264").mkdir()
    os.mkfifo(tmp_path / "pipe.h264")
    said = refused(1, "convert", clip, tmp_path / "folder.h264")
    assert said == f"Error: Failed to create output file {tmp_path}/folder.h264: Is a directory"
    assert "pipe.h264 (a pipe or device; " in refused(1, "convert", clip, tmp_path / "pipe.h264")


@pytest.mark.parametrize("content, found", [(b"some notes\n" * 500, "it is text"),
                                            (os.urandom(5000).replace(b"\0", b"\1"), "start code")],
                         ids=["text", "noise"])
def test_a_file_without_start_codes_is_no_stream(refused, tmp_path, content, found):
    (tmp_path / "a.h264").write_bytes(content)
    said = refused(1, "decode", tmp_path / "a.h264", tmp_path / "out.y4m")
    assert found in said and "no elementary stream" in said


def test_a_stream_of_the_other_codec_names_the_option_that_helps(refused, tmp_path, h264, h265):
    for name, content, codec, option in [("a.h264", h265, "HEVC", "--codec h265"),
                                         ("a.h265", h264, "H.264", "--codec h264")]:
        (tmp_path / name).write_bytes(content)
        said = refused(1, "decode", tmp_path / name, tmp_path / "out.y4m")
        assert f"look like those of {codec}" in said and said.endswith(f"try {option}")


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_slices_without_parameter_sets_are_called_so(refused, tmp_path, codec, request):
    units = units_of(request.getfixturevalue(codec))
    slices = [unit for unit in units
              if (unit[3] & 31 in (1, 5) if codec == "h264" else unit[3] >> 1 < 32)]
    (tmp_path / f"a.{codec}").write_bytes(b"".join(slices))
    said = refused(1, "decode", tmp_path / f"a.{codec}", tmp_path / "out.y4m")
    assert "slices" in said and "not the parameter sets" in said


def test_standard_input_needs_the_codec(refused, tmp_path):
    assert "--codec" in refused(2, "decode", "-", tmp_path / "out.y4m")


def test_a_movie_on_standard_input_is_refused_as_what_it_is(binary, clip, tmp_path):
    with open(clip, "rb") as movie:
        result = subprocess.run([binary, "decode", "-", tmp_path / "o.y4m", "--codec", "h264"],
                                stdin=movie, capture_output=True, text=True, timeout=PATIENCE_S,
                                check=False)
    assert result.returncode == 1
    assert "standard input" in result.stderr and "MP4" in result.stderr


# ---- Movies that are damaged

@pytest.mark.parametrize("at, damage, found", [
    (b"avc1", b"zzzz", "'zzzz', and FFmpeg knows none of that name"),
    (b"avc1", b"\0\0\0\0", "does not say of which codec"),
    (b"avcC", b"avcC" + b"\1\0\0\0\3\xe1\xff\xff", "read the parameter sets"),
], ids=["unknown", "none", "parameter-sets"])
def test_what_a_damaged_movie_says_of_itself_is_told_with_its_name(run, clip, tmp_path, at, damage,
                                                                 found):
    content = bytearray(clip.read_bytes())
    begin = content.rindex(at)  # in the table of samples, behind the brands
    content[begin:begin + len(damage)] = damage
    (tmp_path / "bad.mp4").write_bytes(content)
    result = run("decode", tmp_path / "bad.mp4", tmp_path / "out.y4m")
    assert result.returncode in (1, 4) and found in result.stderr, result.stderr
    assert str(tmp_path / "bad.mp4") in result.stderr
    assert not any(words in result.stderr for words in NOT_FOR_USERS), result.stderr


# ---- Frames that are not coded

def test_raw_frames_are_not_decoded_and_it_says_so(test_host, refused, socket_path):
    test_host()
    said = refused(2, "receive", socket_path, "--decode", "-f", 3, "-t", PATIENCE_S)
    assert str(socket_path) in said and "NV12" in said and "--decode" in said


# ---- Pictures that no encoder takes

@pytest.mark.parametrize("command", [("record", "out.h264"), ("stream", "bus", "--encode")])
@pytest.mark.parametrize("size, advice", [("641x479", "even sizes, as 640x478"),
                                          ("20000x20", "from 2x2 to 16384x16384")])
def test_a_size_that_no_encoder_takes_is_a_wrong_argument(refused, tmp_path, command, size, advice):
    path = tmp_path / command[1]
    said = refused(2, command[0], path, *command[2:], "--source", "test", "-r", size)
    assert said.startswith("Invalid arguments: ")
    assert size in said and "libx264" in said and advice in said
    assert not path.exists()


def test_an_encoder_that_takes_no_small_pictures_says_from_which_on(refused, tmp_path):
    said = refused(2, "record", tmp_path / "out.h265", "--source", "test", "-r", "8x8")
    assert "libx265" in said and "from 16x16 to 16384x16384" in said


# ---- What can be coded here, and by whom

@pytest.fixture(name="info")
def fixture_info(binary):
    def run_info(*arguments, **environment):
        return subprocess.run([binary, "info", "--encoder", "--decoder", *arguments],
                              env={**os.environ, **environment}, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=True)

    return run_info


def test_info_names_who_is_taken_and_why_the_others_are_not(info):
    record = json.loads(info("--json", VSL_HANTRO_DECODER_DEV="/none/hantro",
                             VSL_CODEC_BACKEND="software").stdout)
    for section in (record["encoder"], record["decoder"]):
        assert section["selected"] == ["H.264 by software", "H.265 (HEVC) by software"]
        reasons = {words.split(":")[0]: words for words in section["missing"]}
        assert set(reasons) == {"v4l2", "hantro"}
        assert "/none/hantro" in reasons["hantro"]
    assert record["decoder"]["backend_selection"] is True


def test_info_heeds_the_backend_that_the_environment_asks_for(info):
    record = json.loads(info("--json", VSL_CODEC_BACKEND="hantro",
                             VSL_HANTRO_ENCODER_DEV="/none/encoder",
                             VSL_HANTRO_DECODER_DEV="/none/decoder").stdout)
    for section in (record["encoder"], record["decoder"]):
        assert section["available"] is False
        assert "hantro" in section["reason"] and "/none/" in section["reason"]
        assert any("VSL_CODEC_BACKEND says hantro" in words for words in section["missing"])


def test_a_word_that_names_no_backend_is_told_once(binary, tmp_path):
    result = subprocess.run([binary, "record", tmp_path / "out.h264", "--source", "test", "-r",
                             "64x64", "-f", "2"], env={**os.environ, "VSL_CODEC_BACKEND": "sofware"},
                            capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert result.stderr.count("sofware") == 1


def test_a_container_on_a_pipe_is_told_as_that(binary, tmp_path, h264):
    (tmp_path / "in.h264").write_bytes(h264)
    for name in ("c.ts", "c.mkv", "c.avi"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "in.h264", "-c", "copy",
                        tmp_path / name], check=True)
        with open(tmp_path / name, "rb") as pipe:
            done = subprocess.run([binary, "decode", "--codec", "h264", "-", tmp_path / "o.y4m"],
                                  stdin=pipe, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "it is a container" in done.stderr
        assert not (tmp_path / "o.y4m").exists()


# ---- What a run came to

@pytest.fixture(name="coded_host")
def fixture_coded_host(start, socket_path):
    host = start("stream", socket_path, "--source", "test", "-r", "128x96", "-F", "60", "--encode")
    wait_until(lambda: socket_path.exists() or host.process.poll() is not None, "the socket")
    return host


def test_coded_frames_are_verified_by_the_stamp_beside_them(coded_host, run, socket_path):
    result = run("receive", socket_path, "--verify", "-f", 20, "-t", PATIENCE_S, "--json")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert (record["verified_frames"], record["unverifiable_frames"]) == (20, 0)
    assert coded_host.stop() == 0


def test_a_run_that_proved_nothing_says_so(binary, start, run, socket_path, tmp_path):
    example = os.path.join(os.path.dirname(binary), "../../examples/example_publisher")
    if not os.path.exists(example):
        pytest.skip("the example producer is not built")
    start(socket_path, program=example)
    wait_until(socket_path.exists, "the socket")
    result = run("receive", socket_path, "--verify", "-f", 3, "-t", PATIENCE_S)
    assert result.returncode == 0, result.stderr
    assert "nothing was proved" in result.stderr and "3 without a stamp" in result.stdout


def test_receive_says_how_many_pictures_it_decoded(coded_host, run, socket_path):
    result = run("receive", socket_path, "--decode", "-f", 90, "-t", PATIENCE_S)
    assert result.returncode == 0, result.stderr
    last = result.stderr.splitlines()[-1]
    assert "received 90 frames, decoded " in last and " 0 damaged" in last
    assert coded_host.stop() == 0


def test_receive_refuses_frames_of_another_codec_than_was_asked_for(coded_host, run, socket_path):
    result = run("receive", socket_path, "--decode", "--codec", "h265", "-f", 5, "-t", PATIENCE_S)
    assert result.returncode == 2
    assert "they are H264, which --codec is not" in result.stderr
    assert coded_host.stop() == 0


def test_pictures_that_a_stream_without_its_first_key_frame_cannot_show_are_counted(
        run, tmp_path, h264):
    units = units_of(h264)
    first_key = next(i for i, unit in enumerate(units) if unit[3] & 31 == 5)
    (tmp_path / "lost.h264").write_bytes(b"".join(units[:first_key] + units[first_key + 1:]))
    (tmp_path / "whole.h264").write_bytes(h264)
    for name, missing in (("lost.h264", 9), ("whole.h264", 0)):
        result = run("decode", tmp_path / name, tmp_path / "out.y4m", "--json")
        assert result.returncode == 0, result.stderr
        record = json.loads(result.stdout)
        assert record["not_shown"] == missing
        assert record["frames"] == 25 - missing - (name == "lost.h264")
        assert ("9 of its coded pictures cannot be shown" in result.stderr) == (missing > 0)


# ---- Signals

def test_a_signal_while_the_encoder_is_looked_for_ends_in_good_order(binary, tmp_path):
    module = tmp_path / "videostream-ffmpeg.so"
    os.mkfifo(module)  # loading it waits for a writer, and then for what it writes
    with subprocess.Popen([binary, "record", tmp_path / "out.h264", "--source", "test"],
                          env={**os.environ, "VIDEOSTREAM_MODULE_PATH": str(tmp_path)},
                          stderr=subprocess.PIPE, text=True) as process:
        writers = []

        def opened():
            try:
                writers.append(os.open(module, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return False
            return True

        wait_until(opened, "the module to be opened")
        process.send_signal(signal.SIGINT)
        os.close(writers[0])
        assert process.wait(PATIENCE_S) == 0, process.stderr.read()
