#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What coding through the library costs beside the ffmpeg command: the same clip, settings and
threads, processes of both by turns, medians.   compare.py CODEC_BENCH [--json] [--runs N]"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

WIDTH, HEIGHT, RATE, BITRATE = 1280, 720, 30, 4_000_000
PICTURE = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}"
# What src/codec/ffmpeg/module/encoder_settings.cpp tells the encoders, in ffmpeg's words.
ENCODERS = {
    "h264": ["-c:v", "libx264", "-sc_threshold", "0", "-forced-idr", "1"],
    "hevc": ["-c:v", "libx265", "-forced-idr", "1", "-x265-params",
             f"log-level=none:scenecut=0:open-gop=0:keyint={RATE}"],
}
FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y"]


def measured(command):
    """Seconds on the clock, seconds of processors, and what it said."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}: {' '.join(command)}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, output


def clips(folder):
    noise = "noise=alls=12:allf=t"
    for codec, seconds in (("h264", 4), ("hevc", 1)):
        subprocess.run([*FFMPEG, "-f", "lavfi", "-i", f"{PICTURE}:duration={seconds},{noise}",
                        "-pix_fmt", "yuv420p", "-f", "rawvideo", folder / f"raw-{codec}"],
                       check=True)
    for codec, encoder in (("h264", "libx264"), ("hevc", "libx265")):
        subprocess.run([*FFMPEG, "-f", "lavfi", "-i", f"{PICTURE}:duration=10,{noise}", "-pix_fmt",
                        "yuv420p", "-c:v", encoder, "-preset", "veryfast", "-b:v", str(BITRATE),
                        "-f", codec, folder / codec], check=True, stderr=subprocess.DEVNULL)


def cases(bench, folder):
    for codec in ("h264", "hevc"):
        yield (f"decode {codec}", [bench, "decode", codec, str(folder / codec)],
               [*FFMPEG, "-f", codec, "-i", str(folder / codec), "-fps_mode", "passthrough", "-f",
                "null", "-"])
    for codec, encoder in ENCODERS.items():
        yield (f"encode {codec}",
               [bench, "encode", codec, str(folder / f"raw-{codec}"), str(WIDTH), str(HEIGHT), str(BITRATE)],
               [*FFMPEG, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r",
                str(RATE), "-i", str(folder / f"raw-{codec}"), *encoder, "-preset", "veryfast", "-tune",
                "zerolatency", "-g", str(RATE), "-bf", "0", "-b:v", str(BITRATE), "-f", codec,
                str(folder / "coded")])


def compare(name, ours, theirs, runs, folder):
    times = {"ours": [], "ffmpeg": []}
    said = {}
    for run in range(runs + 1):  # the first warms caches and does not count
        for who, command in (("ours", ours), ("ffmpeg", theirs))[::1 if run % 2 else -1]:
            wall, cpu, output = measured(command)
            if who == "ours":
                said = json.loads(output)
            if run > 0:
                times[who].append((wall, cpu))
    median = {who: [statistics.median(kind) for kind in zip(*both)] for who, both in times.items()}
    ratios = [[a / b for a, b in zip(mine, other)]
              for mine, other in zip(times["ours"], times["ffmpeg"])]
    result = {"case": name, "pictures": said["pictures"], "copies": said["copies"],
              "ours_s": median["ours"][0], "ffmpeg_s": median["ffmpeg"][0],
              "ratio": statistics.median(ratio[0] for ratio in ratios),
              "ours_cpu_s": median["ours"][1], "ffmpeg_cpu_s": median["ffmpeg"][1],
              "cpu_ratio": statistics.median(ratio[1] for ratio in ratios)}
    if name.startswith("encode"):
        result["bytes"] = said["bytes"]
        result["ffmpeg_bytes"] = (folder / "coded").stat().st_size
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", help="the program codec_bench")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="codec-bench-") as name:
        folder = pathlib.Path(name)
        clips(folder)
        for case, ours, theirs in cases(arguments.bench, folder):
            results.append(compare(case, ours, theirs, arguments.runs, folder))
            if not arguments.json:
                print("{case:12} {pictures:4} pictures, {copies} copied   ours {ours_s:.3f} s, "
                      "ffmpeg {ffmpeg_s:.3f} s, ratio {ratio:.3f}   processors {ours_cpu_s:.2f} s, "
                      "{ffmpeg_cpu_s:.2f} s, ratio {cpu_ratio:.3f}".format(**results[-1]),
                      flush=True)
    if arguments.json:
        print(json.dumps({"size": [WIDTH, HEIGHT], "bitrate_bps": BITRATE, "runs": arguments.runs,
                          "cases": results}, indent=2))


if __name__ == "__main__":
    main()
