# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What the command says of coded video that is not what it was taken for: the attempt, on what, what
was found, and what to do."""
import pytest

# What the system calls errors that our own sentences explain.
NOT_FOR_USERS = ["multibyte", "Bad message", "Operation not supported", "external library",
                 "Invalid argument\n"]


@pytest.fixture(name="refused")
def fixture_refused(run, tmp_path):
    """Runs a command that has to fail, and gives what it says."""

    def run_refused(code, *arguments):
        result = run(*arguments)
        assert result.returncode == code, result.stderr
        assert not any(words in result.stderr for words in NOT_FOR_USERS), result.stderr
        return result.stderr.splitlines()[-1]

    return run_refused


# ---- Pictures that no encoder takes

@pytest.mark.parametrize("command", [("record", "out.h264"), ("stream", "bus", "--encode")])
@pytest.mark.parametrize("size, advice", [("641x479", "even sizes, as 640x478"),
                                          ("20000x20", "from 2x2 to 16384x16384")])
def test_a_size_that_no_encoder_takes_is_a_wrong_argument(refused, tmp_path, command, size, advice):
    path = tmp_path / command[1]
    said = refused(2, command[0], path, *command[2:], "--source", "test", "-r", size)
    assert said.startswith("Invalid arguments: ")
    assert size in said and "libx264" in said and advice in said
    assert not path.exists()


def test_an_encoder_that_takes_no_small_pictures_says_from_which_on(refused, tmp_path):
    said = refused(2, "record", tmp_path / "out.h265", "--source", "test", "-r", "8x8")
    assert "libx265" in said and "from 16x16 to 16384x16384" in said
