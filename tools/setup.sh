#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Installs what building and testing VideoStream needs and this machine lacks. Debian 12, its own
# packages only. Does nothing, and asks for nothing, when everything is there.
set -euo pipefail

# package | why
packages() {
  cat <<'TABLE'
build-essential|C and C++ compiler
cmake|the build
ninja-build|the build
ccache|repeated builds in seconds
pkg-config|finds FFmpeg; tests of the installed library
clang-14|second compiler, thread-safety analysis
libclang-rt-14-dev|its sanitizers and libFuzzer
llvm-14|names in their reports
clang-format-14|make format, make check
clang-tidy-14|make lint
libgtest-dev|tests
libgmock-dev|tests
libbenchmark-dev|micro-benchmarks
libcli11-dev|command line of the videostream command
libspdlog-dev|its log
nlohmann-json3-dev|its JSON
libavformat-dev|reading video files
libavcodec-dev|decoding them
libavutil-dev|decoding them
libswscale-dev|pixel formats libyuv does not know
libyuv-dev|colour conversion and scaling
libgstreamer-plugins-base1.0-dev|the GStreamer elements
gstreamer1.0-tools|their tests: gst-launch-1.0, gst-inspect-1.0
gstreamer1.0-plugins-base|videotestsrc, videoconvert
gstreamer1.0-plugins-base-apps|gst-device-monitor-1.0, gst-play-1.0
gstreamer1.0-plugins-good|v4l2src, mp4mux, jpegenc
gstreamer1.0-plugins-bad|h264parse; shmsink, to be measured beside ours
gstreamer1.0-plugins-ugly|x264enc
gstreamer1.0-libav|avdec_h264
ffmpeg|makes the clip of make demo and of the tests
python3|tests and checks
python3-pytest|tests of whole processes
strace|tests that count system calls
spin|models of the protocol, make check
util-linux|setarch, for the thread sanitizer
linux-source-6.1|the lab: the kernel of its virtual machine
bison|builds it
flex|builds it
bc|builds it
libelf-dev|builds it
xz-utils|unpacks it
busybox-static|the lab: the first root of the machine
qemu-system-x86|the lab: the machine
v4l-utils|what the lab's devices say to another program
TABLE
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not a Debian system, so nothing is installed. Needed (Debian names):" >&2
  packages | cut -d'|' -f1 | paste -sd' ' >&2
  exit 0
fi

missing=()
while IFS='|' read -r package why; do
  if ! installed "$package"; then
    [ ${#missing[@]} -gt 0 ] || echo "setup: installing from Debian:"
    printf '  %-20s %s\n' "$package" "$why"
    missing+=("$package")
  fi
done < <(packages)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: need root to install them, and there is no sudo. As root run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }

if ! apt update || ! apt install -y --no-install-recommends "${missing[@]}"; then
  echo "setup: apt-get failed on: ${missing[*]}. Look at the lines above; the names are those of" \
       "Debian 12 (bookworm)." >&2
  exit 1
fi
echo "setup: done"
