"""What a packet costs that the box forwards, and what a change costs, however hosts are steered.

By itself, inside the NAT box of a lab: steer.py NATDECK
"""

import contextlib
import mmap
import os
import socket
import statistics
import struct
import subprocess
import sys
import time

from cost import run_time
from machines import Machine, default_route, ip
from table import Table

HOSTS = 10_000
FEW = 100
FLOWS = 256
FILE = "/etc/natdeck/assignments"
SOURCES = [f"10.77.{n // 250}.{n % 250 + 1}" for n in range(HOSTS)]
# Hosts of the same network that nobody assigns.
OTHERS = [f"10.77.{200 + n // 250}.{n % 250 + 1}" for n in range(HOSTS)]
EGRESS, OTHER = "bout", "eth1"
SERVER = "192.0.2.9"
ROUNDS = 20
ROUND_SECONDS = 0.1
FRAMES = 2048
FRAME_BYTES = 128
# TPACKET_V1: the header's length, and the status of a frame that is to be sent.
HEADER_BYTES, SEND = 32, 1
SOL_PACKET, PACKET_TX_RING = 263, 13


def sum_of(header):
    """The checksum of an IPv4 header."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(mac, source, port, to=SERVER, to_port=9):
    """An Ethernet frame of 64 bytes with a UDP packet."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 50, 0, 0, 64, 17, 0)
    ends = socket.inet_aton(source) + socket.inet_aton(to)
    head = head[:10] + struct.pack("!H", sum_of(head + ends)) + ends
    udp = struct.pack("!HHHH", port, to_port, 30, 0)
    return mac + b"\2\0\0\0\0\1" + b"\x08\0" + head + udp + bytes(22)


def mac_of(interface):
    """The bytes of an interface's address."""
    with open(f"/sys/class/net/{interface}/address") as file:
        return bytes.fromhex(file.read().strip().replace(":", ""))


class Sender:
    """A machine behind the box that sends as fast as it can, and one before it that drops all or
    answers."""

    def __init__(self):
        self.inside = Machine("bin", "10.77.255.254/16")
        self.outside = Machine("bout", "10.99.0.1/24")
        self.outside.run("ip addr add 10.99.0.2/24 dev far")
        # What arrives has cost enough.
        hook = "{ type filter hook ingress device far priority 0; }"
        rules = f"add table netdev sink; add chain netdev sink in {hook};"
        for machine in (self.inside, self.outside):
            machine.run("nft", rules + " add rule netdev sink in ip protocol udp drop")
        self.before = default_route()
        ip("route replace default via 10.99.0.2 dev bout")

    def close(self):
        ip(f"route replace {self.before}")
        for machine in (self.inside, self.outside):
            machine.close()

    @staticmethod
    def picked(sources):
        """The flows: a source and a port each."""
        step = max(len(sources) // FLOWS, 1)
        picked = sources[::step][:FLOWS]
        return [(picked[n % len(picked)], 1024 + n % len(picked)) for n in range(FRAMES)]

    def best(self, sources):
        """The most packets in a second that the box forwards, in thousands."""
        subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)
        flows = self.picked(sources)
        mac = mac_of("bin")
        frames = [frame(mac, source, port) for source, port in flows]
        return self.rate(self.inside, frames, "bout")

    def best_of_answers(self, sources):
        """The same of what answers them."""
        self.best(sources)
        flows = self.picked(sources)
        for source in {source for source, _ in flows}:
            ip(f"neigh replace {source} lladdr 02:00:00:00:00:02 dev bin nud permanent")
        mac = mac_of("bout")
        # Each has a port of its own, which NAT leaves as it is.
        frames = [frame(mac, SERVER, 9, "10.99.0.1", port) for _, port in flows]
        return self.rate(self.outside, frames, "bin")

    def rate(self, machine, frames, output):
        """The most of these frames in a second that leave the box."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, struct.pack("d", self.send(machine, frames, output)))
            except OSError as failure:
                print(failure, file=sys.stderr)
            finally:
                os._exit(0)
        os.close(writer)
        told = os.read(reader, 8)
        os.close(reader)
        os.waitpid(child, 0)
        if len(told) < 8:
            sys.exit("steer.py: nothing could be sent")
        return struct.unpack("d", told)[0] / 1e3

    def send(self, machine, frames, output):
        """Sends all of them in turn; gives the best of several short rounds."""
        counter = open(f"/sys/class/net/{output}/statistics/tx_packets")

        def forwarded():
            counter.seek(0)
            return int(counter.read())

        machine.enter()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as line:
            line.bind(("far", 0))
            block = 1 << 16
            size = FRAMES * FRAME_BYTES
            request = struct.pack("4I", block, size // block, FRAME_BYTES, FRAMES)
            line.setsockopt(SOL_PACKET, PACKET_TX_RING, request)
            ring = mmap.mmap(line.fileno(), size)
            filled = bytearray(size)
            for n, data in enumerate(frames):
                head = struct.pack("=QII", SEND, len(data), len(data))
                start = n * FRAME_BYTES
                filled[start : start + len(head)] = head
                filled[start + HEADER_BYTES : start + HEADER_BYTES + len(data)] = data
            whole = bytes(filled)
            rates = []
            # Whoever else is busy is not what is measured.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            for _ in range(ROUNDS):
                before, begin = forwarded(), time.perf_counter()
                while time.perf_counter() - begin < ROUND_SECONDS:
                    ring[:] = whole
                    line.send(b"")
                rates.append((forwarded() - before) / (time.perf_counter() - begin))
            return max(rates)


def keep(assignments):
    """Writes the file of assignments."""
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    with open(FILE, "w") as file:
        file.writelines(f"{source} {egress}\n" for source, egress in assignments)


@contextlib.contextmanager
def taken_back(natdeck):
    """Whatever happens, nothing of natdeck is left."""
    try:
        yield
    finally:
        keep([])
        remove = [natdeck, "setup", "--remove", "--yes", "--yes-move-others"]
        subprocess.run(remove, stdout=subprocess.DEVNULL)
        with contextlib.suppress(FileNotFoundError):
            os.remove(FILE)


def one_time(natdeck, verb):
    """The median of the seconds in which one host more is assigned, moved or released."""
    names = [f"10.77.250.{n + 1}" for n in range(5)]
    words = {"assign": [EGRESS], "move": [OTHER], "release": []}[verb]
    verb = "assign" if verb == "move" else verb
    return statistics.median(
        run_time([natdeck, verb, name, *words, "--yes"]) for name in names)


def changes(table, natdeck, apply):
    """What it takes to assign, move and release ten thousand hosts, and one beside them."""
    for verb, egress in (("assigned", EGRESS), ("moved", OTHER)):
        keep((source, egress) for source in SOURCES)
        table.bound(f"{HOSTS} hosts {verb} by the map", run_time(apply) * 1e3, "ms", 1000)
    for verb in ("assign", "move", "release"):
        figure = f"{verb} --yes beside {HOSTS} in the map"
        table.bound(figure, one_time(natdeck, verb) * 1e3, "ms", 50)
    steer = [natdeck, "setup", "--source", "10.77.0.0/16", "--yes", "--steering"]
    table.bound(f"{HOSTS} hosts from the map to rules", run_time([*steer, "rules"]) * 1e3, "ms", None)
    table.bound(f"{HOSTS} hosts from rules to the map", run_time([*steer, "map"]) * 1e3, "ms", None)
    keep([])
    table.bound(f"{HOSTS} hosts released by the map", run_time(apply) * 1e3, "ms", 1000)


def measure(table, natdeck):
    """Adds the figures to a table; the box is as it was before when it returns."""
    apply = [natdeck, "apply", "--yes", "--yes-move-others"]
    setup = [natdeck, "setup", "--source", "10.77.0.0/16", "--yes"]
    sender = Sender()
    nat = "POSTROUTING -s 10.77.0.0/16 -o bout -j MASQUERADE".split()
    subprocess.run(["iptables", "-t", "nat", "-A", *nat], check=True)

    def cost(figure, sources, limit, against=None):
        """Nanoseconds of a packet as the box is, beside those without natdeck."""
        rate = sender.best(sources)
        table.compare(figure, 1e6 / rate, 1e6 / (against or none), "ns", limit)
        return rate

    def cost_of_answers(sources):
        rate = sender.best_of_answers(sources)
        table.compare("  an answer : no natdeck", 1e6 / rate, 1e6 / none_answers, "ns", None)

    try:
        none = max(sender.best(SOURCES) for _ in range(3))
        none_answers = max(sender.best_of_answers(SOURCES) for _ in range(3))
        with taken_back(natdeck):
            run_time(setup)
            keep([("10.77.0.0/17", EGRESS)])
            run_time(apply)
            marked = sender.best(SOURCES)
            table.compare("a packet, one rule : no natdeck", 1e6 / marked, 1e6 / none, "ns", None)
            subprocess.run("nft delete table ip natdeck".split(), check=True)
            bare = sender.best(SOURCES)
            table.compare("  with the nft table : without", 1e6 / marked, 1e6 / bare, "ns", 1 / 0.97)
        with taken_back(natdeck):
            run_time(setup)
            keep((source, EGRESS) for source in SOURCES[:FEW])
            run_time(apply)
            cost(f"a packet, {FEW} host rules : no natdeck", SOURCES[:FEW], 1 / 0.8)
            cost_of_answers(SOURCES[:FEW])
            cost("  of a host beside them", OTHERS, None)
            keep((source, EGRESS) for source in SOURCES)
            run_time(apply)
            cost(f"a packet, {HOSTS} host rules : no natdeck", SOURCES, None)
            cost_of_answers(SOURCES)
            cost("  of a host beside them", OTHERS, None)
        none = max(none, sender.best(SOURCES))
        with taken_back(natdeck):
            run_time([*setup, "--steering", "map"])
            keep((source, EGRESS) for source in SOURCES)
            run_time(apply)
            cost(f"a packet, {HOSTS} hosts in the map : no natdeck", SOURCES, 1 / 0.95)
            cost_of_answers(SOURCES)
            cost("  of a host beside them", OTHERS, None)
            changes(table, natdeck, apply)
    finally:
        subprocess.run(["iptables", "-t", "nat", "-D", *nat], check=True)
        sender.close()


if __name__ == "__main__":
    figures = Table()
    measure(figures, sys.argv[1])
    figures.print()
