"""What a packet costs that the box forwards, and what a change costs, however hosts are steered.

By itself, inside the NAT box of a lab: steer.py NATDECK
"""

import contextlib
import os
import statistics
import subprocess
import sys

from cost import run_time
from forward import Box, Twin, of_answers, of_flows
from table import Table

HOSTS = 10_000
FEW = 100
FILE = "/etc/natdeck/assignments"
SOURCES = [f"10.77.{n // 250}.{n % 250 + 1}" for n in range(HOSTS)]
# Hosts of the same network that nobody assigns.
OTHERS = [f"10.77.{200 + n // 250}.{n % 250 + 1}" for n in range(HOSTS)]
EGRESS, OTHER = "bout", "eth1"


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
    keep([])
    run_time(apply)
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
    box, twin = Box(), Twin()

    def cost(figure, sources, limit=None):
        """Nanoseconds of a packet as the box is, beside those without natdeck."""
        ours, none = of_flows(box, twin, sources)
        table.compare(figure, ours, none, "ns", limit)
        return ours, none

    def cost_of_answers(sources):
        ours, none = of_answers(box, twin, sources)
        table.compare("  an answer : no natdeck", ours, none, "ns", None)

    try:
        with taken_back(natdeck):
            run_time(setup)
            keep([("10.77.0.0/17", EGRESS)])
            run_time(apply)
            marked, none = cost("a packet, one rule : no natdeck", SOURCES)
            subprocess.run("nft delete table ip natdeck".split(), check=True)
            bare, then = of_flows(box, twin, SOURCES)
            table.compare(
                "  with the nft table : without", marked, bare * none / then, "ns", 1 / 0.97)
        with taken_back(natdeck):
            run_time(setup)
            keep((source, EGRESS) for source in SOURCES[:FEW])
            run_time(apply)
            cost(f"a packet, {FEW} host rules : no natdeck", SOURCES[:FEW], 1 / 0.8)
            cost_of_answers(SOURCES[:FEW])
            cost("  of a host beside them", OTHERS)
            keep((source, EGRESS) for source in SOURCES)
            run_time(apply)
            cost(f"a packet, {HOSTS} host rules : no natdeck", SOURCES)
            cost_of_answers(SOURCES)
            cost("  of a host beside them", OTHERS)
        with taken_back(natdeck):
            run_time([*setup, "--steering", "map"])
            keep((source, EGRESS) for source in SOURCES)
            run_time(apply)
            cost(f"a packet, {HOSTS} hosts in the map : no natdeck", SOURCES, 1 / 0.95)
            cost_of_answers(SOURCES)
            cost("  of a host beside them", OTHERS)
            changes(table, natdeck, apply)
    finally:
        twin.close()
        box.close()


if __name__ == "__main__":
    figures = Table()
    measure(figures, sys.argv[1])
    figures.print()
