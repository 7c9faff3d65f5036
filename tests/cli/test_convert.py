# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""convert: elementary streams to MP4 and back, judged by ffprobe and ffmpeg."""
import json
import os
import pathlib
import signal
import subprocess

import pytest
from conftest import descriptors_of, wait_until

ROOT = pathlib.Path(os.environ.get("VIDEOSTREAM_ROOT", pathlib.Path(__file__).parents[2]))
REAL_STREAMS = ROOT.parent / "shared" / "data"
# Name and pictures that come out of a decoder, by the README of that folder.
REAL = {"Zhling_1280x720.264": 19, "VID_1920x1080_cabac_temporal_direct.264": 54,
        "BA_MW_D.264": 100, "BA_MW_D_IDR_LOST.264": 70, "MR1_BT_A.h264": 62,
        "SVA_NL1_B.264": 17, "test_cif_P_CABAC_slice.264": 300, "girlshy.h265": 75}


def probe(path, *entries):
    result = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
         *entries, "-of", "json", str(path)], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def stream_of(path):
    return probe(path, "stream=codec_name,width,height,nb_frames,nb_read_frames,duration,"
                       "avg_frame_rate")["streams"][0]


def picture_sums(path):
    """The checksum of every decoded picture, in display order."""
    result = subprocess.run(["ffmpeg", "-v", "quiet", "-i", str(path), "-fps_mode", "passthrough",
                             "-f", "framemd5", "-"], capture_output=True, text=True, check=True)
    return [line.rsplit(",", 1)[1] for line in result.stdout.splitlines() if line[0] != "#"]


def nal_units(path):
    """The NAL units of an Annex B file, without start codes and padding."""
    parts = pathlib.Path(path).read_bytes().split(b"\x00\x00\x01")[1:]
    return [part.rstrip(b"\x00") for part in parts]


def stamps(path):
    packets = probe(path, "packet=pts,dts")["packets"]
    return [(int(packet["pts"]), int(packet["dts"])) for packet in packets]


@pytest.fixture(scope="module")
def encode(tmp_path_factory):
    """Makes a stream with FFmpeg's encoders."""
    folder = tmp_path_factory.mktemp("streams")

    def make(name, *options, rate="30", seconds="1", size="320x240"):
        path = folder / name
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                        f"testsrc2=size={size}:rate={rate}:duration={seconds}", "-pix_fmt",
                        "yuv420p", *options, str(path)], check=True)
        return path

    return make


H264 = ("-c:v", "libx264", "-preset", "ultrafast")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_streams_convert_whole_and_come_back_equal(run, tmp_path, name):
    source = REAL_STREAMS / name
    if not source.exists():
        pytest.skip(f"the stream {name} is not on this machine")
    movie, back = tmp_path / "movie.mp4", tmp_path / ("back" + source.suffix)
    result = run("convert", source, movie, "--json")
    assert result.returncode == 0, result.stderr
    assert "Conversion complete" in result.stderr
    report, stream = json.loads(result.stdout), stream_of(movie)
    assert stream["codec_name"] == ("hevc" if source.suffix == ".h265" else "h264")
    assert (stream["width"], stream["height"]) == (report["width"], report["height"])
    assert int(stream["nb_frames"]) == report["frames"]
    assert int(stream["nb_read_frames"]) == REAL[name]
    assert float(stream["duration"]) == pytest.approx(report["frames"] / report["fps"], abs=1e-3)
    assert picture_sums(movie) == picture_sums(source)
    decoding = [dts for _, dts in stamps(movie)]
    assert all(a < b for a, b in zip(decoding, decoding[1:]))
    assert run("convert", movie, back).returncode == 0
    assert nal_units(back) == nal_units(source)


@pytest.mark.parametrize("codec, options", [
    ("h264", (*H264, "-preset", "medium", "-bf", "3", "-g", "20")),
    ("h265", (*HEVC, "-bf", "3", "-g", "20"))])
def test_pictures_with_b_frames_are_shown_in_order_at_the_exact_rate(run, encode, tmp_path, codec,
                                                                     options):
    source = encode(f"b.{codec}", *options, rate="30000/1001", seconds="2")
    movie = tmp_path / "b.mp4"
    assert run("convert", source, movie).returncode == 0
    stream = stream_of(movie)
    assert stream["avg_frame_rate"] == "30000/1001"
    assert picture_sums(movie) == picture_sums(source)
    times = stamps(movie)
    assert all(pts >= dts for pts, dts in times)
    shown = sorted(pts for pts, _ in times)
    assert {b - a for a, b in zip(shown, shown[1:])} == {shown[1] - shown[0]}


# Closed groups: pictures of an open one that refer to what was cut off cannot be shown.
@pytest.mark.parametrize("codec, options", [("h264", H264), ("h265", (
    *HEVC[:-1], "log-level=error:open-gop=0"))])
def test_a_stream_cut_off_at_its_head_begins_where_it_can_be_read(run, encode, tmp_path, codec,
                                                                  options):
    source = encode(f"whole.{codec}", *options, "-g", "10", seconds="2")
    cut, movie, back = (tmp_path / name for name in (f"cut.{codec}", "cut.mp4", f"back.{codec}"))
    units = nal_units(source)
    sets = [i for i, unit in enumerate(units) if unit[0] in (0x67, 0x40)]
    cut.write_bytes(b"".join(b"\0\0\0\1" + unit for unit in units[sets[1] - 5:]))
    done = run("convert", cut, movie, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["left_out"] == 5
    assert "before the first parameter sets are left out" in done.stderr
    shown = json.loads(done.stdout)["frames"]
    assert len(picture_sums(movie)) == shown > 0
    assert run("convert", movie, back).returncode == 0
    assert nal_units(back) == units[sets[1]:]


def test_the_file_that_is_read_is_not_written(run, encode, tmp_path):
    source = encode("same.h264", *H264)
    link = tmp_path / "link.h264"
    link.hardlink_to(source)
    before = source.read_bytes()
    for command in (("convert", source, source), ("convert", source, link),
                    ("decode", source, link), ("record", link, "--source", source)):
        done = run(*command)
        assert done.returncode == 2, (command, done.stderr)
        assert "is the file that is read" in done.stderr
        assert source.read_bytes() == before


def test_the_rate_is_what_was_asked_for(run, encode, tmp_path):
    source = encode("rate.h264", *H264)
    for asked, expected in (("50", 0.6), ("60000/1001", 30 * 1001 / 60000), ("12.5", 2.4)):
        assert run("convert", source, tmp_path / "o.mp4", "--fps", asked).returncode == 0
        assert float(stream_of(tmp_path / "o.mp4")["duration"]) == pytest.approx(expected, abs=1e-4)


def test_several_slices_a_picture_are_one_sample(run, encode, tmp_path):
    source = encode("slices.h264", *H264, "-x264-params", "slices=4:aud=1")
    result = run("convert", source, tmp_path / "o.mp4", "--json")
    assert json.loads(result.stdout)["frames"] == 30
    assert stream_of(tmp_path / "o.mp4")["nb_read_frames"] == "30"


def test_both_fields_of_a_frame_are_one_sample(run, encode, tmp_path):
    source = encode("fields.h264", "-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params",
                    "tff=1", size="720x576", rate="25")
    result = run("convert", source, tmp_path / "o.mp4", "--json")
    assert json.loads(result.stdout)["frames"] == 25
    assert picture_sums(tmp_path / "o.mp4") == picture_sums(source)


def test_a_file_without_extension_needs_its_codec(run, encode, tmp_path):
    source = encode("named.h265", *HEVC)
    plain = tmp_path / "stream"
    plain.write_bytes(source.read_bytes())
    refused = run("convert", plain, tmp_path / "o.mp4")
    assert refused.returncode == 2
    assert "Cannot detect codec from file extension" in refused.stderr
    assert run("convert", plain, tmp_path / "o.mp4", "--codec", "HEVC").returncode == 0


@pytest.mark.parametrize("content, message", [
    (b"", "Failed to find SPS/PPS"),
    (b"no video at all" * 1000, "Failed to find SPS/PPS"),
    (b"\0\0\1\x67\x42\0\x1e\xda\x05\x02\xc8" + b"\0\0\1\x68\xce\x38\x80", "No video frames found"),
    (b"\0\0\1\x67\xff" + b"\0\0\1\x68\xce\x38\x80" + b"\0\0\1\x65\x88\x80", "Failed to read the SPS")])
def test_what_is_no_stream_is_refused_and_nothing_is_written(run, tmp_path, content, message):
    source, movie = tmp_path / "in.h264", tmp_path / "out.mp4"
    source.write_bytes(content)
    movie.write_bytes(b"older")
    result = run("convert", source, movie)
    assert result.returncode == 1
    assert message in result.stderr
    assert movie.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.h264", "out.mp4"]


def test_a_file_that_is_not_there_and_an_output_that_cannot_be(run, encode, tmp_path):
    missing = run("convert", tmp_path / "none.h264", tmp_path / "o.mp4")
    assert missing.returncode == 1
    assert "Failed to open input file" in missing.stderr
    source = encode("out.h264", *H264)
    for output in (tmp_path / "no" / "folder" / "o.mp4", tmp_path, "/dev/null"):
        result = run("convert", source, output)
        assert result.returncode == 1
        assert "Failed to create output file" in result.stderr


def test_a_rate_of_nothing_is_a_wrong_argument(run, encode, tmp_path):
    for rate in ("0", "-1", "fast", "1/0"):
        assert run("convert", encode("r.h264", *H264), tmp_path / "o.mp4", "-F",
                   rate).returncode == 2


def test_a_full_disk_is_told_and_leaves_nothing(run, encode, tmp_path):
    source = encode("full.h264", *H264, "-b:v", "4M", seconds="3")
    result = subprocess.run(["bash", "-c", 'ulimit -f 64; trap "" XFSZ; exec "$@"', "bash",
                             os.environ["VIDEOSTREAM_BIN"], "convert", str(source),
                             str(tmp_path / "o.mp4")], capture_output=True, text=True)
    assert result.returncode == 1
    assert "Error: " in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_of_a_cut_off_movie_every_whole_picture_is_taken(run, encode, tmp_path):
    movie = encode("index-in-front.mp4", *H264, "-movflags", "+faststart")
    whole, cut, out = movie.read_bytes(), tmp_path / "cut.mp4", tmp_path / "o.h264"
    cut.write_bytes(whole[:len(whole) * 2 // 3])
    done = run("convert", cut, out, "--json")
    assert done.returncode == 0, done.stderr
    frames = json.loads(done.stdout)["frames"]
    assert 10 < frames < 30
    assert f"{cut}: the file is cut off" in done.stderr
    assert picture_sums(out) == picture_sums(movie)[:frames]


def test_a_movie_without_its_index_is_told_as_that(run, encode, tmp_path):
    whole = encode("index-at-end.mp4", *H264).read_bytes()
    cut = tmp_path / "cut.mp4"
    for share in (0.1, 0.5, 0.9):
        cut.write_bytes(whole[:int(len(whole) * share)])
        done = run("convert", cut, tmp_path / "o.h264")
        assert done.returncode == 1
        assert f"{cut} is an MP4 file without a readable index" in done.stderr


def test_a_damaged_movie_never_crashes(run, encode, tmp_path):
    whole = encode("whole.mp4", *H264).read_bytes()
    bad, out = tmp_path / "bad.mp4", tmp_path / "o.h264"
    left_out = 0
    for at in range(40, len(whole), len(whole) // 40):
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 0xff]) + whole[at + 1:])
        done = run("convert", bad, out, "--json")
        assert done.returncode in (0, 1)
        if done.returncode == 0:
            left_out += json.loads(done.stdout)["damaged"]
    length_of_a_picture = whole.index(b"mdat") + 4
    bad.write_bytes(whole[:length_of_a_picture] + b"\x7f" + whole[length_of_a_picture + 1:])
    done = run("convert", bad, out, "--json")
    assert (done.returncode, json.loads(done.stdout)["damaged"]) == (0, 1)
    assert "1 pictures that are not whole are left out" in done.stderr


@pytest.mark.parametrize("source, target, words", [
    ("a.mp4", "b.mp4", "is an MP4 file already"), ("a.h264", "b.h264", "is no MP4 file"),
    ("a.h264", "b.265", "is no MP4 file"), ("a.h264", "-", "reads and writes files"),
    ("-", "b.mp4", "reads and writes files")])
def test_names_that_contradict_the_input_are_refused(run, encode, tmp_path, source, target, words):
    if source != "-":
        source = encode(source, *H264)
    done = run("convert", source, tmp_path / target if target != "-" else target,
               *(("--codec", "h264") if source == "-" else ()))
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_movie_of_another_codec_than_the_output_names_is_refused(run, encode, tmp_path):
    movie = encode("hevc.mp4", *HEVC)
    for arguments in (("o.h264",), ("o.hevc", "--codec", "h264"), ("o", "--codec", "h264")):
        done = run("convert", movie, tmp_path / arguments[0], *arguments[1:])
        assert done.returncode == 1
        assert "is HEVC, not H.264" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert run("convert", movie, tmp_path / "o.h264", "--codec", "hevc").returncode == 0


def test_a_name_that_players_do_not_expect_is_warned_of(run, encode, tmp_path):
    done = run("convert", encode("name.h264", *H264), tmp_path / "o.bin")
    assert done.returncode == 0
    assert "players expect in .mp4" in done.stderr


@pytest.mark.parametrize("content, words", [
    (b"", "the file is empty"), (b"some text\n" * 99, "it is text"),
    (None, "try --codec h265")])
def test_what_is_no_such_stream_is_told_in_words(run, encode, tmp_path, content, words):
    bad = tmp_path / "bad.h264"
    bad.write_bytes(encode("other.h265", *HEVC).read_bytes() if content is None else content)
    done = run("convert", bad, tmp_path / "o.mp4")
    assert done.returncode == 1
    assert words in done.stderr and str(bad) in done.stderr
    assert "multibyte" not in done.stderr


def test_what_is_called_a_movie_and_is_none_is_told_as_that(run, tmp_path):
    (tmp_path / "text.mp4").write_text("some text\n" * 99)
    done = run("convert", tmp_path / "text.mp4", tmp_path / "o.h264")
    assert done.returncode == 1
    assert "is no MP4 file, whatever its name says" in done.stderr


def test_a_stream_that_changes_its_size_is_warned_of(run, encode, tmp_path):
    both = tmp_path / "both.h264"
    both.write_bytes(b"".join(encode(f"{size}.h264", *H264, size=size).read_bytes()
                              for size in ("320x240", "160x120")))
    done = run("convert", both, tmp_path / "o.mp4", "--json")
    assert (done.returncode, json.loads(done.stdout)["size_changes"]) == (0, 1)
    assert "changes the size of its pictures 1 times" in done.stderr
    done = run("decode", both, tmp_path / "o.y4m")
    assert done.returncode == 1
    assert f"the 30 pictures before are in {tmp_path / 'o.y4m'}" in done.stderr
    assert len(picture_sums(tmp_path / "o.y4m")) == 30


def test_a_file_that_is_being_recorded_is_not_replaced(run, start, encode, tmp_path):
    busy = tmp_path / "busy.mp4"
    recording = start("record", busy, "--source", "test", "-r", "320x240", "--duration", "3600")
    wait_until(lambda: busy.exists() and busy.stat().st_size > 0, "the recording")
    source = encode("other.h264", *H264)
    link = tmp_path / "busy.y4m"  # a name that decode takes
    link.symlink_to(busy)
    for command, output in (("convert", busy), ("decode", link)):
        done = run(command, source, output)
        assert done.returncode == 1
        assert "another process writes it" in done.stderr
    assert recording.stop() == 0
    assert int(stream_of(busy)["nb_read_frames"]) > 0
    assert run("convert", source, busy).returncode == 0


def test_movies_of_others_come_out_with_their_parameter_sets_in_front(run, encode, tmp_path):
    movie = encode("other.mp4", *H264)
    assert run("convert", movie, tmp_path / "o.h264").returncode == 0
    assert [unit[0] & 0x1f for unit in nal_units(tmp_path / "o.h264")[:2]] == [7, 8]
    assert picture_sums(tmp_path / "o.h264") == picture_sums(movie)


def writes_into(process, folder):
    """Whether it has a file in the folder open, with a name or without."""
    if process.poll() is not None:
        return True
    return any(name.startswith(f"{folder}/") for _, name in descriptors_of(process.pid))


@pytest.mark.parametrize("command, name, how, older", [
    ("convert", "o.mp4", signal.SIGTERM, None), ("convert", "o.mp4", signal.SIGKILL, None),
    ("convert", "o.mp4", signal.SIGKILL, b"older"), ("convert", "o.h264", signal.SIGKILL, None),
    ("decode", "o.y4m", signal.SIGKILL, b"older")])
def test_a_signal_ends_it_and_leaves_nothing(start, encode, tmp_path, command, name, how, older):
    source = encode("long.mp4" if name == "o.h264" else "long.h264", *H264, "-b:v", "30M",
                    seconds="6", size="1280x720")
    output = tmp_path / name
    if older:
        output.write_bytes(older)
    running = start(command, source, output)
    wait_until(lambda: writes_into(running.process, tmp_path), "the output file")
    if running.stop(how) == 0:  # done before the signal
        assert output.stat().st_size > 1_000_000
        older = b""
    assert [path.name for path in tmp_path.iterdir()] == ([name] if older is not None else [])
    assert not older or output.read_bytes() == older
