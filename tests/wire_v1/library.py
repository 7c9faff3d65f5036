# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The library under test in a process of its own, told what to do line by line.

Run as a program it loads VIDEOSTREAM_LIB; imported it starts that program."""
import ctypes
import json
import os
import resource
import select
import subprocess
import sys
import time


class Failed(Exception):
    """A call that failed in the child, with its errno."""

    def __init__(self, number, message):
        super().__init__(f"{os.strerror(number)}: {message}")
        self.errno = number


class Child:
    """A process with one host or one client in it."""

    def __init__(self, role, path, **options):
        self.running = subprocess.Popen([sys.executable, "-B", __file__, role],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.begin("open", str(path), **options)
        self.result()

    def begin(self, name, *arguments, **named):
        """Starts a call; result() waits for its end."""
        self.running.stdin.write(json.dumps([name, arguments, named]) + "\n")
        self.running.stdin.flush()

    def is_done(self):
        return bool(select.select([self.running.stdout], [], [], 0)[0])

    def result(self):
        line = self.running.stdout.readline()
        assert line, f"the library's process ended with {self.running.wait()}"
        answer = json.loads(line)
        if "errno" in answer:
            raise Failed(answer["errno"], answer["message"])
        return answer["value"]

    def __getattr__(self, name):
        def call(*arguments, **named):
            self.begin(name, *arguments, **named)
            return self.result()

        return call

    def fds(self):
        return len(os.listdir(f"/proc/{self.running.pid}/fd"))

    def mappings(self, name):
        with open(f"/proc/{self.running.pid}/maps", encoding="ascii") as maps:
            return sum(name in line for line in maps)

    def close(self):
        """Ends it; whether it came through without a crash."""
        self.running.stdin.close()
        code = self.running.wait()
        self.running.stdout.close()
        return code == 0


class Library:
    """Calls by name; a NULL or -1 becomes Failed."""

    POINTERS = {"vsl_host_init", "vsl_client_init", "vsl_frame_init", "vsl_frame_wait",
                "vsl_frame_mmap"}
    LONGS = {f"vsl_frame_{name}" for name in
             ("serial", "timestamp", "duration", "pts", "dts", "expires", "plane_offset", "paddr")}

    def __init__(self):
        self.library = ctypes.CDLL(os.environ["VIDEOSTREAM_LIB"], use_errno=True)
        self.library.vsl_last_error.restype = ctypes.c_char_p

    def raw(self, name, *arguments):
        function = getattr(self.library, name)
        function.restype = (ctypes.c_void_p if name in self.POINTERS else
                            ctypes.c_int64 if name in self.LONGS else ctypes.c_int)
        return function(*arguments)

    def call(self, name, *arguments):
        ctypes.set_errno(0)
        value = self.raw(name, *arguments)
        if (value is None) if name in self.POINTERS else (value == -1):
            message = self.library.vsl_last_error() or b""
            raise Failed(ctypes.get_errno(), message.decode())
        return value

    def fields(self, frame):
        names = sorted(name for name in self.LONGS if name.count("_") == 2)
        names.remove("vsl_frame_paddr")
        names += ["vsl_frame_width", "vsl_frame_height", "vsl_frame_stride", "vsl_frame_size",
                  "vsl_frame_fourcc"]
        return {name[len("vsl_frame_"):]: self.raw(name, frame) for name in names}


class Host(Library):
    def __init__(self):
        super().__init__()
        self.host, self.serials, self.freed_serials = None, {}, []
        self.cleanup = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._freed)

    def _freed(self, frame):
        self.freed_serials.append(self.serials.pop(frame, None))

    def open(self, path):
        self.host = ctypes.c_void_p(self.call("vsl_host_init", path.encode()))

    def post(self, width=64, height=32, fourcc="YUYV", fill=0, expires=0, duration=0, pts=0, dts=0,
             attach=None):
        """Posts a new frame. `attach`: [bytes, offset] of its picture in memory of our own."""
        code = int.from_bytes(fourcc.encode(), "little")
        frame = self.call("vsl_frame_init", width, height, 0, code, None, self.cleanup)
        pointer = ctypes.c_void_p(frame)
        if attach:
            memory = os.memfd_create("attached")
            os.ftruncate(memory, sum(attach))
            self.call("vsl_frame_attach", pointer, memory, *map(ctypes.c_size_t, attach))
            os.close(memory)
        else:
            self.call("vsl_frame_alloc", pointer, None)
        size = ctypes.c_size_t()
        ctypes.memset(self.call("vsl_frame_mmap", pointer, ctypes.byref(size)), fill, size.value)
        times = map(ctypes.c_int64, (expires, duration, pts, dts))
        self.call("vsl_host_post", self.host, pointer, *times)
        fields = self.fields(pointer)
        self.serials[frame] = fields["serial"]
        return fields

    def process(self, times=1):
        for _ in range(times):
            self.call("vsl_host_process", self.host)

    def freed(self):
        return self.freed_serials

    def clients(self):
        count = ctypes.c_size_t()
        self.call("vsl_host_sockets", self.host, ctypes.c_size_t(0), None, ctypes.byref(count))
        return count.value - 1  # without the listener

    def release(self):
        self.raw("vsl_host_release", self.host)


class Client(Library):
    def __init__(self):
        super().__init__()
        self.client, self.frames = None, {}

    def open(self, path, reconnect=False, timeout_s=60.0):
        self.client = ctypes.c_void_p(self.call("vsl_client_init", path.encode(), None, reconnect))
        self.set_timeout(timeout_s)

    def set_timeout(self, seconds):
        self.library.vsl_client_set_timeout.restype = None
        self.library.vsl_client_set_timeout(self.client, ctypes.c_float(seconds))

    def wait(self, until=0):
        frame = ctypes.c_void_p(self.call("vsl_frame_wait", self.client, ctypes.c_int64(until)))
        fields = self.fields(frame)
        self.frames[fields["serial"]] = frame
        return fields

    def pixel(self, serial):
        """The last byte of the picture."""
        size = ctypes.c_size_t()
        data = self.call("vsl_frame_mmap", self.frames[serial], ctypes.byref(size))
        return ctypes.string_at(data + size.value - 1, 1)[0] if size.value else None

    def try_lock(self, serial):
        return self.call("vsl_frame_trylock", self.frames[serial])

    def unlock(self, serial):
        return self.call("vsl_frame_unlock", self.frames[serial])

    def drop(self, serial):
        self.raw("vsl_frame_release", self.frames.pop(serial))

    def valid(self, serial):
        return self.raw("vsl_frame_valid", self.frames[serial])

    def handle(self, serial):
        return self.raw("vsl_frame_handle", self.frames[serial])

    def receive(self, count):
        """Waits for `count` frames, reads a pixel of each and gives it back; their serials."""
        serials = []
        for _ in range(count):
            serials.append(self.wait()["serial"])
            self.pixel(serials[-1])
            self.drop(serials[-1])
        return serials

    def receive_until(self, pts):
        """Looks at whatever comes until the frame with this pts."""
        seen = 0
        while True:
            fields = self.wait()
            try:
                self.pixel(fields["serial"])
            except Failed:
                pass  # a frame that lies about its memory
            self.drop(fields["serial"])
            seen += 1
            if fields["pts"] == pts:
                return seen

    def cpu_share_of_a_wait(self, seconds):
        """CPU time per time while no frame comes."""
        self.set_timeout(seconds)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        begin, cpu = time.monotonic(), usage.ru_utime + usage.ru_stime
        try:
            self.wait()
        except Failed:
            pass
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return (usage.ru_utime + usage.ru_stime - cpu) / (time.monotonic() - begin)

    def stats(self):
        class Stats(ctypes.Structure):
            _fields_ = [("size", ctypes.c_size_t)] + [
                (name, ctypes.c_uint64) for name in
                ("delivered skipped lapped gone no_lease unknown_buffer reconnects fds_received "
                 "maps epoch").split()] + [("wire_version", ctypes.c_uint32),
                                           ("reserved", ctypes.c_uint32)]

        stats = Stats(size=ctypes.sizeof(Stats))
        self.call("vsl_client_stats", self.client, ctypes.byref(stats))
        return {name: getattr(stats, name) for name, _ in Stats._fields_}


def serve(target):
    for line in sys.stdin:
        name, arguments, named = json.loads(line)
        try:
            answer = {"value": getattr(target, name)(*arguments, **named)}
        except Failed as failed:
            answer = {"errno": failed.errno, "message": str(failed)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve({"host": Host, "client": Client}[sys.argv[1]]())
