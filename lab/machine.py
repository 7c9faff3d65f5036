# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The lab's virtual machine: starting it, running jobs in it, ending it.

Everything about one machine lies in a directory of the host: `io/` is shared with the machine and
holds a directory a job, `ctl` is the pipe behind its second serial port, `console.log` the kernel's
log. See lab/init for the other side.
"""
import fcntl
import os
import pathlib
import re
import select
import shlex
import shutil
import subprocess
import time

LAB = pathlib.Path(__file__).resolve().parent
BOOT_LIMIT_S = 180  # a boot takes 4 s; a busy machine may take long
GRACE_S = 30        # after its limit a job is ended inside; only then the machine is
POLL_S = 0.01
MEMORY_MIB = 2048
KERNEL_OPTIONS = (
    "console=ttyS0 panic=-1 oops=panic random.trust_cpu=on cma=64M"
    # The kernel waits ten ticks for a sign of the timer and gives up; a busy machine may well keep
    # ours from running for so long.
    " no_timer_check"
    # Nor is it the kernel's bug that a processor stood still while the host ran something else.
    " rcupdate.rcu_cpu_stall_suppress=1 nosoftlockup"
    # Three webcams: one single-planar, one with several planes, one that like most boards needs
    # contiguous memory (allocator 1).
    " vivid.n_devs=3 vivid.multiplanar=1,2,2 vivid.allocators=0,0,1"
)


LAB_FAILED = 125
KERNEL_LINES = 80
# A bug of the kernel that our programs can set off is one that our users will meet.
KERNEL_COMPLAINT = re.compile(r"\b(BUG|WARNING|Oops|INFO): |general protection fault")


class LabError(Exception):
    """The lab itself failed, not the command in it."""


def _cpio_of_init() -> bytes:
    """The first root of the machine: busybox and lab/init."""
    busybox = shutil.which("busybox", path="/bin:/usr/bin:/sbin:/usr/sbin")
    if busybox is None:
        raise LabError("there is no busybox: install the Debian package busybox-static")
    archive = b""
    entries = [("init", 0o100755, (LAB / "init").read_bytes()),
               ("bin", 0o040755, b""),
               ("bin/busybox", 0o100755, pathlib.Path(busybox).read_bytes()),
               ("TRAILER!!!", 0, b"")]
    for inode, (name, mode, content) in enumerate(entries, 1):
        # man 5 cpio, "New ASCII": magic, then 13 numbers of 8 digits
        numbers = [inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % number for number in numbers)
        for part in (head + name.encode() + b"\0", content):
            archive += part + b"\0" * (-len(part) % 4)
    return archive


def build_kernel() -> str:
    build = subprocess.run([LAB / "build_kernel"], stdout=subprocess.PIPE, check=False)
    if build.returncode != 0:
        raise LabError("there is no kernel to run")
    return build.stdout.decode().strip()


class Machine:
    def __init__(self, directory: pathlib.Path, options: list[str] | None = None):
        self.directory = directory
        self.options = options or []
        self.io = directory / "io"
        self.console = directory / "console.log"

    # Starting and ending -------------------------------------------------------------------

    def command(self, out: str | None, shell: str | None) -> list[str]:
        """Makes the directory and says what starts the machine."""
        qemu = shutil.which("qemu-system-x86_64")
        if qemu is None:
            raise LabError("there is no qemu-system-x86_64: install the Debian package "
                           "qemu-system-x86 (make setup)")
        kernel = build_kernel()
        self.io.mkdir(parents=True)
        (self.directory / "initramfs").write_bytes(_cpio_of_init())
        arguments = [
            # It must not outlive us, however we end.
            "setpriv", "--pdeathsig", "KILL", qemu, "-accel", "tcg,thread=multi", "-cpu", "max",
            "-m", str(MEMORY_MIB), "-smp", "2", "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", kernel, "-initrd", str(self.directory / "initramfs")]
        shares = [("host", "/", "on"), ("io", str(self.io), "off")]
        if out is not None:
            (self.io / "out").write_text(out)
            shares.append(("out", out, "off"))
        for tag, path, read_only in shares:
            arguments += ["-fsdev", f"local,id={tag},path={path},security_model=none,"
                          f"readonly={read_only},multidevs=remap",
                          "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
        options = " ".join([KERNEL_OPTIONS, *self.options])
        if shell is not None:
            (self.io / "shell").write_text(shell)
            options += " quiet lab.shell"
            arguments += ["-serial", "mon:stdio"]
        else:
            os.mkfifo(self.directory / "ctl.in")
            os.mkfifo(self.directory / "ctl.out")
            arguments += ["-serial", f"file:{self.console}",
                          "-serial", f"pipe:{self.directory / 'ctl'}"]
        return arguments + ["-append", options]

    def start(self, out: str | None = None) -> subprocess.Popen:
        """Boots it as a child of ours and returns when it takes jobs."""
        command = self.command(out, shell=None)
        with open(self.directory / "qemu.log", "wb") as log:
            qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        (self.directory / "qemu.pid").write_text(str(qemu.pid))
        deadline = time.monotonic() + BOOT_LIMIT_S
        while not (self.io / "ready").exists():
            if qemu.poll() is not None:
                raise LabError(f"the machine ended while it booted\n{self.last_words()}")
            if time.monotonic() > deadline:
                qemu.kill()
                raise LabError(f"it did not boot within {BOOT_LIMIT_S} s\n{self.last_words()}")
            time.sleep(POLL_S)
        return qemu

    def last_words(self, lines: int = 40) -> str:
        """The ends of qemu's own messages and of the kernel's log."""
        words = []
        for name in ("qemu.log", "console.log"):
            path = self.directory / name
            text = path.read_text(errors="replace") if path.exists() else ""
            words += [f"  {name}: {line}" for line in text.splitlines()[-lines:]]
        return "\n".join(words)

    # Jobs ----------------------------------------------------------------------------------

    def run(self, argv: list[str], environment: dict[str, str], limit_s: int) -> int:
        """Runs a command in our working directory, hands its output through; its exit status."""
        try:
            alive = os.pidfd_open(int((self.directory / "qemu.pid").read_text()))
        except (OSError, ValueError) as error:
            raise LabError(f"no machine runs in {self.directory}\n{self.last_words()}") from error
        with open(self.directory / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one job at a time
            return self._run_locked(argv, environment, limit_s, alive)

    def _run_locked(self, argv, environment, limit_s, alive) -> int:
        number = sum(entry.is_dir() for entry in self.io.iterdir()) + 1
        job = self.io / str(number)
        job.mkdir()
        (job / "stdout").touch()
        (job / "stderr").touch()
        (job / "script").write_text(script(argv, environment))
        console_start = self.console.stat().st_size
        (self.directory / "ctl.in").write_text(f"{number} {limit_s}\n")
        deadline = time.monotonic() + limit_s + GRACE_S
        with open(job / "stdout", "rb") as out, open(job / "stderr", "rb") as err:
            while True:
                done = (job / "status").exists()
                dead = not done and _has_ended(alive)
                late = time.monotonic() > deadline
                moved = _forward(out, 1) + _forward(err, 2)
                if done or dead or late:
                    break
                if moved == 0:
                    time.sleep(POLL_S)
        if dead:
            raise LabError(f"the machine died while it ran {argv[0]}\n{self.last_words()}")
        if late:
            raise LabError(f"the machine does not answer; it should have ended {argv[0]} after "
                           f"{limit_s} s\n{self.last_words()}")
        return self._result(job, argv, limit_s, console_start)

    def _result(self, job, argv, limit_s, console_start) -> int:
        """The exit status; after a failure also what the host's user cannot see for himself."""
        status = int((job / "status").read_text())
        if (job / "late").exists():
            status = 124
            processes = (job / "processes").read_text(errors="replace").splitlines()
            user = [line for line in processes if not line.rstrip().endswith("]")]
            say(f"{argv[0]} did not end within {limit_s} s and was killed. Processes then:\n  " +
                "\n  ".join(user))
        with open(self.console, "rb") as console:
            console.seek(console_start)
            kernel = console.read().decode(errors="replace").splitlines()
        complaint = next((line for line in kernel if KERNEL_COMPLAINT.search(line)), None)
        if kernel and (status != 0 or complaint):
            say("the kernel meanwhile said:\n  " + "\n  ".join(kernel[-KERNEL_LINES:]))
        if status == 0 and complaint:
            say(f"{argv[0]} succeeded, but broke something in the kernel: {complaint}")
            return LAB_FAILED
        return status


def say(message: str) -> None:
    os.write(2, f"lab: {message}\n".encode())


def script(argv: list[str], environment: dict[str, str]) -> str:
    lines = [f"cd {shlex.quote(os.getcwd())} || exit 126"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    return "\n".join([*lines, "exec " + shlex.join(argv)])


def _forward(source, to_fd: int) -> int:
    moved = 0
    while piece := source.read(1 << 16):
        moved += len(piece)
        while piece:
            piece = piece[os.write(to_fd, piece):]
    return moved


def _has_ended(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))
