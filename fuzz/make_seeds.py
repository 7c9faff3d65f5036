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


# --- client: an even byte is a step of the host, an odd one of the program -----------------------

def said(*arguments):
    return b"\0" + bytes(arguments)


def did(what, *arguments, lease=0):
    return bytes([1, lease, what, *arguments])


WELCOME = said(1, 0, 0)
BUFFERS = said(2, 2, 0, 0, 1, 0, 1)
ODD_BUFFERS = said(2, 8, *(b for fd in range(8) for b in (fd % 4, 8, 3 + fd)), 1)
REFUSED = said(3, 100, 0)
REFUSED_FOR_EVER = said(3, 0, 0)
KNOWS_NO_HELLO = said(4, 2, 0)
GRANTED = said(4, 0, 1)
EVENT = said(11, 4, 0, 1)
POST = said(12, 1, 0, 0, 0, 0)
RETIRE, FREE = said(7, 0, 1), said(7, 0, 0)
TRY, USE, GIVE_BACK, WAIT = did(0), did(1), did(2), did(4, 50)
AS_C, CANCEL, END, SLEEP = did(5, 20), did(6), did(7), did(3, 50)


def client():
    for kind, options in {"plain": (0, 0x40, 0), "polled": (5, 0x45, 1), "strict": (10, 0xa8, 0)}.items():
        start = bytes(options)
        leased = start + WELCOME + TRY + BUFFERS + POST + TRY + USE
        yield f"{kind}_v2", leased + RETIRE + GIVE_BACK + POST + WAIT + USE + FREE + USE + END + USE
        yield f"{kind}_v2_c", leased + POST + AS_C + USE + SLEEP + TRY + said(10) + TRY + TRY
        yield f"{kind}_odd", start + WELCOME + TRY + ODD_BUFFERS + b"".join(
            said(12, 1, n, n, 0, 0) + TRY + USE for n in range(4)) + said(6) + CANCEL + TRY
        yield f"{kind}_v1", start + KNOWS_NO_HELLO + EVENT + TRY + GRANTED + TRY + USE + GIVE_BACK
        yield f"{kind}_v1_c", start + EVENT + SLEEP + EVENT + GRANTED + AS_C + USE + GRANTED + TRY + USE
        yield f"{kind}_upgrade", start + EVENT + WAIT + WELCOME + WAIT + said(9) + WAIT + said(0) + TRY
        yield f"{kind}_refused", start + REFUSED + TRY + SLEEP + SLEEP + TRY + REFUSED_FOR_EVER + TRY
    wrong = [said(1, 1 << bit, fd, 0) for bit in range(4) for fd in (3, 5, 7, 10)]
    yield "wrong_welcomes", bytes(3) + b"".join(each + TRY + SLEEP + TRY + said(0) for each in wrong[:12])


def hello():
    for name in sorted(GOLDEN.glob("v?_*.hex")):
        yield f"raw_{name.stem}", b"\0\1" + golden(name.stem)
    yield "right", b"\0\0"
    yield "few_leases", b"\1\x08" + struct.pack("<I", 1) + b"\0"
    yield "later_version", b"\1\x02" + struct.pack("<I", 0x00030003) + b"\0"


def ledger():
    steps = [b"\1\1\0", b"\x09\1\0\1\0", b"\1\1\0", b"\3", b"\5\5", b"\1\1\0", b"\0", b"\4", b"\2\0"]
    yield "lease", b"".join(b"\0" + step for step in steps)
    every = [b"\x09\1" + bytes([word]) + b"\1\0" for word in range(8)]
    yield "claims", b"\0\1\1\0" + b"".join(b"\1" + step for step in every) + b"\0\1\1\0" * 8
    yield "tampers", b"".join(bytes([0, 7, how]) for how in range(6)) + b"\0\6\5\0\0\0\0"


def inspector():
    yield "right", b""
    longest_ago = b"\1\7" + struct.pack("<q", -(2**63))
    yield "started", b"\0\1" + longest_ago + b"\0\0"
    yield "json", b"\0\0\1\1"
    name = b"\0" + struct.pack("<H", 0x630) + b"\x1b[2J\xff\xfe\"\n"
    yield "name", b"\1" + name + b"\0\0\0"
    yield "name_json", b"\1" + name + b"\0\0\1"


# Places in the list of formats in src/convert/reference_testing.hpp.
FORMATS = {"BGRA": 2, "RGB3": 20, "GREY": 28, "RG10": 40, "YUYV": 51, "NV12": 56, "P010": 62,
           "I420": 63}


def side(form, width, height, longer=None):
    stride = b"\0" if longer is None else bytes([1, longer])
    return bytes([FORMATS[form], width - 1, 1, height - 1, 1, 1]) + stride + b"\0\0"


def converter():
    whole, no_spoiling = b"\0", b"\0"
    for form in FORMATS:
        yield f"{form}_by_4_and_6", side(form, 32, 48) + side("NV12", 8, 8)
        yield f"{form}_to_rgb", side(form, 33, 17, 5) + side("RGB3", 33, 17)
        yield f"to_{form}", side("NV12", 20, 20) + side(form, 50, 31, 3)
    cut = b"\2" + struct.pack("<4H", 3, 5, 10, 8)
    yield "crop", side("NV12", 40, 30) + side("I420", 21, 9) + b"\1\2" + whole + cut + no_spoiling


def main():
    for generate in (wire_structs, values, layout, host, client, hello, ledger, inspector,
                     converter):
        folder = HERE / "corpus" / generate.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed_*"):
            old.unlink()
        for name, content in generate():
            (folder / f"seed_{name}").write_bytes(content)


if __name__ == "__main__":
    main()
