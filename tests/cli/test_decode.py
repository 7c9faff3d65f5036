# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""videostream decode: what it reads, where it writes, and what it says of files that are not right."""
import json
import os
import pathlib
import resource
import subprocess

import pytest

ROOT = pathlib.Path(os.environ.get("VIDEOSTREAM_ROOT", pathlib.Path(__file__).parents[2]))
BIN = os.environ.get("VIDEOSTREAM_BIN", str(ROOT / "build/release/apps/videostream/videostream"))


def decode(*arguments, **options):
    return subprocess.run([BIN, "decode", *map(str, arguments)], capture_output=True, **options)


def text(done):
    return done.stderr.decode()


def make(path, *options, size="318x178", seconds=1, encoder="libx264"):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"testsrc2=size={size}:rate=25:duration={seconds}", "-pix_fmt", "yuv420p",
                    "-c:v", encoder, *options, str(path)], check=True, stderr=subprocess.DEVNULL)
    return path


def pixels_of(path):
    return subprocess.run(["ffmpeg", "-v", "quiet", "-i", str(path), "-fps_mode", "passthrough",
                           "-f", "rawvideo", "-"], check=True, stdout=subprocess.PIPE).stdout


@pytest.fixture(name="clip", scope="module")
def fixture_clip(tmp_path_factory):
    return make(tmp_path_factory.mktemp("clip") / "clip.h264")


@pytest.fixture(name="movie", scope="module")
def fixture_movie(tmp_path_factory):
    return make(tmp_path_factory.mktemp("movie") / "movie.mp4", "-g", "10", seconds=2)


# ---- What it reads

@pytest.mark.parametrize("name, encoder", [("a.mp4", "libx264"), ("a.mp4", "libx265"),
                                           ("a.mkv", "libx264"), ("a.avi", "mpeg4")])
def test_video_files_decode_as_ffmpeg_decodes_them(tmp_path, name, encoder):
    movie = make(tmp_path / name, encoder=encoder)
    done = decode(movie, tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, text(done)
    assert json.loads(done.stdout)["frames"] == 25
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(movie)
    assert b" F25:1 " in (tmp_path / "out.y4m").read_bytes()[:100]


@pytest.mark.parametrize("name", ["wide.h264", "wide.mp4", "wide.h265"])
def test_the_shape_of_the_pixels_is_noted(tmp_path, name):
    wide = make(tmp_path / name, "-vf", "setsar=16/11",
                encoder="libx265" if name.endswith("5") else "libx264")
    assert decode(wide, tmp_path / "out.y4m").returncode == 0
    assert b" A16:11 " in (tmp_path / "out.y4m").read_bytes()[:100]


def test_a_rotation_that_pictures_cannot_say_is_told(tmp_path, movie):
    turned = tmp_path / "turned.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(movie), "-c", "copy",
                    "-metadata:s:v:0", "rotate=270", str(turned)], check=True)
    done = decode(turned, tmp_path / "out.y4m", "--json")
    assert done.returncode == 0
    assert text(done).count("turn it") == 1 and "degrees" in text(done)
    assert len(json.loads(done.stdout)["lost"]) == 1
    assert "lost" not in json.loads(decode(movie, tmp_path / "out.y4m", "--json").stdout)


def test_pictures_that_an_edit_list_hides_stay_hidden(tmp_path, movie):
    cut = tmp_path / "cut.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.6", "-i", str(movie), "-c", "copy",
                    str(cut)], check=True)
    assert decode(cut, tmp_path / "out.y4m").returncode == 0
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(cut)


def test_an_elementary_stream_is_decoded_from_a_pipe(tmp_path, clip):
    done = decode("-", tmp_path / "out.y4m", "--codec", "h264", input=clip.read_bytes())
    assert done.returncode == 0, text(done)
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(clip)


@pytest.mark.parametrize("name, encoder", [("a.h264", "libx264"), ("a.h265", "libx265")])
def test_the_rate_is_what_an_elementary_stream_says_or_the_user(tmp_path, name, encoder):
    stream = make(tmp_path / name, encoder=encoder)
    for options, noted in [((), b" F25:1 "), (("--fps", "50"), b" F50:1 ")]:
        done = decode(stream, tmp_path / "out.y4m", *options)
        assert done.returncode == 0, text(done)
        assert noted in (tmp_path / "out.y4m").read_bytes()[:100]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_ten_bits_stay_ten_bits(tmp_path, codec):
    deep = make(tmp_path / "deep.mp4", "-pix_fmt", "yuv420p10le", encoder=codec)
    done = decode(deep, tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, text(done)
    assert json.loads(done.stdout)["copies"] == 25
    assert b" C420p10 " in (tmp_path / "out.y4m").read_bytes()[:100]
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(deep)


# ---- Where it writes

def test_pictures_go_to_stdout_for_a_player(tmp_path, clip):
    assert decode(clip, tmp_path / "out.y4m").returncode == 0
    expected = (tmp_path / "out.y4m").read_bytes()
    for name in ("-", "/dev/stdout"):
        done = decode(clip, name, "-q")
        assert done.returncode == 0, text(done)
        assert done.stdout == expected, name
    assert [path.name for path in tmp_path.iterdir()] == ["out.y4m"]


def test_pictures_go_into_a_named_pipe(tmp_path, clip):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([BIN, "decode", str(clip), str(pipe)], stderr=subprocess.PIPE) as run:
        assert pixels_of(pipe) == pixels_of(clip)
        assert run.wait(timeout=60) == 0
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["clip", "movie"])
def test_a_full_disk_is_an_error_and_says_so(name, request):
    done = decode(request.getfixturevalue(name), "/dev/full")
    assert done.returncode == 1
    assert "write /dev/full" in text(done) and "No space left" in text(done)


def test_a_reader_that_leaves_ends_it_without_a_crash(clip):
    with subprocess.Popen([BIN, "decode", str(clip), "-"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        run.stdout.read(1000)
        run.stdout.close()
        assert run.wait(timeout=60) == 1
        assert b"write stdout: Broken pipe" in run.stderr.read()


def test_json_and_pictures_do_not_share_stdout(clip):
    done = decode(clip, "-", "--json")
    assert done.returncode == 2
    assert "stdout" in text(done)


@pytest.mark.parametrize("output, why", [("missing/out.y4m", "No such file"), (".", "directory")])
def test_an_output_that_cannot_be_written_is_named(tmp_path, clip, output, why):
    done = decode(clip, tmp_path / output)
    assert done.returncode == 1
    assert why in text(done) and str(tmp_path) in text(done)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options, head", [
    ((), b" C420mpeg2\n"),
    (("-vf", "scale=out_range=full", "-color_range", "pc", "-chroma_sample_location", "center",
      "-x264-params", "chromaloc=1"), b" C420jpeg XCOLORRANGE=FULL\n")])
def test_the_file_says_where_chroma_lies_and_which_range_it_has(tmp_path, options, head):
    clip = make(tmp_path / "clip.h264", *options)
    assert decode(clip, tmp_path / "out.y4m").returncode == 0
    assert (tmp_path / "out.y4m").read_bytes()[:80].split(b"FRAME")[0].endswith(head)


# ---- Files that are not right

def test_a_cut_off_file_gives_the_pictures_it_has_and_says_where_it_ends(tmp_path, movie):
    fragmented = tmp_path / "whole.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(movie), "-c", "copy", "-movflags",
                    "+faststart", str(fragmented)], check=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fragmented.read_bytes()[:fragmented.stat().st_size * 2 // 3])
    done = decode(cut, tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, text(done)
    assert 10 < json.loads(done.stdout)["frames"] < 50
    assert "cut off" in text(done)


def test_damage_inside_a_file_is_counted_and_passed(tmp_path, movie):
    data = bytearray(movie.read_bytes())
    for at in range(3000, len(data) * 2 // 3, 997):
        data[at] ^= 0x5A
    (tmp_path / "bad.mp4").write_bytes(data)
    done = decode(tmp_path / "bad.mp4", tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, text(done)
    record = json.loads(done.stdout)
    assert record["frames"] > 10 and record["damaged"] > 0


@pytest.mark.parametrize("name, content, why", [
    ("a.mp4", b"", "is empty"), ("a.h264", b"", "no picture"),
    ("a.h265", b"no stream at all" * 100, "no picture"), ("a.mp4", bytes(range(256)) * 20, "no video"),
    ("a.dat", bytes(range(256)) * 20, "no video"), ("a.h264", bytes(5000), "no picture"),
], ids=["empty-mp4", "empty-h264", "text-h265", "noise-mp4", "noise", "zeros-h264"])
def test_what_is_no_video_is_told_and_leaves_nothing(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    done = decode(tmp_path / name, tmp_path / "out.y4m")
    assert done.returncode == 1
    assert why in text(done) and name in text(done)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_content_counts_and_not_the_extension(tmp_path, clip, movie):
    for wrong, right in (("a.h264", movie), ("b.mp4", clip), ("c.265", movie), ("d", movie)):
        (tmp_path / wrong).write_bytes(right.read_bytes())
        done = decode(tmp_path / wrong, tmp_path / "out.y4m")
        assert done.returncode == 0, text(done)
        assert pixels_of(tmp_path / "out.y4m") == pixels_of(right)


def test_a_stream_of_another_codec_than_its_name_says_how_to_go_on(tmp_path):
    make(tmp_path / "a.h265", "-f", "h264")
    done = decode(tmp_path / "a.h265", tmp_path / "out.y4m")
    assert done.returncode == 1
    assert "--codec" in text(done)
    assert decode(tmp_path / "a.h265", tmp_path / "out.y4m", "--codec", "h264").returncode == 0


def test_a_stream_that_begins_between_key_frames_starts_at_what_can_be_shown(tmp_path, clip):
    data = make(tmp_path / "long.h264", "-g", "10", "-bf", "0", seconds=1).read_bytes()
    sets = data[:data.index(b"\x00\x00\x01\x65")]
    middle = data.index(b"\x00\x00\x01\x41", len(data) // 4)
    (tmp_path / "middle.h264").write_bytes(sets + b"\x00" + data[middle:])
    done = decode(tmp_path / "middle.h264", tmp_path / "out.y4m", "--json")
    assert done.returncode == 0, text(done)
    assert 10 <= json.loads(done.stdout)["frames"] < 25


def test_a_file_that_cannot_grow_further_is_told_and_the_older_one_stays(tmp_path, clip):
    output = tmp_path / "out.y4m"
    output.write_bytes(b"older")
    limit = 1_000_000  # bytes: room for some pictures and a part of one
    done = decode(clip, output, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                      (limit, limit)))
    assert done.returncode == 1
    assert b"File too large" in done.stderr
    assert output.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.y4m"]


def test_pictures_that_change_their_size_are_told_and_those_before_are_kept(tmp_path, clip):
    other = make(tmp_path / "other.h264", size="160x120")
    both = tmp_path / "both.h264"
    both.write_bytes(clip.read_bytes() + other.read_bytes())
    done = decode(both, tmp_path / "out.y4m")
    assert done.returncode == 1
    assert "160x120" in text(done) and "318x178" in text(done) and "picture 26" in text(done)
    assert pixels_of(tmp_path / "out.y4m") == pixels_of(clip)
