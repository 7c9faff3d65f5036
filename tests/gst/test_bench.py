# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""`make bench-gst`, for a moment and with small pictures. Its figures are not judged."""
import json
import os
import pathlib
import subprocess

import pytest

from pipelines import environment

PROGRAM = pathlib.Path(os.environ["VIDEOSTREAM_BUILD"]) / "bench" / "gst_bench"


@pytest.fixture(scope="module")
def report():
    if not PROGRAM.exists():
        pytest.skip("gst_bench is not built here")
    result = subprocess.run([PROGRAM, "--runs", "1", "--seconds", "0.5", "--size", "320x240", "--json"],
                            env=environment(), capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_every_scenario_has_figures_of_ours_and_of_a_peer(report):
    assert [(s["clients"], s["frozen"]) for s in report["scenarios"]] == [
        (1, False), (4, False), (4, True)]
    for scenario in report["scenarios"]:
        for transport in ("vsl", "shm", "floor"):
            if transport == "floor" and scenario["frozen"]:
                continue
            measured = scenario["transports"][transport]
            assert measured["failed"] == ""
            figures = measured["median"]
            assert 0 < figures["seen_p50_us"] <= figures["touched_p50_us"]
            assert figures["touched_p50_us"] <= figures["touched_p99_us"]
            assert figures["producer_cpu_us"] > 0 and figures["consumer_cpu_us"] > 0
            assert figures["producer_memory_mb"] > 0
        assert scenario["ours_to_best_peer"]["touched_p50_us"] > 0
        assert scenario["frozen"] or scenario["ours_to_floor"]["touched_p50_us"] > 0


def test_a_frozen_consumer_stops_nobody_of_ours(report):
    figures = report["scenarios"][2]["transports"]["vsl"]["median"]
    assert figures["frozen_producer_fps"] > 0 and figures["frozen_consumer_fps"] > 0


def test_what_is_not_installed_is_named(report):
    assert set(report["missing"]) <= {"unixfd"}
    for transport in report["missing"]:
        assert all(transport not in scenario["transports"] for scenario in report["scenarios"])
