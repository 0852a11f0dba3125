"""How many of a thousand connections and two hundred UDP flows end by what natdeck does.

By itself, inside the NAT box of a lab: kept.py NATDECK
NATDECK_BEFORE names an older natdeck, from which the box is upgraded.
"""

import contextlib
import os
import queue
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from cost import run_time
from machines import Machine, default_route, ip
from steer import FILE, keep, taken_back
from table import Table

NETWORK = "10.78.0.0/16"
# The first are assigned one by one, the others as one network.
ONES = [f"10.78.0.{n + 1}" for n in range(10)]
OTHERS = [f"10.78.1.{n + 1}" for n in range(10)]
OTHER_NETWORK = "10.78.1.0/24"
EGRESSES = ["kone", "ktwo"]
SERVER, PORT = "192.0.2.9", 7000
CONNECTIONS, DATAGRAMS = 1000, 200
SIZE = f"{CONNECTIONS} TCP, {DATAGRAMS} UDP"
PERIOD_SECONDS, TICK_SECONDS = 0.5, 0.01
# A flow without an answer for so long has ended, and that is known a while later.
PATIENCE_SECONDS = 3
KNOWN_SECONDS = PATIENCE_SECONDS + 3 * PERIOD_SECONDS
# A guard has looked at everything by then.
SETTLE_SECONDS = 2
QUESTION_BYTES, ANSWER_BYTES = 8, 48


class Outside(threading.Thread):
    """A machine before the box that tells each who asks it by which machine and as whom it is seen."""

    def __init__(self, egress, number):
        super().__init__(daemon=True)
        self.egress = egress
        self.own = f"10.99.{number}.1"
        self.machine = Machine(egress, f"{self.own}/24")
        self.machine.run(f"ip addr add 10.99.{number}.2/24 dev far")
        self.machine.run(f"ip addr add {SERVER}/32 dev lo")
        # Whatever is sent by another address than that of the interface.
        self.machine.run(
            "nft",
            "add table ip watch; add chain ip watch in { type filter hook prerouting priority -300; };"
            f" add rule ip watch in iifname far ip saddr != {self.own} counter")
        self.is_up = threading.Event()
        self.start()
        self.is_up.wait()

    def strangers(self):
        """How many packets have come with an address that is not the interface's."""
        words = self.machine.run("nft list chain ip watch in").split()
        return int(words[words.index("packets") + 1])

    def answer(self, address):
        return f"{self.egress} {address[0]}:{address[1]}".ljust(ANSWER_BYTES).encode()

    def run(self):
        self.machine.enter()
        door = socket.create_server((SERVER, PORT), backlog=CONNECTIONS)
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind((SERVER, PORT))
        ready = select.epoll()
        for one in (door, datagrams):
            one.setblocking(False)
            ready.register(one, select.EPOLLIN)
        open_ones = {}
        self.is_up.set()
        while True:
            for number, _ in ready.poll():
                # Who comes with an address of another network is counted, and not answered.
                with contextlib.suppress(OSError):
                    if number == door.fileno():
                        one, address = door.accept()
                        one.setblocking(False)
                        open_ones[one.fileno()] = (one, self.answer(address))
                        ready.register(one, select.EPOLLIN)
                    elif number == datagrams.fileno():
                        _, address = datagrams.recvfrom(QUESTION_BYTES)
                        datagrams.sendto(self.answer(address), address)
                    else:
                        one, answer = open_ones[number]
                        try:
                            asked = len(one.recv(4096)) // QUESTION_BYTES
                            one.sendall(answer * asked)
                        except OSError:
                            asked = 0
                        if not asked:
                            del open_ones[number]
                            one.close()


class Flow:
    """A connection or a UDP flow of one host."""

    def __init__(self, host, kind):
        self.host, self.kind = host, kind
        self.socket = None
        # When it asked what is not answered yet, and when it was answered last.
        self.asked, self.answered = None, 0
        # By which machine and as whom it was seen first; it has ended where it is another one.
        self.seen = None
        self.rest = b""

    def begin(self):
        self.socket = socket.socket(socket.AF_INET, self.kind)
        # What ends is not asked for once more by the kernel.
        at_once = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.socket.bind((self.host, 0))
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((SERVER, PORT))
        self.socket.setblocking(False)
        self.seen, self.asked, self.rest = None, None, b""

    def ask(self, now):
        """Asks, and tells whether it goes on."""
        if self.asked is not None:
            if now - self.asked > PATIENCE_SECONDS:
                return False
            if self.kind == socket.SOCK_STREAM:
                return True
        try:
            self.socket.send(bytes(QUESTION_BYTES))
        except OSError:
            return False
        if self.asked is None:
            self.asked = now
        return True

    def hear(self, now):
        """Takes what was answered, and tells whether it goes on."""
        try:
            told = self.socket.recv(4096)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.rest += told
        while len(self.rest) >= ANSWER_BYTES:
            seen, self.rest = self.rest[:ANSWER_BYTES], self.rest[ANSWER_BYTES:]
            self.seen = self.seen or seen
            if seen != self.seen:
                return False
            self.asked, self.answered = None, now
        return bool(told)

    def end(self):
        self.socket.close()
        self.socket = None

    @property
    def egress(self):
        """The machine by which it was seen."""
        return self.seen.split()[0].decode()


class Traffic(threading.Thread):
    """The hosts behind the box, on one machine, with flows that ask all the time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.machine = Machine("kin", "10.78.255.254/16")
        self.machine.run("ip link set lo up")
        for host in ONES + OTHERS:
            self.machine.run(f"ip addr add {host}/16 dev far")
        self.machine.run("ip route add default via 10.78.255.254")
        hosts = ONES + OTHERS
        self.flows = [
            Flow(hosts[n % len(hosts)], kind)
            for kind, count in (
                (socket.SOCK_STREAM, CONNECTIONS), (socket.SOCK_DGRAM, DATAGRAMS))
            for n in range(count)
        ]
        self.by_number = {}
        self.orders = queue.SimpleQueue()
        self.start()

    def run(self):
        self.machine.enter()
        self.ready = select.epoll()
        ticks = round(PERIOD_SECONDS / TICK_SECONDS)
        turn = 0
        while True:
            while not self.orders.empty():
                deed, done = self.orders.get()
                done.put(deed())
            now = time.monotonic()
            for flow in self.flows[turn % ticks::ticks]:
                if flow.socket and not flow.ask(now):
                    self.drop(flow)
            turn += 1
            while (left := now + TICK_SECONDS - time.monotonic()) > 0:
                for number, _ in self.ready.poll(left):
                    flow = self.by_number.get(number)
                    if flow and not flow.hear(time.monotonic()):
                        self.drop(flow)

    def drop(self, flow):
        del self.by_number[flow.socket.fileno()]
        flow.end()

    def order(self, deed):
        """Has the thread of the hosts do something; gives what that gives."""
        done = queue.SimpleQueue()
        self.orders.put((deed, done))
        return done.get()

    def anew(self, hosts=()):
        """Begins what has ended, and all flows of these hosts once more."""

        def begin():
            for flow in self.flows:
                if flow.socket and flow.host in hosts:
                    self.drop(flow)
                if flow.socket:
                    continue
                try:
                    flow.begin()
                except OSError as failure:
                    return f"{flow.host}: {failure}"
                self.by_number[flow.socket.fileno()] = flow
                self.ready.register(flow.socket, select.EPOLLIN)
            return None

        failure = self.order(begin)
        until = time.monotonic() + PATIENCE_SECONDS
        while not failure and not all(flow.seen for flow in self.flows):
            if time.monotonic() > until:
                failure = "a flow got no answer"
            time.sleep(TICK_SECONDS)
        if failure:
            sys.exit(f"kept.py: {failure}")

    def stop(self):
        """Ends all flows, and what the box knows of them."""

        def stop():
            for flow in self.flows:
                if flow.socket:
                    self.drop(flow)

        self.order(stop)
        time.sleep(TICK_SECONDS)
        subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)

    def ended(self, hosts=None):
        """How many flows have ended, of these hosts or of all."""
        return sum(
            flow.socket is None for flow in self.flows if hosts is None or flow.host in hosts)

    def misled(self, egresses):
        """How many flows go by another egress than that of their host."""
        return sum(flow.egress != egresses[flow.host] for flow in self.flows)


class Trial:
    """A box with two egresses and hosts whose flows go on all the time, and the figures of it."""

    def __init__(self, table, natdeck):
        self.table, self.natdeck = table, natdeck
        self.outsides = [Outside(egress, n + 1) for n, egress in enumerate(EGRESSES)]
        self.traffic = Traffic()
        self.before = default_route()
        ip("route replace default via 10.99.1.2 dev kone")
        ip("route add default via 10.99.2.2 dev ktwo metric 500")
        self.nat("-A")

    @staticmethod
    def nat(verb):
        for egress in EGRESSES:
            words = f"POSTROUTING -s {NETWORK} -o {egress} -j MASQUERADE".split()
            subprocess.run(["iptables", "-t", "nat", verb, *words], check=True)

    def close(self):
        self.nat("-D")
        ip(f"route replace {self.before}")
        for machine in [self.traffic.machine, *(one.machine for one in self.outsides)]:
            machine.close()

    def strangers(self):
        return sum(outside.strangers() for outside in self.outsides)

    def event(self, figure, deed):
        """Counts the flows that end while something is done, and a while after it."""
        self.traffic.anew()
        deed()
        time.sleep(KNOWN_SECONDS)
        self.table.bound(f"  lost: {figure}", self.traffic.ended(), "flows", 0)

    def apply(self, ones, others, natdeck=None):
        """Has the hosts leave by these egresses; gives what each leaves by."""
        keep([*((host, ones) for host in ONES), (OTHER_NETWORK, others)])
        run_time([natdeck or self.natdeck, "apply", "--yes"])
        return {**dict.fromkeys(ONES, ones), **dict.fromkeys(OTHERS, others)}

    def steer(self, method, natdeck=None):
        words = ["setup", "--source", NETWORK, "--yes", "--steering", method]
        run_time([natdeck or self.natdeck, *words])

    @contextlib.contextmanager
    def guarded(self, natdeck=None):
        """A guard keeps the box meanwhile; called, it ends by that signal and another one comes."""
        running = []

        def start(natdeck):
            words = [natdeck or self.natdeck, "guard"]
            running.append(subprocess.Popen(words, stdout=subprocess.DEVNULL))
            time.sleep(SETTLE_SECONDS)

        def again(by, natdeck=None):
            end(by)
            start(natdeck)

        def end(by):
            running[-1].send_signal(by)
            running[-1].wait()

        start(natdeck)
        try:
            yield again
        finally:
            end(signal.SIGTERM)

    def measure(self, method):
        """All that happens to a box that steers so."""
        one, two = EGRESSES
        other = {"map": "rules", "rules": "map"}[method]
        strangers = self.strangers()
        self.traffic.anew(ONES + OTHERS)
        with taken_back(self.natdeck):
            self.steer(method)
            self.event("the first assignment of all", lambda: self.apply(one, two))
            self.traffic.anew(OTHERS)
            misled = self.traffic.misled(self.apply(one, two))
            self.event("a move of all", lambda: self.apply(two, one))
            self.event("the move back", lambda: self.apply(one, two))
            self.event(f"to the method {other}", lambda: self.steer(other))
            self.event("the method back", lambda: self.steer(method))
            with self.guarded() as again:
                self.event("a guard restarted", lambda: again(signal.SIGTERM))
                self.event("a guard killed and started", lambda: again(signal.SIGKILL))
                self.event("a move beside it", lambda: self.apply(two, one))
            self.traffic.anew(ONES + OTHERS)
            misled += self.traffic.misled(self.apply(two, one))
            self.cut()
            strangers = self.strangers() - strangers
            self.traffic.stop()
        self.table.bound("  begun by a wrong egress", misled, "flows", 0)
        self.table.bound("  with a wrong address", strangers, "packets", 0)

    def cut(self):
        """Half of the hosts move, and their connections do not stay."""
        begin = time.monotonic()
        words = ["assign", OTHER_NETWORK, EGRESSES[1], "--cut", "--yes"]
        run_time([self.natdeck, *words])
        time.sleep(KNOWN_SECONDS)
        cut = [flow for flow in self.traffic.flows if flow.host in OTHERS]
        self.table.bound("  lost: --cut of others", self.traffic.ended(ONES), "flows", 0)
        stayed = len(cut) - self.traffic.ended(OTHERS)
        self.table.bound("  stayed: --cut of half of them", stayed, "flows", 0)
        last = max(flow.answered for flow in cut) - begin
        self.table.bound("  the last of them after", last * 1e3, "ms", 1000)

    def upgrade(self, before, method):
        """The box was made by an older natdeck."""
        one, two = EGRESSES
        strangers = self.strangers()
        self.traffic.anew(ONES + OTHERS)
        with taken_back(self.natdeck):
            self.steer(method, before)
            self.apply(one, two, before)
            self.traffic.anew(OTHERS)
            with self.guarded(before) as again:
                self.event("the guard of the newer one", lambda: again(signal.SIGTERM))
                self.event("its apply", lambda: self.apply(one, two))
                self.event("a move by it", lambda: self.apply(two, one))
                self.event("the move back", lambda: self.apply(one, two))
            strangers = self.strangers() - strangers
            self.traffic.stop()
        self.table.bound("  with a wrong address", strangers, "packets", 0)


def measure(table, natdeck):
    """Adds the figures to a table; the box is as it was before when it returns."""
    before = os.environ.get("NATDECK_BEFORE")
    trial = Trial(table, natdeck)
    try:
        for method in ("rules", "map"):
            table.title(f"{SIZE} with traffic, steered by {method}")
            trial.measure(method)
            title = f"{SIZE}, an upgrade, {method}"
            if before:
                table.title(title)
                trial.upgrade(before, method)
            else:
                table.absent(title, "not measured: NATDECK_BEFORE names no older natdeck")
    finally:
        trial.close()


if __name__ == "__main__":
    figures = Table()
    measure(figures, sys.argv[1])
    figures.print()
