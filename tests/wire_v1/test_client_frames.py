# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Our client and a v1 host: from the greeting to the pixels. docs/spec/wire-v1.md#sequences"""
import errno
import os

import pytest

from library import Failed
from raw_v1 import UNKNOWN, RawHost




@pytest.fixture
def client(start, raw_host):
    """A client whose HELLO has been answered as release 2.5 does."""
    child = start("client")
    raw_host.accept_v1()
    return child


def test_the_first_packet_reads_as_an_unknown_request(start, raw_host):
    start("client")
    hello = raw_host.accept()
    assert len(hello) >= 16
    assert int.from_bytes(hello[:4], "little") >= 2


def test_a_frame_is_received_as_it_was_sent(client, raw_host):
    raw_host.post(7, locked=3)
    assert client.wait() == {
        "serial": 7, "timestamp": 1007, "duration": 33, "pts": 44, "dts": 55, "expires": 0,
        "fourcc": int.from_bytes(b"YUYV", "little"), "width": 64, "height": 32, "stride": 128,
        "size": 4096}
    assert client.pixel(7) == 0x51
    assert client.stats()["wire_version"] == 1


@pytest.mark.parametrize("name, stride, size", [("NV12", 96, 3072), ("RGBA", 256, 8192),
                                                ("YUYV", 160, 5120), ("H264", 0, 777)])
def test_the_formats_and_strides_of_release_2_5_are_understood(client, raw_host, name, stride,
                                                               size):
    code = int.from_bytes(name.encode(), "little")
    memory = os.memfd_create("raw-v1-frame")
    os.ftruncate(memory, 8192)
    raw_host.post(1, fds=[memory], fourcc=code, stride=stride, size=size)
    fields = client.wait()
    assert (fields["fourcc"], fields["stride"], fields["size"]) == (code, stride, size)
    os.close(memory)


def test_the_picture_begins_at_the_offset(client, raw_host):
    memory = os.memfd_create("raw-v1-frame")
    os.write(memory, bytes(4096) + b"\x22" * 4096)
    raw_host.post(1, fds=[memory], offset=4096)
    client.wait()
    assert client.pixel(1) == 0x22
    os.close(memory)


@pytest.mark.parametrize("when", ["never", "before", "after"])
def test_frames_come_in_order_whenever_hello_is_answered(start, raw_host, when):
    client = start("client")
    raw_host.accept()
    if when == "before":
        raw_host.send(UNKNOWN)
    for serial in range(1, 11):
        raw_host.post(serial)
    if when == "after":
        raw_host.send(UNKNOWN)
    assert client.receive(10) == list(range(1, 11))
    raw_host.post(11)
    assert client.receive(1) == [11]


def test_an_answer_to_hello_long_after_frames_is_no_frame_and_no_error(start, raw_host):
    client = start("client")
    raw_host.accept()
    raw_host.post(1)
    assert client.receive(1) == [1]  # it has stopped waiting for the answer
    raw_host.send(UNKNOWN)
    raw_host.post(2)
    assert client.receive(1) == [2]


def test_gaps_in_the_serials_are_counted(client, raw_host):
    for serial in (1, 2, 10):
        raw_host.post(serial)
    assert client.receive(3) == [1, 2, 10]
    assert client.stats()["skipped"] == 7


def test_descriptors_and_mappings_stay_constant_over_1000_frames(client, raw_host):
    second = RawHost.new_memory(fill=0x52)

    def pass_frames(serials):
        for serial in serials:
            raw_host.post(serial, fds=[(raw_host.memory, second)[serial % 2]])
            assert client.receive(1) == [serial]

    pass_frames(range(1, 11))
    before = client.fds(), client.mappings("raw-v1-frame")
    pass_frames(range(11, 1011))
    assert (client.fds(), client.mappings("raw-v1-frame")) == before
    assert before[1] == 2  # each memory once
    os.close(second)


def test_surplus_descriptors_are_closed(client, raw_host, wait_until):
    raw_host.post(1)
    assert client.receive(1) == [1]
    before = client.fds()
    pipe = os.pipe()
    for serial in range(2, 102):
        raw_host.post(serial, fds=[raw_host.memory, *pipe, *pipe])
        assert client.receive(1) == [serial]
    wait_until(lambda: client.fds() == before, "the end of what may be closed later")
    os.close(pipe[1])
    assert os.read(pipe[0], 1) == b""
    os.close(pipe[0])


def test_the_descriptor_of_an_error_event_or_an_answer_is_closed(client, raw_host):
    raw_host.post(1)
    assert client.receive(1) == [1]
    before = client.fds()
    for serial in range(2, 100, 2):
        raw_host.post(serial, error=1)
        raw_host.send(UNKNOWN, [raw_host.memory])
        raw_host.post(serial + 1)
        assert client.receive(1) == [serial + 1]
    assert client.fds() == before


def test_an_event_without_a_descriptor_does_not_end_the_stream(client, raw_host):
    raw_host.post(1)
    raw_host.post(2, fds=[])
    raw_host.post(3)
    while (serial := client.wait()["serial"]) != 3:
        assert serial in (1, 2)


def test_a_frame_that_expired_on_its_way_is_passed_over(client, raw_host):
    raw_host.post(1, expires=1)
    raw_host.post(2)
    assert client.receive(1) == [2]


def test_a_frame_larger_than_its_memory_is_passed_over(client, raw_host):
    raw_host.post(1, size=1 << 40)
    raw_host.post(2, offset=1)
    raw_host.post(3, offset=-4096)
    raw_host.post(4, size=(1 << 64) - 1, offset=4096)  # their sum would be small again
    raw_host.post(5)
    assert client.receive(1) == [5]


def test_an_answer_that_was_not_asked_for_is_ignored(client, raw_host):
    raw_host.send(bytes(104))
    raw_host.post(1)
    assert client.receive(1) == [1]


def test_longer_events_are_cut_and_shorter_ones_filled_with_zeros(client, raw_host):
    raw_host.send(raw_host.event(1) + b"\xff" * 4000, [raw_host.memory])
    assert client.wait()["serial"] == 1
    memory = os.memfd_create("raw-v1-frame")
    os.ftruncate(memory, 4096)
    raw_host.send(raw_host.event(2)[:96], [memory])
    fields = client.wait()
    assert (fields["serial"], fields["stride"]) in ((2, 0), (2, 128))
    os.close(memory)


def test_a_host_that_vanished_ends_a_client_that_does_not_reconnect(client, raw_host):
    raw_host.post(1)
    assert client.receive(1) == [1]
    raw_host.vanish()
    with pytest.raises(Failed) as failed:
        client.wait()
    assert failed.value.errno == errno.ECONNRESET


def test_a_reconnecting_client_finds_the_next_host(start, raw_host):
    client = start("client", reconnect=True)
    raw_host.accept_v1()
    raw_host.post(41)
    assert client.receive(1) == [41]
    client.begin("receive", 2)
    raw_host.vanish()
    raw_host.listen()
    raw_host.accept_v1()
    raw_host.post(1)
    raw_host.post(2)
    assert client.result() == [1, 2]
    assert client.stats()["reconnects"] == 1


def test_a_client_does_not_spin_while_there_is_no_host(start, raw_host):
    client = start("client", reconnect=True)
    raw_host.accept_v1()
    raw_host.vanish()
    assert client.cpu_share_of_a_wait(1.5) < 0.2


def test_a_client_does_not_spin_while_a_host_hangs_up_at_once(start, raw_host):
    client = start("client", reconnect=True)
    raw_host.accept()
    client.begin("cpu_share_of_a_wait", 1.0)
    raw_host.listener.settimeout(0.5)
    try:
        while True:
            raw_host.hang_up()
            raw_host.accept()
    except TimeoutError:
        pass
    assert client.result() < 0.4
