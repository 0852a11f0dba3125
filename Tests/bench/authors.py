"""How many programs of one command the dashboard names, while others want all processors.

By itself, inside the NAT box of a lab: authors.py NATDECK
"""

import contextlib
import os
import re
import subprocess
import sys
import time

from cost import WARM_UP_SECONDS, Keyboard
from table import Table

RULES = 25
HOGS_PER_PROCESSOR = 3


@contextlib.contextmanager
def hogs():
    """Programs that want all processors, and more."""
    busy = ["sh", "-c", "while :; do :; done"]
    running = [subprocess.Popen(busy) for _ in range(HOGS_PER_PROCESSOR * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


def drawn(keyboard):
    """What the terminal receives for the whole screen, drawn anew."""
    keyboard.idle(1)
    os.write(keyboard.master, b"\x0c")
    received = b""
    until = time.monotonic() + 3
    while time.monotonic() < until and b"F1 Help" not in received:
        received += os.read(keyboard.master, 65536)
    return received


def measure(table, natdeck):
    """Adds how many of some rules the log says that nobody knows who added them."""
    rules = [f"from 10.66.0.{n} lookup main pref {20_000 + n}" for n in range(1, RULES + 1)]
    with Keyboard([natdeck]) as keyboard:
        keyboard.wait(rb"EGRESS")
        keyboard.idle(WARM_UP_SECONDS)
        with hogs():
            for rule in rules:
                subprocess.run(["ip", "rule", "add", *rule.split()], check=True)
                keyboard.idle(0.1)
        os.write(keyboard.master, b"7")
        keyboard.idle(2)
        screen = drawn(keyboard)
    for rule in rules:
        subprocess.run(["ip", "rule", "del", *rule.split()], check=True)
    told = len(re.findall(rb"10\.66\.0\.\d+ lookup main", screen))
    if told < RULES:
        sys.exit(f"authors: the log tells of {told} of {RULES} rules")
    nameless = screen.count(b"a program that has ended")
    table.bound(f"of {RULES} programs of one command not named", nameless, "", RULES * 0.04)


if __name__ == "__main__":
    os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    figures = Table()
    measure(figures, sys.argv[1])
    figures.print()
