# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""`videostream bench` and `top` as a user runs them. Figures depend on the machine and are not judged."""
import json
import os
import subprocess

import pytest

TOOL = os.environ["VIDEOSTREAM_BIN"]


def bench(*options):
    command = [TOOL, "bench", "--runs", "1", "--frames", "80", "--size", "320x240", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


def check_run(run, clients):
    assert run["floor_p50_us"] > 0 and run["bus_p50_us"] > 0
    assert abs(run["ratio_p50"] - run["bus_p50_us"] / run["floor_p50_us"]) < 1e-6
    assert 0 < run["worst_delivered_share"] <= run["delivered_share"] <= 1, clients
    assert run["lock_unlock_ns"] > 0 and run["lease_release_ns"] > 0


def test_json_holds_every_run_and_the_medians_for_each_number_of_clients():
    result = bench("--clients", "1,3", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert [entry["clients"] for entry in document["results"]] == [1, 3]
    for entry in document["results"]:
        assert len(entry["runs"]) == 1
        check_run(entry["median"], entry["clients"])


def test_steady_state_passes_no_descriptor_and_maps_nothing():
    document = json.loads(bench("--clients", "2", "--touch", "--json").stdout)
    run = document["results"][0]["runs"][0]
    assert run["steady_fds_sent"] == 0
    assert run["steady_fds_received"] == 0
    assert run["steady_maps"] == 0


def test_steady_state_allocates_nothing_on_either_side():
    document = json.loads(bench("--clients", "2", "--no-syscalls", "--json").stdout)
    run = document["results"][0]["runs"][0]
    assert run["host_allocations_per_frame"] == 0
    assert run["client_allocations_per_frame"] == 0


def test_lock_and_unlock_make_no_system_call():
    calls = json.loads(bench("--clients", "1", "--json").stdout)["system_calls"]
    if calls is None:
        pytest.skip("ptrace is not allowed here: system calls cannot be counted")
    assert calls["client_lock_unlock_per_pair"] == 0


def test_the_c_api_is_measured_too():
    result = bench("--clients", "1", "--api", "c", "--no-syscalls")
    assert result.returncode == 0, result.stderr
    assert "C API" in result.stdout


def test_a_bad_size_is_a_usage_error():
    result = subprocess.run([TOOL, "bench", "--size", "1920"], capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("Invalid arguments: ")


def test_top_on_a_path_without_host_is_a_socket_error(tmp_path):
    result = subprocess.run([TOOL, "top", "--once", str(tmp_path / "none")], capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 5
    assert result.stderr.startswith("Socket error: ")
