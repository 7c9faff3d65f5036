#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/fresh.sh                        two empty trees on this machine
#        tools/fresh.sh --bare [--load N] [CASE...]   bare Debian 12 systems; root, debootstrap
# Does what a newcomer does first, each goal in a tree of its own in which nothing was built: `make
# demo`; `make install` and a program that is built against what it installed. With --bare the tree
# lies in a Debian that has git and make and nothing else, and `make test` is tried too. A CASE is
# PLACE-GOAL: root-demo, root-test, root-install (a clone in /root), user-… (in a user's home, who
# is not root; root has run `make setup`), blank-… (in a path with a blank); all nine by default.
# --load N: beside N processes that do nothing but compute. Files that git does not know are not seen.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/videostream-fresh.XXXXXX")
busy=()
clean_up() {
  [ ${#busy[@]} -eq 0 ] || kill "${busy[@]}" 2>/dev/null || true
  # Only a process in a mount name space of its own has mounted anything here.
  umount --lazy --recursive "$scratch/root" 2>/dev/null || true
  umount --lazy "$scratch/layer" 2>/dev/null || true
  rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT

clone_to() {
  mkdir -p "$1"
  git -C "$top" ls-files -z | tar -C "$top" --null -T - -c | tar -C "$1" -x
}

# Runs in the tree, as a newcomer: what `make install` put down serves a program.
use_installed() {
  local prefix=$1
  cat >"$prefix/user.cpp" <<'CPP'
#include <cstdio>
#include <videostream/host.hpp>
int main() {
  if (!vsl::Host::listen("fresh-installed")) return 1;
  std::puts(vsl_version());
}
CPP
  sed -i '1i #include <videostream.h>' "$prefix/user.cpp"
  # shellcheck disable=SC2046  # several words
  c++ -std=c++20 "$prefix/user.cpp" -o "$prefix/user" \
    $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs videostream)
  LD_LIBRARY_PATH=$prefix/lib "$prefix/user"
  "$prefix/bin/videostream" snapshot --help >/dev/null
  "$prefix/bin/videostream" record "$prefix/clip.mp4" --source test --duration 1
}

here() {
  # One cache for all clones: by its own rules the compiler's folder is part of what it compares.
  clone_to "$scratch/demo"
  echo "fresh: make demo"
  CCACHE_BASEDIR=$scratch/demo CCACHE_NOHASHDIR=1 make -C "$scratch/demo" demo
  clone_to "$scratch/install"
  echo "fresh: make install"
  mkdir "$scratch/prefix"
  CCACHE_BASEDIR=$scratch/install CCACHE_NOHASHDIR=1 \
    make -C "$scratch/install" install PREFIX="$scratch/prefix"
  use_installed "$scratch/prefix"
}

# A Debian as it is after its installation, kept for the next time.
bare_debian() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/videostream
  bare=$cache/bookworm
  [ ! -d "$bare" ] || return 0
  mkdir -p "$cache"
  echo "fresh: installing a bare Debian 12"
  debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$bare.new" >"$cache/bookworm.log"
  mv "$bare.new" "$bare"
}

# Runs inside the bare system, with the tree at /tree.
newcomer() {
  local place=$1 goal=$2 folder=/root/videostream as_user=()
  case $place in
    user) useradd --create-home newcomer; folder=/home/newcomer/videostream ;;
    blank) folder="/srv/a folder/videostream" ;;
  esac
  mkdir -p "$folder"
  cp -a /tree/. "$folder"
  cd "$folder"
  if [ "$place" = user ]; then
    chown -R newcomer: "$folder"
    make setup
    as_user=(setpriv --reuid newcomer --regid newcomer --clear-groups env HOME=/home/newcomer)
  fi
  case $goal in
    install)
      local prefix=/usr/local
      [ "$place" != user ] || prefix=/home/newcomer/vsl
      "${as_user[@]}" make install PREFIX="$prefix"
      "${as_user[@]}" env PATH="$PATH" tools/fresh.sh --use-installed "$prefix"
      ;;
    *) "${as_user[@]}" make "$goal" ;;
  esac
}

# In a mount name space of its own, over a layer that is thrown away.
in_bare_debian() {
  local root=$scratch/root
  mkdir -p "$scratch/layer" "$root"
  mount -t tmpfs none "$scratch/layer"  # an overlay does not lie on every file system
  mkdir "$scratch/layer/upper" "$scratch/layer/work"
  mount -t overlay overlay -o "lowerdir=$bare,upperdir=$scratch/layer/upper,workdir=$scratch/layer/work" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mkdir -p "$root/tree" "$root/cache/ccache" "$root/cache/lab"
  clone_to "$root/tree"
  local shared=${XDG_CACHE_HOME:-$HOME/.cache}
  mkdir -p "$shared/ccache" "$shared/videostream/lab" "$shared/videostream/debs/partial"
  mount --bind "$shared/ccache" "$root/cache/ccache"
  mount --bind "$shared/videostream/lab" "$root/cache/lab"
  mount --bind "$shared/videostream/debs" "$root/var/cache/apt/archives"
  chmod -R a+rwX "$shared/ccache" "$shared/videostream/lab"
  chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    TERM=dumb CCACHE_DIR=/cache/ccache CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=/ \
    VIDEOSTREAM_LAB_CACHE=/cache/lab /tree/tools/fresh.sh --newcomer "$@"
}

bare() {
  local load=0 place goal failed=() cases=()
  while [ $# -gt 0 ]; do
    case $1 in
      --load) load=$2; shift ;;
      *) cases+=("$1") ;;
    esac
    shift
  done
  [ ${#cases[@]} -gt 0 ] || cases=({root,user,blank}-{demo,install,test})
  bare_debian
  for _ in $(seq "$load"); do
    while :; do :; done &
    busy+=($!)
  done
  for case in "${cases[@]}"; do
    place=${case%-*} goal=${case##*-}
    local start=$SECONDS log=$top/build/fresh-$case.log
    mkdir -p "$top/build"
    if unshare --mount --propagation private "$0" --in-bare "$bare" "$place" "$goal" >"$log" 2>&1 </dev/null; then
      echo "fresh: $case: ok, $((SECONDS - start)) s"
    else
      echo "fresh: $case: FAILED, $((SECONDS - start)) s, see ${log#"$top"/}"
      failed+=("$case")
    fi
  done
  [ ${#failed[@]} -eq 0 ]
}

case ${1:-} in
  '') here ;;
  --bare) shift; bare "$@" ;;
  --in-bare) bare=$2; shift 2; in_bare_debian "$@" ;;
  --newcomer) shift; newcomer "$@" ;;
  --use-installed) use_installed "$2" ;;
  *) sed -n 's/^# \(Usage.*\|       tools.*\)/\1/p' "$0" >&2; exit 2 ;;
esac
