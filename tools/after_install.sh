#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: tools/after_install.sh PREFIX
# Says what has to be set so that others find what was installed there: nothing where it is found.
set -euo pipefail
prefix=$1
say() { printf '  %-64s # %s\n' "$1" "$2"; }

settings() {
  case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) say "export PATH=$prefix/bin:\$PATH" "the command" ;;
  esac
  /sbin/ldconfig -p 2>/dev/null | grep -q " $prefix/lib/libvideostream.so.2\$" ||
    say "export LD_LIBRARY_PATH=$prefix/lib" "programs that are linked with the library"
  pkg-config --exists videostream 2>/dev/null ||
    say "export PKG_CONFIG_PATH=$prefix/lib/pkgconfig" "building such programs"
  if [ -e "$prefix/lib/gstreamer-1.0/libgstvideostream.so" ] &&
    [ "$(pkg-config --variable=pluginsdir gstreamer-1.0 2>/dev/null)" != "$prefix/lib/gstreamer-1.0" ]; then
    say "export GST_PLUGIN_PATH=$prefix/lib/gstreamer-1.0" "GStreamer: vslsink, vslsrc"
  fi
}

echo "install: in $prefix"
lines=$(settings)
[ -z "$lines" ] || printf 'install: outside the folders that are searched anyway, so set:\n%s\n' "$lines"
