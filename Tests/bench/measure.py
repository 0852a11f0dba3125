"""Measures natdeck against its peers. Runs inside the NAT box of a lab; see `run`.

Usage: measure.py NATDECK SECONDS
"""

import os
import statistics
import subprocess
import sys

from cost import Meter, Terminals, first_paint, run_time

ROUNDS = 25
WARM_UP_SECONDS = 3
IDLE_ROUNDS = 3
RULES = 10_000

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


def idle(programs, seconds):
    """CPU seconds and resident kB of each program, all of them side by side on terminals."""
    costs = {name: [] for name in programs}
    for _ in range(IDLE_ROUNDS):
        with Terminals(programs) as terminals:
            terminals.watch(WARM_UP_SECONDS)
            before = terminals.cpu_seconds()
            terminals.watch(seconds)
            after = terminals.cpu_seconds()
            resident = terminals.resident_kilobytes()
        for name in programs:
            costs[name].append((after[name] - before[name], resident[name]))
    return {
        name: tuple(statistics.median(side) for side in zip(*rounds))
        for name, rounds in costs.items()
    }


class Table:
    """The figures, printed at the end, aligned."""

    def __init__(self):
        self.rows = [("figure", "natdeck", "peer", "ratio", "limit", "")]

    def compare(self, figure, ours, theirs, unit, limit):
        """A figure whose ratio to the peer's may not pass a limit; None for no limit."""
        ratio = ours / theirs
        self._add(figure, ours, f"{theirs:.1f} {unit}", f"{ratio:.2f}", unit, ratio, limit)

    def bound(self, figure, ours, unit, limit):
        """A figure that may not pass a limit of its own."""
        self._add(figure, ours, "", "", unit, ours, limit)

    def _add(self, figure, ours, peer, ratio, unit, judged, limit):
        verdict = "" if limit is None else "ok" if judged <= limit else "MISSED"
        shown = "" if limit is None else f"{limit:g}" if peer else f"{limit:g} {unit}"
        self.rows.append((figure, f"{ours:.1f} {unit}", peer, ratio, shown, verdict))

    def print(self):
        widths = [max(len(row[column]) for row in self.rows) for column in range(6)]
        for row in self.rows:
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:5], widths[1:5])]
            print("  ".join([*cells, row[5]]).rstrip())


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
    cpu, resident = costs.pop("natdeck")
    for name, (peer, _) in costs.items():
        limit = 1 if name == "watch" else None
        table.compare(f"CPU of {seconds:g} s idle : {name}", cpu * 1e3, peer * 1e3, "ms", limit)
    table.bound("resident after that", resident / 1e3, "MB", 15)
    for name, (_, peer) in costs.items():
        table.compare(f"resident : {name}", resident / 1e3, peer / 1e3, "MB", None)

    add_rules()
    ours, theirs = paired_medians(status, [LISTING])
    figure = f"status --json : iptables, {RULES} nat rules"
    table.compare(figure, ours * 1e3, theirs * 1e3, "ms", 1.3)
    table.print()


if __name__ == "__main__":
    os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    with Meter.mounted():
        main()
