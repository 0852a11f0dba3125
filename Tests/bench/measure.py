"""Measures natdeck against its peers. Runs inside the NAT box of a lab; see `run`.

Usage: measure.py NATDECK SECONDS
"""

import os
import statistics
import subprocess
import sys
import tempfile

import authors
import flows
import kept
import many
import names
import screen
import steer
from cost import WARM_UP_SECONDS, Keyboard, Meter, first_paint, idle, key_to_paint, run_time
from table import Table

ROUNDS = 25
RULES = 10_000
FLOWS = 100_000
HOSTS = 1_000
NICS = 64

READS = [
    ["ip", "-json", "rule"],
    ["ip", "-json", "route"],
    ["ip", "-json", "addr"],
    ["iptables", "-t", "nat", "-nvxL"],
]
LISTING = READS[3]


def paired_medians(ours, theirs):
    """Median seconds of our command and of theirs, run in turns so that both see the same noise."""
    pairs = []
    for _ in range(ROUNDS):
        pairs.append((run_time(ours), sum(run_time(argv) for argv in theirs)))
    return [statistics.median(side) for side in zip(*pairs)]


def add_rules():
    """Puts many rules into the nat table, each for a host of its own."""
    rows = [
        f"-A POSTROUTING -s 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32 -o eth1 -j MASQUERADE"
        for n in range(RULES)
    ]
    text = "\n".join(["*nat", *rows, "COMMIT", ""])
    subprocess.run(["iptables-restore", "--noflush"], input=text, text=True, check=True)


def add_flows():
    """Puts many flows into the conntrack table, each of a host of its own."""
    rows = [
        f"-A -t 3600 -u SEEN_REPLY,ASSURED -s 10.{100 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"
        f" -d 198.51.100.10 -r 198.51.100.10 -q 203.0.113.195 -p udp --sport {1024 + n % 50000}"
        f" --dport {53 + n // 50000} --reply-port-src {53 + n // 50000}"
        f" --reply-port-dst {1024 + n % 50000}"
        for n in range(FLOWS)
    ]
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join([*rows, ""]))
        file.flush()
        subprocess.run(["conntrack", "-R", file.name], check=True, stdout=subprocess.DEVNULL)


def add_network():
    """Gives the box many interfaces to leave by, and many hosts on a link."""
    links = [f"bench{n}" for n in range(NICS - 2)]
    # Not dummies: not every kernel has them.
    text = [f"link add {name} type veth peer name peer-{name}" for name in links]
    text += [f"addr add 10.200.{n}.1/24 dev {name}" for n, name in enumerate(links)]
    text += [f"link set {name} up" for end in links for name in (end, f"peer-{end}")]
    text += [
        f"neigh add 172.31.{40 + n // 250}.{1 + n % 250} lladdr 02:00:00:00:{n >> 8:02x}:{n & 255:02x}"
        " dev eth0 nud permanent"
        for n in range(HOSTS)
    ]
    subprocess.run(["ip", "-batch", "-"], input="\n".join([*text, ""]), text=True, check=True)
    rows = [f"-A POSTROUTING -o {name} -j MASQUERADE" for name in links]
    subprocess.run(
        ["iptables-restore", "--noflush"], text=True, check=True,
        input="\n".join(["*nat", *rows, "COMMIT", ""]),
    )


def main():
    natdeck, seconds = sys.argv[1], float(sys.argv[2])
    table = Table()
    status = [natdeck, "status", "--json"]

    ours, theirs = paired_medians(status, READS)
    figure = "status --json : ip rule, route, addr; iptables"
    table.compare(figure, ours * 1e3, theirs * 1e3, "ms", 2.5)

    paints = [first_paint([natdeck], b"natdeck") for _ in range(ROUNDS)]
    table.bound("first paint", statistics.median(paints) * 1e3, "ms", 50)

    costs = idle(
        {
            "natdeck": [natdeck],
            "watch": ["watch", "-n1", *"iptables -t nat -nvL".split()],
            "bmon": ["bmon"],
            "htop": ["htop", "-d", "10"],
            "iptstate": ["iptstate"],
        },
        seconds,
    )
    cpu, resident, drawn = costs.pop("natdeck")
    for name, (peer, _, _) in costs.items():
        limit = 1 if name == "watch" else None
        table.compare(f"CPU of {seconds:g} s idle : {name}", cpu * 1e3, peer * 1e3, "ms", limit)
    table.bound("resident after that", resident / 1e3, "MB", 15)
    for name, (_, peer, _) in costs.items():
        table.compare(f"resident : {name}", resident / 1e3, peer / 1e3, "MB", None)
    for name, (_, _, peer) in costs.items():
        figure = f"drawn at 1 Hz : {name}"
        table.compare(figure, drawn / seconds, peer / seconds, "B/s", None)

    hosts = [f"10.90.{n >> 8}.{n & 255}" for n in range(HOSTS)]
    screen.measure_idle(table, natdeck, seconds, hosts, f"{HOSTS} hosts", 1)

    add_rules()
    ours, theirs = paired_medians(status, [LISTING])
    figure = f"status --json : iptables, {RULES} nat rules"
    table.compare(figure, ours * 1e3, theirs * 1e3, "ms", 1.3)

    add_flows()
    with Keyboard([natdeck]) as keyboard:
        keyboard.wait(rb"EGRESS")
        keyboard.idle(WARM_UP_SECONDS)
        figure = f"key to paint, p99, {RULES} nat rules, {FLOWS} flows"
        table.bound(figure, key_to_paint(keyboard) * 1e3, "ms", 30)
        table.bound("resident then", keyboard.resident_kilobytes() / 1e3, "MB", None)
    subprocess.run(["iptables", "-t", "nat", "-F"], check=True)
    subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)

    authors.measure(table, natdeck)
    names.measure(table, natdeck)
    flows.measure(table, natdeck)
    many.measure(table, natdeck, seconds)
    steer.measure(table, natdeck)
    kept.measure(table, natdeck)

    add_network()
    size = f"{HOSTS} hosts, {NICS} NICs"
    paints = [first_paint([natdeck], b"natdeck") for _ in range(ROUNDS)]
    table.bound(f"first paint, {size}", statistics.median(paints) * 1e3, "ms", 50)
    with Keyboard([natdeck]) as keyboard:
        shown = keyboard.wait(rb"1\d\d\d +hosts")
        table.bound(f"all of them shown, {size}", shown * 1e3, "ms", None)
        keyboard.idle(WARM_UP_SECONDS)
        figure = f"key to paint, p99, {size}"
        table.bound(figure, key_to_paint(keyboard) * 1e3, "ms", 30)
        keyboard.idle(20)
        table.bound(f"resident, {size}", keyboard.resident_kilobytes() / 1e3, "MB", 15)
    table.print()


if __name__ == "__main__":
    os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    with Meter.mounted():
        main()
