"""What a program costs: time, CPU of all its processes, resident memory."""

import contextlib
import fcntl
import os
import random
import re
import select
import selectors
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
import uuid

SCREEN = struct.pack("HHHH", 40, 120, 0, 0)
WARM_UP_SECONDS = 3
IDLE_ROUNDS = 3
KEYS = 300


def run_time(argv):
    """Seconds from before a program is started until after it has ended; its output is dropped."""
    drop = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    begin = time.perf_counter()
    process = os.posix_spawnp(argv[0], argv, os.environ, file_actions=drop)
    _, status = os.waitpid(process, 0)
    end = time.perf_counter()
    if status:
        sys.exit(f"{' '.join(argv)}: ended with status {os.waitstatus_to_exitcode(status)}")
    return end - begin


def start_on_terminal(argv):
    """Starts a program on a terminal of its own; gives its process and the terminal's other end."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, SCREEN)
    name = os.ttyname(slave)
    # A session leader's first terminal becomes the one that controls it.
    opened = [(os.POSIX_SPAWN_OPEN, n, name, os.O_RDWR, 0) for n in range(3)]
    process = os.posix_spawnp(argv[0], argv, os.environ, file_actions=opened, setsid=True)
    os.close(slave)
    return process, master


def end(process, master):
    """Ends a program as a closed window does, and waits for it."""
    os.kill(process, signal.SIGTERM)
    for _ in range(200):
        if os.waitpid(process, os.WNOHANG)[0]:
            break
        time.sleep(0.01)
    else:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    os.close(master)


def first_paint(argv, mark):
    """Seconds until the terminal has received `mark`, which the first frame holds."""
    begin = time.perf_counter()
    process, master = start_on_terminal(argv)
    received = b""
    try:
        while mark not in received:
            received += os.read(master, 65536)
        return time.perf_counter() - begin
    except OSError:
        sys.exit(f"{' '.join(argv)}: ended before it drew anything")
    finally:
        end(process, master)


def resident(process):
    """VmRSS of a process, in kB."""
    with open(f"/proc/{process}/status") as figures:
        for line in figures:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


class Keyboard:
    """A program on a terminal, at which keys are pressed."""

    def __init__(self, argv):
        self.argv = argv

    def __enter__(self):
        self.process, self.master = start_on_terminal(self.argv)
        return self

    def __exit__(self, *_):
        end(self.process, self.master)

    def wait(self, mark, seconds=20):
        """Seconds until the terminal has received what this pattern matches."""
        begin = time.perf_counter()
        received = b""
        while not re.search(mark, received):
            left = begin + seconds - time.perf_counter()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                sys.exit(f"{' '.join(self.argv)}: {mark} did not come: {received[-500:]}")
            received += os.read(self.master, 65536)
        return time.perf_counter() - begin

    def idle(self, seconds):
        """Reads what is drawn for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                os.read(self.master, 65536)

    def answer(self, key, mark):
        """Seconds from a key until the terminal has received what the key brings."""
        self.idle(0)
        os.write(self.master, key)
        return self.wait(mark)

    def resident_kilobytes(self):
        """VmRSS of the program."""
        return resident(self.process)


class Meter:
    """Counts the CPU time of a process and of all it starts, to the microsecond.

    Source: `cpu.stat` of a control group of its own, which every version 2 hierarchy has. The
    figures of /proc are rounded to ticks, and count children only once they were waited for.
    """

    hierarchy = None

    def __init__(self):
        self.path = f"{Meter.hierarchy}/natdeck-bench-{uuid.uuid4().hex[:8]}"
        os.mkdir(self.path)

    @classmethod
    @contextlib.contextmanager
    def mounted(cls):
        """Mounts the hierarchy, which the box's own /sys hides, for as long as meters are used."""
        with tempfile.TemporaryDirectory() as cls.hierarchy:
            subprocess.run(["mount", "-t", "cgroup2", "none", cls.hierarchy], check=True)
            try:
                cls().close()
                yield
            finally:
                subprocess.run(["umount", cls.hierarchy], check=True)

    def add(self, process):
        """Counts this process from now on."""
        with open(f"{self.path}/cgroup.procs", "w") as processes:
            processes.write(str(process))

    def cpu_seconds(self):
        """What all of them have used so far."""
        with open(f"{self.path}/cpu.stat") as figures:
            return int(dict(line.split() for line in figures)["usage_usec"]) / 1e6

    def close(self):
        """Forgets the group; a program that is just ending may hold it a moment longer."""
        for _ in range(100):
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.02)


class Terminals:
    """Programs that run side by side, each on a terminal that somebody reads."""

    def __init__(self, programs):
        self.programs = programs

    def __enter__(self):
        self.running = {}
        self.received = {}
        self.selector = selectors.DefaultSelector()
        for name, argv in self.programs.items():
            meter = Meter()
            process, master = start_on_terminal(argv)
            meter.add(process)
            self.running[name] = (process, master, meter)
            self.received[name] = 0
            self.selector.register(master, selectors.EVENT_READ, name)
        return self

    def __exit__(self, *_):
        for process, master, meter in self.running.values():
            end(process, master)
            meter.close()

    def watch(self, seconds):
        """Reads what they draw for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                try:
                    self.received[key.data] += len(os.read(key.fd, 65536))
                except OSError:
                    sys.exit(f"{key.data}: ended by itself")

    def cpu_seconds(self):
        """CPU time of each with all it started, so far."""
        return {name: meter.cpu_seconds() for name, (_, _, meter) in self.running.items()}

    def bytes_drawn(self):
        """Bytes that each has sent to its terminal, so far."""
        return dict(self.received)

    def resident_kilobytes(self):
        """VmRSS of each program itself, without what it starts."""
        return {name: resident(process) for name, (process, _, _) in self.running.items()}


def key_to_paint(keyboard):
    """The 99th percentile of the seconds from a key to what it brings, at random moments."""
    times = []
    for number in range(KEYS):
        keyboard.idle(random.uniform(0.02, 0.12))
        key, mark = (b"4", rb"\[4 NAT") if number % 2 == 0 else (b"1", rb"\[1 Over")
        times.append(keyboard.answer(key, mark))
    return statistics.quantiles(times, n=100)[98]


def idle(programs, seconds):
    """CPU seconds, resident kB and bytes drawn of each program, all side by side on terminals."""
    costs = {name: [] for name in programs}
    for _ in range(IDLE_ROUNDS):
        with Terminals(programs) as terminals:
            terminals.watch(WARM_UP_SECONDS)
            before, drawn_before = terminals.cpu_seconds(), terminals.bytes_drawn()
            terminals.watch(seconds)
            after, drawn = terminals.cpu_seconds(), terminals.bytes_drawn()
            resident = terminals.resident_kilobytes()
        for name in programs:
            costs[name].append(
                (after[name] - before[name], resident[name], drawn[name] - drawn_before[name])
            )
    return {
        name: tuple(statistics.median(side) for side in zip(*rounds))
        for name, rounds in costs.items()
    }
