# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Reads the golden bytes with formats written from docs/spec, not from the C++ structs."""

import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent
EVENT = "<II6qiIiiqQqiI"
NV12 = int.from_bytes(b"NV12", "little")
EPOCH = 0x0123456789ABCDEF


def golden(name):
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    return bytes.fromhex("".join(line.split("#")[0] for line in lines))


def fields(name, layout):
    return struct.unpack(layout, golden(name))


def test_v1_control_is_16_bytes_with_the_serial_at_8():
    assert fields("v1_control", "<IIq") == (1, 0, 0x1122334455667788)


def test_v1_frame_event_is_104_bytes_without_stray_padding():
    assert fields("v1_frame_event", EVENT) == (
        0, 0, 7, 1_000_000_001, 33_333_333, 2_000_000_002, -1, 1_100_000_001,
        0, NV12, 1920, 1080, 0, 3_110_400, 4096, 1920, 0)
    assert struct.calcsize(EVENT) == 104


def test_v1_reply_has_serial_0_and_says_locked():
    reply = fields("v1_reply", EVENT)
    assert reply[8] == 1
    assert not any(value for index, value in enumerate(reply) if index != 8)


def test_hello_reads_as_a_v1_control_with_an_unknown_request():
    request, padding, _ = struct.unpack_from("<IIq", golden("v2_hello"))
    assert request >= 2 and padding == 0


def test_hello_carries_what_the_client_wants():
    assert fields("v2_hello", "<IIHHI6IQI44s") == (
        0x324C5356, 0, 2, 2, 0, 1, 128, 3, 30_000, 21, 1, EPOCH, 500,
        b"viewer".ljust(44, b"\0"))


def test_welcome_carries_what_the_host_grants():
    assert fields("v2_welcome", "<IIHHIQ6IQQ") == (
        0x324C5356, 64, 2, 0, 0, EPOCH, 0x20B000, 21, 1000, 1, 0, 3, 41, 0)


def test_refused_names_an_errno():
    assert fields("v2_refused", "<IIII") == (0x324C5357, 16, 1, 0)


def test_buffers_lists_as_many_records_as_it_counts():
    packet = golden("v2_buffers")
    kind, size, count, reserved = struct.unpack_from("<IIII", packet)
    assert (kind, size, count, reserved) == (0x324C5359, len(packet), 2, 0)
    records = [struct.unpack_from("<QQII", packet, 16 + 24 * i) for i in range(count)]
    assert records == [(1024, 3_112_960, 1, 0), (2049, 8_294_400, 2, 3)]


def test_short_messages_share_one_shape():
    assert fields("v2_ready", "<IIQ") == (0x324C5358, 16, 0)
    assert fields("v2_want", "<IIQ") == (0x324C535A, 16, 2049)
    assert fields("v2_released", "<IIQ") == (0x324C535B, 16, 41 << 16 | 5)
    assert fields("v2_bell", "<IIQ") == (0x324C535C, 16, 42)


def test_slot_is_512_bytes_that_begin_with_its_state():
    slot = golden("v2_slot")
    assert len(slot) == 512
    assert struct.unpack_from("<Q", slot) == (41 << 1 | 1,)


def test_slot_description_lies_at_8():
    slot = golden("v2_slot")
    assert struct.unpack_from("<IIII", slot, 8) == (NV12, 1919, 1079, 1 | 2 << 1 | 1 << 3)
    assert struct.unpack_from("<Qqqq", slot, 24) == (
        0x0300000000000001, 5_000_000_000, 4_000_000_000, 6_000_000_000)
    assert tuple(slot[56:64]) == (2, 2, 1, 1, 1, 1, 2, 3)
    planes = [struct.unpack_from("<QII", slot, 64 + 16 * i) for i in range(4)]
    assert planes == [(0, 1920, 0), (128, 1984, 1), (0, 0, 0), (0, 0, 0)]
    buffers = [struct.unpack_from("<QQ", slot, 128 + 16 * i) for i in range(4)]
    assert buffers == [(1024, 2_073_600), (2049, 1_071_488), (0, 0), (0, 0)]


def test_slot_details_lie_at_192():
    slot = golden("v2_slot")
    assert struct.unpack_from("<qqqqQ", slot, 192) == (
        -1, 16_666_667, 4_900_000_000, 4_950_000_000, 77)
    assert struct.unpack_from("<iiiiII", slot, 232) == (2, 4, 1915, 1071, 1, 6)
    assert struct.unpack_from("<iiii", slot, 256) == (10, 20, 300, 400)
    assert not any(slot[272:320])
    assert slot[320:326] == b"golden" and not any(slot[326:])
