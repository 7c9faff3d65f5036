# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Wire version 1 by hand: sockets and struct only, nothing of the library.

Layouts are written from docs/spec/wire-v1.md."""
import array
import collections
import os
import select
import socket
import struct
import time

# Only so that a hang ends the test; no test passes by being fast.
PATIENCE_S = 60

CONTROL = struct.Struct("=IIq")
EVENT = struct.Struct("=II6qiIiiqQqiI")
TRY_LOCK, UNLOCK = 0, 1
DONE, EXPIRED, UNKNOWN_REQUEST, TOO_MANY_LOCKS = range(4)

Event = collections.namedtuple("Event", (
    "error padding serial timestamp duration pts dts expires locked fourcc width height paddr "
    "size offset stride padding_end"))


def fourcc(name):
    return int.from_bytes(name.encode(), "little")


def reply(error, locked=0):
    """An answer to a control: every byte without a meaning is 0."""
    return struct.pack("=I52xi44x", error, locked)


UNKNOWN = reply(UNKNOWN_REQUEST)
GRANTED = reply(DONE, locked=1)
UNLOCKED = reply(DONE)


def has_packet(connection, timeout_s=0):
    """Whether a packet, or the end, waits or comes in time."""
    return bool(select.select([connection], [], [], timeout_s)[0])


def receive(connection):
    """One packet and the descriptors that came with it; b"" at the end of the stream."""
    room = socket.CMSG_SPACE(16 * 4)
    data, control, _, _ = connection.recvmsg(4096, room)
    fds = array.array("i")
    for level, kind, payload in control:
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        fds.frombytes(payload)
    return data, list(fds)


def send(connection, data, fds=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    connection.sendmsg([data], rights)


class RawClient:
    """A consumer of release 2.5, seen from the socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.socket.connect(str(path))
            except ConnectionRefusedError:  # the file is there a moment before its host listens
                assert time.monotonic() < deadline
                time.sleep(0.005)

    def ask(self, request, serial, trailer=b"", fds=()):
        send(self.socket, CONTROL.pack(request, 0, serial) + trailer, fds)

    def try_lock(self, serial):
        self.ask(TRY_LOCK, serial)

    def unlock(self, serial):
        self.ask(UNLOCK, serial)

    def next(self):
        return receive(self.socket)

    def frame(self):
        """The next packet, which must be a frame; its descriptor is closed."""
        data, fds = self.next()
        for fd in fds:
            os.close(fd)
        assert (len(data), len(fds)) == (EVENT.size, 1)
        event = Event(*EVENT.unpack(data))
        assert event.serial >= 1
        return event

    def answer(self):
        """The next packet, which must be an answer: 104 bytes without a descriptor."""
        data, fds = self.next()
        assert (len(data), fds) == (EVENT.size, [])
        return data

    def nothing_waits(self):
        return not has_packet(self.socket)

    def ended(self):
        """Whether the host has ended the connection; reads what came before."""
        try:
            while has_packet(self.socket):
                data, fds = self.next()
                for fd in fds:
                    os.close(fd)
                if not data:
                    return True
        except ConnectionResetError:
            return True
        return False

    def close(self):
        self.socket.close()


class RawHost:
    """A producer of release 2.5, seen from the socket; one client at a time."""

    WIDTH, HEIGHT, STRIDE = 64, 32, 128
    SIZE = STRIDE * HEIGHT

    def __init__(self, path):
        self.path = str(path)
        self.listener = self.connection = None
        self.memory = self.new_memory()
        self.listen()

    @classmethod
    def new_memory(cls, fill=0x51):
        fd = os.memfd_create("raw-v1-frame")
        os.write(fd, bytes([fill]) * cls.SIZE)
        return fd

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.settimeout(PATIENCE_S)
        self.listener.bind(self.path)
        self.listener.listen()

    def accept(self):
        """Takes the next client and returns the packet it began with."""
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(PATIENCE_S)
        return self.connection.recv(4096)

    def accept_v1(self):
        """Takes the next client and answers its HELLO as release 2.5 does."""
        self.accept()
        self.send(UNKNOWN)

    def send(self, data, fds=()):
        send(self.connection, data, fds)

    def event(self, serial, **changed):
        fields = dict(error=0, padding=0xA5A5A5A5, serial=serial, timestamp=1000 + serial,
                      duration=33, pts=44, dts=55, expires=0, locked=0, fourcc=fourcc("YUYV"),
                      width=self.WIDTH, height=self.HEIGHT, paddr=-1, size=self.SIZE, offset=0,
                      stride=self.STRIDE, padding_end=0x5A5A5A5A)
        return EVENT.pack(*Event(**{**fields, **changed}))

    def post(self, serial, fds=None, **changed):
        self.send(self.event(serial, **changed), [self.memory] if fds is None else fds)

    def control(self):
        """The next request of the client: (request, serial)."""
        data = self.connection.recv(4096)
        assert len(data) == CONTROL.size, f"{len(data)} bytes instead of a control"
        request, padding, serial = CONTROL.unpack(data)
        assert padding == 0
        return request, serial

    def client_left(self):
        """Whether the client's end is closed; what it asked before is read."""
        try:
            while self.connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
        return True

    def hang_up(self):
        self.connection.close()
        self.connection = None

    def vanish(self):
        for end in (self.connection, self.listener):
            if end is not None:
                end.close()
        self.connection = self.listener = None
        if os.path.exists(self.path):
            os.unlink(self.path)

    def close(self):
        self.vanish()
        os.close(self.memory)
