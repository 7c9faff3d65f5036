# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""What our host does for v1 clients, and what none of them can do to it or to the others.
docs/spec/wire-v1.md#sequences and #duties"""
import os
import time

from raw_v1 import EVENT, EXPIRED, GRANTED, TRY_LOCK, UNLOCKED, RawClient, receive, reply

FAR_NS = 3_600_000_000_000


def lock(host, client, serial):
    client.try_lock(serial)
    host.process()
    assert client.answer() == GRANTED


def unlock(host, client, serial):
    client.unlock(serial)
    host.process()
    assert client.answer() == UNLOCKED


def is_freed(host, serial):
    host.process()
    return serial in host.freed()


def post_that_expires_soon(host, client, wait_until):
    """A frame that `client` holds and whose time is over."""
    expires = time.monotonic_ns() + 200_000_000
    serial = host.post(expires=expires)["serial"]
    assert client.frame().serial == serial
    lock(host, client, serial)
    wait_until(lambda: time.monotonic_ns() > expires, "the frame to expire")
    host.process()
    return serial


def test_a_frame_that_has_expired_cannot_be_locked(host, connect, wait_until):
    client = connect()
    host.post(expires=time.monotonic_ns() - 1)
    wait_until(lambda: is_freed(host, 1), "the frame to expire")
    client.frame()
    client.try_lock(1)
    host.process()
    assert client.answer() == reply(EXPIRED)


def test_a_locked_frame_outlives_its_expiry_until_it_is_unlocked(host, connect, wait_until):
    client = connect()
    serial = post_that_expires_soon(host, client, wait_until)
    assert host.freed() == []
    unlock(host, client, serial)
    wait_until(lambda: is_freed(host, serial), "the frame to be freed")


def test_an_unlock_by_another_client_takes_no_lock_away(host, connect, wait_until):
    holder, other = connect(), connect()
    serial = post_that_expires_soon(host, holder, wait_until)
    assert other.frame().serial == serial
    unlock(host, other, serial)
    host.process(times=3)
    assert host.freed() == []
    unlock(host, holder, serial)
    wait_until(lambda: is_freed(host, serial), "the frame to be freed")


def test_a_frame_locked_twice_needs_one_unlock(host, connect, wait_until):
    client = connect()
    expires = time.monotonic_ns() + 200_000_000
    host.post(expires=expires)
    client.frame()
    lock(host, client, 1)
    lock(host, client, 1)
    wait_until(lambda: time.monotonic_ns() > expires, "the frame to expire")
    host.process()
    assert host.freed() == []
    unlock(host, client, 1)
    wait_until(lambda: is_freed(host, 1), "the frame to be freed")


def test_a_frame_locked_twice_takes_one_of_the_20_places(host, connect):
    client = connect()
    for serial in range(1, 21):
        host.post()
        client.frame()
        lock(host, client, serial)
        lock(host, client, serial)


def test_a_disconnect_frees_the_locks(host, connect, wait_until):
    client, other = connect(), connect()
    serial = post_that_expires_soon(host, client, wait_until)
    client.close()
    wait_until(lambda: is_freed(host, serial), "the frame to be freed")
    assert host.clients() == 1
    assert other.frame().serial == serial


def test_a_client_that_does_not_read_is_sent_few_frames_and_others_all(host, connect):
    stalled, reader = connect(), connect()
    posts = 300
    for serial in range(1, posts + 1):
        host.post()
        assert reader.frame().serial == serial
    queued = 0
    while not stalled.nothing_waits():
        assert stalled.frame().serial == queued + 1
        queued += 1
    assert 1 <= queued <= 16
    host.post()
    assert stalled.frame().serial == posts + 1  # still a client


def test_a_client_whose_queue_is_full_still_gets_its_answers(host, connect):
    slow = connect()
    for _ in range(50):
        host.post()
    slow.try_lock(1)
    slow.unlock(1)
    host.process()
    packets = []
    while not slow.nothing_waits():
        data, fds = slow.next()
        packets.append(data)
        for fd in fds:
            os.close(fd)
    assert packets[-2:] == [GRANTED, UNLOCKED]
    assert all(EVENT.unpack(data)[2] for data in packets[:-2])
    host.post()
    assert slow.frame().serial == 51


def test_a_client_that_never_reads_its_answers_is_cut_off_alone(host, connect, wait_until):
    rude, other = connect(), connect()

    rude.socket.setblocking(False)

    def ask_on():
        try:
            rude.ask(TRY_LOCK, 1)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        host.process()
        return host.clients() == 1

    wait_until(ask_on, "the host to lose its patience")
    host.post()
    assert other.frame().serial == 1


def test_descriptors_that_a_client_attaches_are_dropped(host, connect):
    client = connect()
    host.post()
    client.frame()
    before = host.fds()
    reading, writing = os.pipe()
    try:
        client.ask(TRY_LOCK, 1, fds=[writing, writing, writing])
    except PermissionError:  # Linux 6.16 and later: they never leave it
        client.ask(TRY_LOCK, 1)
        host.process()
        assert client.answer() == GRANTED
        assert host.fds() == before
    else:
        host.process()
        assert client.next() == (b"", []), "who sends descriptors is cut off"
        assert host.fds() < before
    os.close(writing)
    assert os.read(reading, 1) == b""  # nobody has the other end
    os.close(reading)


def test_a_host_that_closes_is_the_end_of_the_stream(host, connect):
    client = connect()
    host.post()
    host.release()
    assert client.frame().serial == 1
    assert client.next() == (b"", [])


def test_v1_and_v2_clients_get_the_same_frames(host, connect, start, wait_until):
    old = connect()
    new = start("client")
    while host.clients() < 2:
        host.process()
    for serial in range(1, 11):
        host.post(fill=serial)
        assert old.frame().serial == serial
        new.begin("wait")
        wait_until(lambda: host.process() or new.is_done(), "the frame")
        assert new.result()["serial"] == serial
        assert new.pixel(serial) == serial
        new.drop(serial)
    assert new.stats()["wire_version"] == 2


def test_a_lock_beyond_the_hold_limit_costs_its_client_the_connection_alone(
        host, connect, wait_until):
    greedy, other = connect(), connect()
    serial = post_that_expires_soon(host, greedy, wait_until)
    assert other.frame().serial == serial
    host.post(expires=time.monotonic_ns() + FAR_NS)
    assert other.frame().serial == serial + 1
    lock(host, other, serial + 1)
    wait_until(lambda: is_freed(host, serial), "the frame to be taken back")
    assert greedy.ended()
    unlock(host, other, serial + 1)
    host.post()
    assert other.frame().serial == serial + 2


def test_an_idle_client_keeps_its_connection_and_its_lock(host, connect):
    client = connect()
    host.post()
    client.frame()
    lock(host, client, 1)
    # Release 2.5 gave up on whoever was quiet for a second: be quiet for longer than that.
    quiet_until = time.monotonic() + 1.5
    while time.monotonic() < quiet_until:
        host.process()
        time.sleep(0.05)
    assert client.nothing_waits()
    unlock(host, client, 1)


def test_clients_beyond_128_are_served_alike(host, connect):
    clients = [connect() for _ in range(160)]
    host.post()
    for client in clients:
        assert client.frame().serial == 1
    for client in clients:
        client.try_lock(1)
    while any(client.nothing_waits() for client in clients):
        host.process()
    assert all(client.answer() == GRANTED for client in clients)


def test_clients_are_accepted_by_a_host_that_only_posts(host, socket_path, wait_until):
    client = RawClient(socket_path)
    wait_until(lambda: host.post() and host.clients() == 1, "the client to be accepted")
    host.post()
    assert client.frame().serial >= 1
    client.close()


def test_a_burst_of_requests_is_answered_whole(host, connect):
    client = connect()
    host.post()
    client.frame()
    for _ in range(60):
        client.unlock(1)
    answers = []
    while len(answers) < 60:
        host.process()
        while not client.nothing_waits():
            answers.append(receive(client.socket)[0])
    assert set(answers) == {UNLOCKED}
    assert client.nothing_waits()
