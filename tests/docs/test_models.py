# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The models of the protocol stand for the code as it is (models/check.sh, in `make check`, runs them)."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"])


def test_the_code_does_what_the_models_say_in_that_order():
    done = subprocess.run([sys.executable, "-B", str(ROOT / "models/ties.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
