# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""A v1 host that sends anything at all does not harm our client. docs/spec/wire-v1.md#odd-input"""
import random

from raw_v1 import EVENT

PACKETS = 2000
LAST_PTS = 0x1EAF
# What the second version's greeting begins with: its answers are no part of version 1.
V2_FIRST_WORD = 0x324C5356


def random_value(random_source, bits, signed):
    """Mostly what is at the edges of a field."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    value = random_source.choice((0, 1, 2, 64, 4096, low, high, low + 1, high - 1,
                                  random_source.randint(low, high)))
    return min(max(value, low), high)


def random_event(random_source, host, serial):
    """An event with some fields replaced."""
    fields = {"padding": (32, False), "duration": (64, True), "dts": (64, True),
              "expires": (64, True), "locked": (32, True), "fourcc": (32, False),
              "width": (32, True), "height": (32, True), "size": (64, False),
              "offset": (64, True), "stride": (32, True)}
    names = random_source.sample(sorted(fields), random_source.randint(1, 4))
    return host.event(serial, **{name: random_value(random_source, *fields[name])
                                 for name in names})


def random_packet(random_source, host, serial):
    if random_source.random() < 0.5:
        return random_event(random_source, host, serial)
    data = random_source.randbytes(random_source.randint(1, 3 * EVENT.size))
    if data[:3] == V2_FIRST_WORD.to_bytes(4, "little")[:3]:
        return b"\0" + data
    return data


def test_2000_random_packets_harm_nobody(start, raw_host):
    random_source = random.Random(20_260)
    client = start("client")
    raw_host.accept_v1()
    client.begin("receive_until", LAST_PTS)
    for serial in range(1, PACKETS + 1):
        fds = [raw_host.memory] * random_source.choice((0, 1, 1, 1, 1, 2, 5))
        raw_host.send(random_packet(random_source, raw_host, serial), fds)
    raw_host.post(PACKETS + 1, pts=LAST_PTS)
    assert client.result() > 50  # the lies that are no danger are shown as frames
    assert client.mappings("raw-v1-frame") <= 1
