"""How many packets a second a box forwards, beside a box of the same kind without natdeck."""

import fcntl
import mmap
import os
import socket
import struct
import subprocess
import sys
import time

from machines import Machine, Namespace, default_route, enter, here, ip

FLOWS = 256
SERVER = "192.0.2.9"
ROUNDS = 20
ROUND_SECONDS = 0.1
FRAMES = 2048
FRAME_BYTES = 128
# TPACKET_V1: the header's length, and the status of a frame that is to be sent.
HEADER_BYTES, SEND = 32, 1
SOL_PACKET, PACKET_TX_RING = 263, 13
SIOCGIFHWADDR = 0x8927
NAT = "POSTROUTING -s 10.77.0.0/16 -o bout -j MASQUERADE"


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
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, SIOCGIFHWADDR, struct.pack("256s", interface.encode()))[18:24]


def iptables(words):
    """Runs iptables(8) on the nat table of the box."""
    subprocess.run(["iptables", "-t", "nat", *words.split()], check=True)


def picked(sources):
    """The flows: a source and a port each."""
    step = max(len(sources) // FLOWS, 1)
    some = sources[::step][:FLOWS]
    return [(some[n % len(some)], 1024 + n % len(some)) for n in range(FRAMES)]


class Box:
    """A NAT box with a machine behind it that sends as fast as it can, and one before it that drops
    all or answers."""

    def __init__(self):
        """The box in whose namespace this runs."""
        self.namespace = here()
        self.inside = Machine("bin", "10.77.255.254/16")
        self.outside = Machine("bout", "10.99.0.1/24")
        self.outside.run("ip addr add 10.99.0.2/24 dev far")
        # What arrives has cost enough.
        hook = "{ type filter hook ingress device far priority 0; }"
        rules = f"add table netdev sink; add chain netdev sink in {hook};"
        for machine in (self.inside, self.outside):
            machine.run("nft", rules + " add rule netdev sink in ip protocol udp drop")
        self.macs = mac_of("bin"), mac_of("bout")
        self.before = default_route()
        ip("route replace default via 10.99.0.2 dev bout")
        iptables(f"-A {NAT}")

    def close(self):
        iptables(f"-D {NAT}")
        ip(f"route replace {self.before}")
        self.inside.close()
        self.outside.close()
        os.close(self.namespace)

    def flows(self, sources):
        """What these sources send."""
        frames = [frame(self.macs[0], source, port) for source, port in picked(sources)]
        return Line(self, self.inside, frames, "bout")

    def answers(self, sources):
        """What answers them, once they have sent."""
        for source in {source for source, _ in picked(sources)}:
            ip(f"neigh replace {source} lladdr 02:00:00:00:00:02 dev bin nud permanent")
        # Each has a port of its own, which NAT leaves as it is.
        frames = [
            frame(self.macs[1], SERVER, 9, "10.99.0.1", port) for _, port in picked(sources)]
        return Line(self, self.outside, frames, "bin")


class Twin:
    """A box like the one that is measured, on which natdeck never was."""

    def __init__(self):
        """Like the box in whose namespace this runs."""
        self.home = here()
        names = ["net/ipv4/ip_forward", "net/netfilter/nf_conntrack_acct"]
        names += [f"net/ipv4/conf/{name}/rp_filter" for name in ("all", "default")]
        values = {}
        for name in names:
            with open(f"/proc/sys/{name}") as file:
                values[name] = file.read()
        self.holder = Namespace()
        self.box = None
        with self:
            ip("link set lo up")
            ip("route add default dev lo")
            # Rules of others, as the box of the lab has them.
            ip("rule add from 172.31.8.208 lookup 10001 priority 32765")
            for name in ("eth0", "eth1"):
                iptables(f"-A POSTROUTING -s 172.31.0.0/16 -o {name} -j MASQUERADE")
            for name, value in values.items():
                with open(f"/proc/sys/{name}", "w") as file:
                    file.write(value)
            self.box = Box()

    def __enter__(self):
        self.holder.enter()
        return self.box

    def __exit__(self, *_):
        enter(self.home)

    def close(self):
        with self as box:
            box.close()
        self.holder.close()
        os.close(self.home)


class Line:
    """Frames that a machine sends through a box, round after round."""

    def __init__(self, box, machine, frames, output):
        self.box, self.machine, self.frames, self.output = box, machine, frames, output

    def open(self):
        """In the process that is to send."""
        enter(self.box.namespace)
        self.counter = open("/proc/thread-self/net/dev")
        self.machine.enter()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.bind(("far", 0))
        block = 1 << 16
        size = FRAMES * FRAME_BYTES
        request = struct.pack("4I", block, size // block, FRAME_BYTES, FRAMES)
        self.socket.setsockopt(SOL_PACKET, PACKET_TX_RING, request)
        self.ring = mmap.mmap(self.socket.fileno(), size)
        filled = bytearray(size)
        for n, data in enumerate(self.frames):
            head = struct.pack("=QII", SEND, len(data), len(data))
            start = n * FRAME_BYTES
            filled[start : start + len(head)] = head
            filled[start + HEADER_BYTES : start + HEADER_BYTES + len(data)] = data
        self.whole = bytes(filled)

    def forwarded(self):
        """How many packets have left the box."""
        self.counter.seek(0)
        for line in self.counter:
            name, _, numbers = line.partition(":")
            if name.strip() == self.output:
                return int(numbers.split()[9])
        sys.exit(f"forward.py: no interface {self.output}")

    def round(self):
        """Nanoseconds of a packet that leaves the box."""
        before, begin = self.forwarded(), time.perf_counter()
        while time.perf_counter() - begin < ROUND_SECONDS:
            self.ring[:] = self.whole
            self.socket.send(b"")
        took = time.perf_counter() - begin
        return took * 1e9 / max(self.forwarded() - before, 1)


def costs(lines):
    """The nanoseconds of a packet on each of these lines.

    They take turns: a machine is faster in one second than in the next one. The best of several short
    rounds counts."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for line in lines:
                line.open()
            # Whoever else is busy is not what is measured.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            best = [float("inf") for _ in lines]
            for _ in range(ROUNDS):
                for place, line in enumerate(lines):
                    best[place] = min(best[place], line.round())
            os.write(writer, struct.pack(f"{len(best)}d", *best))
        except OSError as failure:
            print(failure, file=sys.stderr)
        finally:
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 8 * len(lines))
    os.close(reader)
    os.waitpid(child, 0)
    if len(told) < 8 * len(lines):
        sys.exit("forward.py: nothing could be sent")
    return struct.unpack(f"{len(lines)}d", told)


def of_flows(box, twin, sources):
    """Nanoseconds of a packet that these sources send, by the box and by its twin."""
    with twin as other:
        subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)
        theirs = other.flows(sources)
    subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)
    return costs([box.flows(sources), theirs])


def of_answers(box, twin, sources):
    """The same of what answers them."""
    of_flows(box, twin, sources)
    with twin as other:
        theirs = other.answers(sources)
    return costs([box.answers(sources), theirs])
