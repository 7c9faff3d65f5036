# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Our host, byte by byte, as a v1 client reads it. docs/spec/wire-v1.md#messages"""
import os
import time

import pytest

from raw_v1 import (CONTROL, EVENT, EXPIRED, GRANTED, TOO_MANY_LOCKS, TRY_LOCK, UNKNOWN, UNLOCKED,
                    Event, fourcc, reply)

FAR_NS = 3_600_000_000_000


def test_a_frame_event_is_104_bytes_with_every_field_at_its_offset(host, connect):
    client = connect()
    expires = time.monotonic_ns() + FAR_NS
    host.post(width=64, height=32, fourcc="YUYV", fill=0x37, expires=expires, duration=33, pts=-44,
              dts=55)
    data, fds = client.next()
    event = Event(*EVENT.unpack(data))
    assert len(data) == 104
    assert event == Event(
        error=0, padding=0, serial=1, timestamp=event.timestamp, duration=33, pts=-44, dts=55,
        expires=expires, locked=0, fourcc=fourcc("YUYV"), width=64, height=32, paddr=0,
        size=64 * 2 * 32, offset=0, stride=64 * 2, padding_end=0)
    for fd in fds:
        os.close(fd)


def test_the_timestamp_is_the_monotonic_time_of_the_post(host, connect):
    client = connect()
    before = time.monotonic_ns()
    host.post()
    assert before <= client.frame().timestamp <= time.monotonic_ns()


def test_one_descriptor_comes_with_a_frame_and_shows_its_pixels(host, connect):
    client = connect()
    host.post(fill=0x37)
    data, fds = client.next()
    assert len(fds) == 1
    event = Event(*EVENT.unpack(data))
    assert os.pread(fds[0], event.size, event.offset) == b"\x37" * event.size
    os.pwrite(fds[0], b"\x38", event.offset)  # clients of release 2.5 map it writable
    os.close(fds[0])


def test_an_offset_is_told_and_is_not_part_of_the_size(host, connect):
    client = connect()
    host.post(fill=0x37, attach=[64 * 2 * 32, 8192])
    data, fds = client.next()
    event = Event(*EVENT.unpack(data))
    assert (event.offset, event.size) == (8192, 64 * 2 * 32)
    assert os.pread(fds[0], event.size, event.offset) == b"\x37" * event.size
    os.close(fds[0])


@pytest.mark.parametrize("name, row_bytes", [("NV12", 96), ("YUYV", 128), ("RGBA", 256)])
def test_the_stride_is_the_row_bytes_of_all_planes(host, connect, name, row_bytes):
    client = connect()
    posted = host.post(width=64, height=32, fourcc=name)
    event = client.frame()
    assert event.stride == posted["stride"] == row_bytes
    assert event.size == row_bytes * 32


def test_serials_count_from_1_without_gaps(host, connect):
    client = connect()
    for _ in range(5):
        host.post()
    assert [client.frame().serial for _ in range(5)] == [1, 2, 3, 4, 5]


def test_frames_posted_before_a_client_was_accepted_are_not_sent_to_it(host, connect):
    host.post()
    late = connect()
    assert late.nothing_waits()
    host.post()
    assert late.frame().serial == 2


def test_a_lock_and_an_unlock_are_answered_byte_for_byte(host, connect):
    client = connect()
    host.post()
    client.frame()
    client.try_lock(1)
    host.process()
    assert client.answer() == GRANTED
    client.unlock(1)
    host.process()
    assert client.answer() == UNLOCKED == bytes(104)


@pytest.mark.parametrize("request_code", [2, 3, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_unknown_request_is_answered_with_error_2_and_zeros(host, connect, request_code):
    client = connect()
    host.post()
    client.frame()
    client.ask(request_code, 1)
    host.process()
    assert client.answer() == UNKNOWN
    client.try_lock(1)
    host.process()
    assert client.answer() == GRANTED


def test_only_the_first_16_bytes_of_a_longer_control_are_used(host, connect):
    client = connect()
    host.post()
    client.frame()
    client.ask(TRY_LOCK, 1, trailer=b"\xff" * 200)
    host.process()
    assert client.answer() == GRANTED
    client.ask(77, 1, trailer=b"\xff" * 3000)
    host.process()
    assert client.answer() == UNKNOWN


def test_the_padding_of_a_control_is_not_read(host, connect):
    client = connect()
    host.post()
    client.frame()
    client.socket.send(CONTROL.pack(TRY_LOCK, 0xFFFFFFFF, 1))
    host.process()
    assert client.answer() == GRANTED


def test_a_control_of_1_to_15_bytes_ends_that_connection_only(host, connect, wait_until):
    other = connect()
    for size in range(1, 16):
        broken = connect()
        broken.socket.send(bytes(size))
        wait_until(lambda client=broken: host.process() or client.ended(), "the end")
    host.post()
    assert other.frame().serial == 1
    other.try_lock(1)
    host.process()
    assert other.answer() == GRANTED
    assert host.clients() == 1


def test_a_packet_of_0_bytes_is_taken_as_the_end(host, connect, wait_until):
    client = connect()
    client.socket.send(b"")
    wait_until(lambda: host.process() or client.ended(), "the end")
    assert host.clients() == 0


def test_the_21st_lock_is_refused_with_error_3_until_one_is_given_back(host, connect):
    client = connect()
    for serial in range(1, 22):
        host.post()
        client.frame()
        client.try_lock(serial)
        host.process()
        assert client.answer() == (GRANTED if serial <= 20 else reply(TOO_MANY_LOCKS))
    client.unlock(7)
    host.process()
    assert client.answer() == UNLOCKED
    client.try_lock(21)
    host.process()
    assert client.answer() == GRANTED


@pytest.mark.parametrize("serial", [2, 0, -1, -(1 << 63), (1 << 63) - 1])
def test_a_lock_of_a_serial_that_was_never_posted_is_error_1(host, connect, serial):
    client = connect()
    host.post()
    client.frame()
    client.try_lock(serial)
    host.process()
    assert client.answer() == reply(EXPIRED)


def test_a_lock_of_a_frame_sent_to_others_only_is_error_1(host, connect):
    early = connect()
    host.post()
    assert early.frame().serial == 1
    late = connect()
    late.try_lock(1)
    host.process()
    assert late.answer() == reply(EXPIRED)


def test_an_unlock_of_a_frame_not_held_is_granted(host, connect):
    client = connect()
    host.post()
    client.frame()
    client.unlock(1)
    host.process()
    assert client.answer() == UNLOCKED


def test_an_unlock_of_an_unknown_serial_is_error_1(host, connect):
    client = connect()
    client.unlock(5)
    host.process()
    assert client.answer() == reply(EXPIRED)


def test_answers_come_in_the_order_of_the_requests(host, connect):
    client = connect()
    host.post()
    client.frame()
    client.try_lock(1)
    client.try_lock(9)
    client.ask(5, 1)
    client.unlock(1)
    host.process()
    assert [client.answer() for _ in range(4)] == [GRANTED, reply(EXPIRED), UNKNOWN, UNLOCKED]
