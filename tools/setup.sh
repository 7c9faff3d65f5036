#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/setup.sh [SET...]
# Installs what the named sets of packages need and this machine lacks; without a name, everything.
# Debian 12, its own packages only. Does nothing, and asks for nothing, when everything is there.
set -euo pipefail

# package | sets that need it; "?": they get along without | why
packages() {
  cat <<'TABLE'
build-essential|build|C and C++ compiler
cmake|build|the build
ninja-build|build|the build
ccache|build?|repeated builds in seconds
pkg-config|build|finds FFmpeg; tests of the installed library
libcli11-dev|build|command line of the videostream command
libspdlog-dev|build|its log
nlohmann-json3-dev|build|its JSON
libavformat-dev|build|reading video files
libavcodec-dev|build|decoding them
libavutil-dev|build|decoding them
libswscale-dev|build|pixel formats libyuv does not know
libyuv-dev|build|colour conversion and scaling
libgstreamer-plugins-base1.0-dev|elements|the GStreamer elements
ffmpeg|demo test|makes the clip of make demo and of the tests
libgtest-dev|test|tests
libgmock-dev|test|tests
libbenchmark-dev|test bench|micro-benchmarks
gstreamer1.0-tools|test bench|tests of the elements: gst-launch-1.0, gst-inspect-1.0
gstreamer1.0-plugins-base|test bench|videotestsrc, videoconvert
gstreamer1.0-plugins-base-apps|test|gst-device-monitor-1.0, gst-play-1.0
gstreamer1.0-plugins-good|test|v4l2src, mp4mux, jpegenc
gstreamer1.0-plugins-bad|test bench|h264parse; shmsink, to be measured beside ours
gstreamer1.0-plugins-ugly|test|x264enc
gstreamer1.0-libav|test|avdec_h264
python3|test bench check|tests and checks
python3-pytest|test|tests of whole processes
systemd|test|systemd-tmpfiles, which cleans up around a socket in a test
strace|test|tests that count system calls
linux-source-6.1|lab|the lab: the kernel of its virtual machine
bison|lab|builds it
flex|lab|builds it
bc|lab|builds it
libelf-dev|lab|builds it
xz-utils|lab|unpacks it
busybox-static|lab|the lab: the first root of the machine
qemu-system-x86|lab|the lab: the machine
v4l-utils|lab|what the lab's devices say to another program
util-linux|lab check|setpriv, setarch
clang-14|check|second compiler, thread-safety analysis, fuzzers
libclang-rt-14-dev|check|its sanitizers and libFuzzer
llvm-14|check|names in their reports
clang-format-14|check format|make format, make check
clang-tidy-14|lint|make lint
spin|check|models of the protocol, make check
TABLE
}

wanted=("$@")
# Whether one of the sets of a line is wanted.
in_wanted() {
  local set name
  [ ${#wanted[@]} -gt 0 ] || return 0
  for set in $1; do
    for name in "${wanted[@]}"; do
      [ "${set%\?}" != "$name" ] || return 0
    done
  done
  return 1
}
installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not a Debian system, so nothing is installed. Needed (Debian names):" >&2
  packages | while IFS='|' read -r package sets _; do
    ! in_wanted "$sets" || printf '%s ' "$package"
  done >&2
  echo >&2
  exit 0
fi

missing=()
required=()
while IFS='|' read -r package sets why; do
  in_wanted "$sets" && ! installed "$package" || continue
  [ ${#missing[@]} -gt 0 ] || echo "setup: missing packages of Debian:"
  printf '  %-32s %s\n' "$package" "$why"
  missing+=("$package")
  [[ $sets = *\?* ]] || required+=("$package")
done < <(packages)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    [ ${#required[@]} -gt 0 ] || exit 0
    echo "setup: need root to install them, and there is no sudo. As root run:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    echo "or 'make setup', which installs what every goal needs." >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    apt-get -o Dpkg::Use-Pty=0 "$@"
}
failed() {
  echo "setup: apt-get failed on: ${missing[*]}. Look at the lines above; the names are those of" \
       "Debian 12 (bookworm)." >&2
  exit 1
}

apt -qq update || failed
# "Need to get 210 MB of archives." and what the disk needs, as apt reckons it
apt install --no-install-recommends --assume-no "${missing[@]}" 2>&1 |
  sed -n 's/^\(Need to get\|After this operation\)/setup: \1/p' || true
apt -qq install -y --no-install-recommends "${missing[@]}" || failed
echo "setup: done"
