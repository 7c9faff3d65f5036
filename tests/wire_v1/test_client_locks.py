# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Locks of our client at a v1 host: the truth, and in order. docs/spec/wire-v1.md#duties"""
import errno

import pytest

from library import Failed
from raw_v1 import (EXPIRED, GRANTED, TOO_MANY_LOCKS, TRY_LOCK, UNKNOWN, UNLOCK, UNLOCKED,
                    has_packet, reply)


@pytest.fixture(params=[False, True], ids=["reconnect-off", "reconnect-on"])
def client(start, raw_host, request):
    child = start("client", reconnect=request.param)
    raw_host.accept_v1()
    return child


def receive_one(client, raw_host, serial=1):
    raw_host.post(serial)
    assert client.wait()["serial"] == serial


def begin_lock(client, raw_host, serial=1):
    """Starts a lock that the host has been asked for but has not answered."""
    client.begin("try_lock", serial)
    assert raw_host.control() == (TRY_LOCK, serial)


def lock(client, raw_host, serial=1):
    begin_lock(client, raw_host, serial)
    raw_host.send(GRANTED)
    assert client.result() == 0


def failure(client):
    with pytest.raises(Failed) as failed:
        client.result()
    return failed.value.errno


@pytest.mark.parametrize("answer, number", [(EXPIRED, errno.EEXIST),
                                            (TOO_MANY_LOCKS, errno.EMFILE)])
def test_a_refused_lock_is_reported(client, raw_host, answer, number):
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    raw_host.send(reply(answer))
    assert failure(client) == number


def test_a_refused_lock_is_waited_for_behind_frames_and_the_answer_to_hello(client, raw_host):
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    for serial in (2, 3, 4):
        raw_host.post(serial)
    raw_host.send(UNKNOWN)
    raw_host.send(reply(EXPIRED))
    assert failure(client) == errno.EEXIST
    assert client.receive(3) == [2, 3, 4]  # none of them was lost


def test_a_lock_is_granted_when_hello_is_answered_between(start, raw_host):
    client = start("client")
    raw_host.accept()
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    raw_host.send(UNKNOWN)
    raw_host.send(GRANTED)
    assert client.result() == 0
    assert client.valid(1) == 1


def test_a_lock_is_given_back_by_unlock(client, raw_host):
    receive_one(client, raw_host)
    lock(client, raw_host)
    assert client.unlock(1) == 0
    assert raw_host.control() == (UNLOCK, 1)


def test_a_lock_is_given_back_with_its_frame(client, raw_host):
    receive_one(client, raw_host)
    lock(client, raw_host)
    client.drop(1)
    assert raw_host.control() == (UNLOCK, 1)


def test_a_frame_that_was_not_locked_is_given_back_without_a_word(client, raw_host):
    receive_one(client, raw_host, 1)
    client.drop(1)
    receive_one(client, raw_host, 2)
    begin_lock(client, raw_host, 2)  # nothing came before it
    raw_host.send(GRANTED)
    assert client.result() == 0


def test_answers_of_unlocks_are_not_taken_for_those_of_locks(client, raw_host):
    receive_one(client, raw_host, 1)
    lock(client, raw_host, 1)
    client.unlock(1)
    assert raw_host.control() == (UNLOCK, 1)
    receive_one(client, raw_host, 2)
    begin_lock(client, raw_host, 2)
    raw_host.send(UNLOCKED)
    raw_host.send(reply(EXPIRED))
    assert failure(client) == errno.EEXIST
    receive_one(client, raw_host, 3)
    lock(client, raw_host, 3)


def test_a_lock_without_an_answer_is_no_lock_and_ends_the_connection(client, raw_host):
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    assert failure(client) == errno.ETIMEDOUT
    assert client.valid(1) == 0
    assert raw_host.client_left()


def test_after_a_lock_without_an_answer_the_next_one_gets_its_own(start, raw_host):
    client = start("client", reconnect=True)
    raw_host.accept_v1()
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    assert failure(client) == errno.ETIMEDOUT
    client.begin("wait")
    raw_host.accept_v1()
    raw_host.post(2)
    assert client.result()["serial"] == 2
    begin_lock(client, raw_host, 2)
    raw_host.send(reply(EXPIRED))
    assert failure(client) == errno.EEXIST


def test_twenty_locks_are_held_and_given_back(client, raw_host):
    for serial in range(1, 21):
        receive_one(client, raw_host, serial)
        lock(client, raw_host, serial)
    receive_one(client, raw_host, 21)
    with pytest.raises(Failed) as failed:
        client.try_lock(21)
    assert failed.value.errno == errno.EMFILE
    for serial in range(1, 21):
        client.drop(serial)
        assert raw_host.control() == (UNLOCK, serial)


def test_an_idle_client_keeps_its_connection_and_its_lock(client, raw_host):
    receive_one(client, raw_host)
    lock(client, raw_host)
    # Release 2.5 closed the socket of an application that was quiet for a second.
    assert not has_packet(raw_host.connection, 1.5)
    assert client.valid(1) == 1
    client.unlock(1)
    assert raw_host.control() == (UNLOCK, 1)


def test_a_held_frame_stays_readable_when_its_host_is_gone_and_says_so(client, raw_host):
    receive_one(client, raw_host)
    lock(client, raw_host)
    raw_host.vanish()
    client.set_timeout(0.2)
    with pytest.raises(Failed):
        client.wait()
    assert client.pixel(1) == 0x51
    assert client.valid(1) == 0


def test_a_lock_is_refused_when_the_host_vanishes_meanwhile(client, raw_host):
    receive_one(client, raw_host)
    begin_lock(client, raw_host)
    raw_host.vanish()
    assert failure(client) in (errno.ETIMEDOUT, errno.ECONNRESET)
    assert client.valid(1) == 0


def test_a_hundred_locks_in_a_row_each_get_their_own_answer(client, raw_host):
    for serial in range(1, 101):
        receive_one(client, raw_host, serial)
        begin_lock(client, raw_host, serial)
        granted = serial % 3 != 0
        raw_host.post(1000 + serial)
        raw_host.send(GRANTED if granted else reply(EXPIRED))
        if granted:
            assert client.result() == 0
            client.unlock(serial)
            assert raw_host.control() == (UNLOCK, serial)
            raw_host.send(UNLOCKED)
        else:
            assert failure(client) == errno.EEXIST
        assert client.receive(1) == [1000 + serial]
