#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Writes the inputs that fuzzing begins with: the golden messages, and one example of everything the
inputs of each fuzzer can say. Files are named seed_*; the others in corpus/ were found by fuzzing."""

import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "tests" / "golden"


def golden(name):
    lines = (GOLDEN / f"{name}.hex").read_text().splitlines()
    return bytes.fromhex("".join(line.split("#")[0] for line in lines))


def wire_structs():
    for path in sorted(GOLDEN.glob("*.hex")):
        yield path.stem, golden(path.stem)[:256]


VALUES = [
    ("1920x1080", "640*480", "65536x65536"),
    ("NV12", "I420", "H264"),
    ("25 MBPS", "500kbps", "4294967295"),
    ("30", "30000/1001", "29.97"),
    ("H.264", "hevc"),
    ("newest", "in-order:256", "every:3"),
    ("auto", "memfd", "dma-heap", "udmabuf", "shm"),
    ("read", "read_write"),
    ("software", "V4L2"),
    ("0660", "777"),
    ("",),
]


def values():
    for kind, texts in enumerate(VALUES):
        index = struct.pack("<Q", 1000) if kind == 3 else b""
        for number, text in enumerate(texts):
            yield f"{kind}_{number}", bytes([kind]) + index + text.encode()


def layout():
    for form in range(10):
        picture = bytes([form, 63, 31, 4])
        sizes = bytes([1]) + struct.pack("<HB", 8192, 0)
        wrapped = bytes([2, 0, 0, 0, 0, 0, 1])
        yield f"format_{form}", picture + b"\0\0" + sizes + b"\0" * 12 + wrapped


# --- host: one byte says who acts (0-3 a client, 4 the host), one what is done, the rest how ----

CONNECT, STRANGER = b"\0\0", b"\0\1"
DISCONNECT, RECEIVE = b"\1", b"\6"
HELLO = b"\2\5\0"
RECENT, RING_WORD, BUFFER = b"\0\0", b"\1\0", b"\2\0\0"
LOCK, UNLOCK = b"\3\0" + RECENT, b"\3\1" + RECENT
READY, WANT = b"\4\2" + RECENT, b"\4\4" + BUFFER
RELEASED, BELL = b"\4\5" + RING_WORD, b"\4\6" + RECENT
LEASE = b"\10\1\0" + RING_WORD
ARM = b"\10\0" + struct.pack("<HQ", 0x40, 1)
FLOOD = b"\7" + bytes(16) + b"\x1f"
WITH_FDS = b"\5\3\x10" + struct.pack("<QQ", 1, 1)
SHORT = b"\5\0\4" + b"abcd"
SHUT = b"\x09\2"
PROCESS, PUBLISH, FOREIGN, WITHDRAW = b"\0", b"\1\1\0", b"\1\0\2\x14", b"\2\0"
SERVICE, READ, RELEASE, LATER = b"\3\1", b"\4", b"\5", b"\6\xff"
HOST = b"\4"


def script(kind, *steps):
    """Steps of the host are bytes; those of a client are (who, bytes)."""
    flat = [HOST + s if isinstance(s, bytes) else bytes([s[0]]) + s[1] for s in steps]
    return bytes([kind]) + b"".join(flat)


def host():
    for kind, name in enumerate(("plain", "strict", "polled")):
        v2 = [(0, CONNECT), (0, HELLO), PROCESS, (0, RECEIVE), (0, READY), PROCESS]
        yield f"{name}_v2", script(
            kind, *v2, (0, BELL), (0, ARM), PUBLISH, (0, LEASE), FOREIGN, (0, WANT), LATER,
            PROCESS, (0, RELEASED), READ, PROCESS, (0, SHUT), PROCESS)
        v1 = [(1, CONNECT), PROCESS, PUBLISH, (1, RECEIVE)]
        yield f"{name}_v1", script(
            kind, *v1, (1, LOCK), SERVICE, PUBLISH, LATER, (1, UNLOCK), PROCESS, WITHDRAW,
            (1, HELLO), PROCESS, (1, RECEIVE), RELEASE)
        yield f"{name}_rude", script(
            kind, (0, STRANGER), (1, CONNECT), (2, CONNECT), (3, CONNECT), PROCESS, (0, HELLO),
            (0, FLOOD), (1, WITH_FDS), (2, SHORT), PROCESS, (3, HELLO), (3, HELLO), PROCESS,
            LATER, PROCESS, (0, DISCONNECT), (3, LOCK), PROCESS)


def main():
    for generate in (wire_structs, values, layout, host):
        folder = HERE / "corpus" / generate.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed_*"):
            old.unlink()
        for name, content in generate():
            (folder / f"seed_{name}").write_bytes(content)


if __name__ == "__main__":
    main()
