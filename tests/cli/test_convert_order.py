# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""convert: the order in which pictures are shown, in streams that count it in unusual ways."""
import json
import subprocess

import pytest
from coded_pictures import Picture, Sequence, stream
from conftest import PATIENCE_S


def packets(path):
    """Presentation stamps in the order of decoding, in pictures."""
    result = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                             "packet=pts,dts,duration,flags", "-of", "json", str(path)],
                            capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return json.loads(result.stdout)["packets"]


def shown_order(path):
    seen = packets(path)
    step = int(seen[0]["duration"])
    decoded = [int(packet["dts"]) for packet in seen]
    assert all(a < b for a, b in zip(decoded, decoded[1:]))
    assert all(int(packet["pts"]) >= int(packet["dts"]) for packet in seen)
    return [int(packet["pts"]) // step for packet in seen]


def brightness(path):
    """Of each picture that comes out of a decoder."""
    result = subprocess.run(["ffmpeg", "-v", "error", "-flags", "output_corrupt", "-i", str(path),
                             "-fps_mode", "passthrough", "-vf", "scale=1:1", "-pix_fmt", "gray",
                             "-f", "rawvideo", "-"], capture_output=True, check=True,
                            timeout=PATIENCE_S)
    return list(result.stdout)



IDR = Picture(0, 0, idr=True)
BY_COUNT = [IDR, Picture(3, 1, 6), Picture(1, 2, 2, reference=False),
            Picture(2, 2, 4, reference=False)]
# Behind operation 5 both order counts and frame numbers begin again.
AFTER_RESET = [Picture(4, 2, 8, reset=True), Picture(7, 1, 6), Picture(5, 2, 2, reference=False),
               Picture(6, 2, 4, reference=False), Picture(8, 2, 8)]
# What is added to the count of the reference before is 6; others are placed by their delta.
BY_CYCLE = [IDR, Picture(3, 1, 0), Picture(1, 2, -6, reference=False),
            Picture(2, 2, -4, reference=False), Picture(4, 2, -4), Picture(6, 3, 0),
            Picture(5, 4, -2, reference=False)]
BY_NUMBER = [IDR, Picture(1, 1), Picture(2, 2, reference=False), Picture(3, 2),
             Picture(4, 3, reset=True), Picture(5, 1), Picture(6, 2)]


def delimited(pictures):
    return [Picture(**{**vars(picture), "delimiter": True}) for picture in pictures]


@pytest.mark.parametrize("sequence, pictures", [
    pytest.param(Sequence(), BY_COUNT, id="count"),
    pytest.param(Sequence(), BY_COUNT + AFTER_RESET, id="count-reset"),
    pytest.param(Sequence(), delimited(BY_COUNT + AFTER_RESET), id="count-reset-delimiters"),
    pytest.param(Sequence(order_type=1, cycle=(6,)), BY_CYCLE, id="cycle"),
    pytest.param(Sequence(order_type=2), BY_NUMBER, id="number-reset"),
    pytest.param(Sequence(fields=True), BY_COUNT, id="fields"),
    pytest.param(Sequence(fields=True), delimited(BY_COUNT), id="fields-delimiters")])
def test_every_picture_is_shown_in_its_turn(run, tmp_path, sequence, pictures):
    source, movie, back = (tmp_path / name for name in ("in.h264", "out.mp4", "back.h264"))
    source.write_bytes(stream(sequence, pictures))
    report = json.loads(run("convert", source, movie, "--json").stdout)
    assert report["frames"] == len(pictures)
    assert shown_order(movie) == [picture.shown for picture in pictures]
    grey = brightness(movie)
    assert grey == sorted(grey) == brightness(source)
    assert len(set(grey)) == len(pictures)
    assert run("convert", movie, back).returncode == 0
    assert back.read_bytes().count(b"\0\0\1") == source.read_bytes().count(b"\0\0\1")


def hevc_units(content):
    starts = content.split(b"\0\0\1")
    return [(part[0] >> 1 & 0x3f, part.rstrip(b"\0")) for part in starts[1:]]


def joined(units):
    return b"".join(b"\0\0\0\1" + unit for _, unit in units)


@pytest.fixture(scope="module")
def open_groups(tmp_path_factory):
    """HEVC whose groups begin with pictures that refer to the group before, as NAL units."""
    path = tmp_path_factory.mktemp("hevc") / "open.h265"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc2=size=320x240:rate=25:duration=2", "-pix_fmt", "yuv420p", "-c:v",
                    "libx265", "-preset", "fast", "-x265-params",
                    "log-level=error:open-gop=1:keyint=20:min-keyint=20:bframes=3:scenecut=0:"
                    "repeat-headers=1", str(path)], check=True, timeout=PATIENCE_S)
    return hevc_units(path.read_bytes())


CRA, RASL, END_OF_SEQUENCE = 21, (8, 9), (36, bytes([36 << 1, 1]))


def group_starts(units):
    """Where the parameter sets of each group stand."""
    return [i for i, (kind, _) in enumerate(units) if kind == 32]


def hevc_case(units, case):
    second = group_starts(units)[1]
    assert any(kind in RASL for kind, _ in units[second:])
    if case == "cut":  # begins at a CRA picture
        return units[second:]
    if case == "ended":  # the same, behind another sequence
        return units[:second] + [END_OF_SEQUENCE] + units[second:]
    third = group_starts(units)[2]  # two recordings put together: a BLA picture says so
    return units[:second] + [(16 if kind == CRA else kind,
                              bytes([16 << 1]) + unit[1:] if kind == CRA else unit)
                             for kind, unit in units[second:third]] + units[third:]


@pytest.mark.parametrize("case", ["whole", "cut", "ended", "broken link"])
def test_leading_pictures_do_not_disturb_the_order(run, open_groups, tmp_path, case):
    source, movie, back = (tmp_path / name for name in ("in.h265", "out.mp4", "back.h265"))
    source.write_bytes(joined(open_groups if case == "whole" else hevc_case(open_groups, case)))
    report = json.loads(run("convert", source, movie, "--json").stdout)
    slices = [unit for kind, unit in hevc_units(source.read_bytes()) if kind <= CRA and unit[2] & 128]
    assert report["frames"] == len(slices)
    order = shown_order(movie)
    assert sorted(order) == list(range(min(order), min(order) + len(slices)))
    if case == "cut":
        # Time begins with the first picture there is to see.
        leading = sum(kind in RASL for kind, _ in hevc_units(source.read_bytes())[:12])
        assert order[0] == 0 and min(order) < 0 < leading
    assert picture_sums(movie) == picture_sums(source)
    assert run("convert", movie, back).returncode == 0
    assert hevc_units(back.read_bytes()) == hevc_units(source.read_bytes())


def picture_sums(path):
    result = subprocess.run(["ffmpeg", "-v", "quiet", "-i", str(path), "-fps_mode", "passthrough",
                             "-f", "framemd5", "-"], capture_output=True, text=True, check=True,
                            timeout=PATIENCE_S)
    return [line.rsplit(",", 1)[1] for line in result.stdout.splitlines() if line[0] != "#"]
