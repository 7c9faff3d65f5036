#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# Usage: multiplanar_codecs.sh TEST_CODEC TEST_LAB
# Runs in a machine whose vicodec is multi-planar: the suite that every backend passes, and what the
# lab's own tests ask of the two interfaces.
set -e
"$1" --gtest_filter='*v4l2*'
exec "$2" --gtest_filter='CodecZeroCopyTest.*:CodecTest.IsListed*:CodecTest.GivesEvery*:CodecTest.Follows*:CodecFaultTest.SaysThatTheCodec*'
