"""What the dashboard costs on a busy box, beside what an operator would watch instead."""

import statistics
import subprocess
import tempfile

from cost import WARM_UP_SECONDS, Keyboard, first_paint, idle, key_to_paint

FLOWS = 10_000
PAINTS = 10
COUNTING = ["watch", "-n1", "conntrack -L | wc -l"]


def add_flows(sources):
    """Puts translated flows into the table, one of each source in turn."""
    rows = []
    for n in range(FLOWS):
        source, peer = sources[n % len(sources)], f"198.51.100.{1 + n % 40}"
        port = 1024 + n
        rows.append(
            f"-A -t 3600 -u SEEN_REPLY,ASSURED -s {source} -d {peer} -r {peer} -q 172.31.8.208"
            f" -p udp --sport {port} --dport 443 --reply-port-src 443 --reply-port-dst {port}"
        )
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join([*rows, ""]))
        file.flush()
        subprocess.run(["conntrack", "-R", file.name], check=True, stdout=subprocess.DEVNULL)


def measure_idle(table, natdeck, seconds, sources, size, limit):
    """What it costs to look at a box with flows of these sources; the flows are gone afterwards."""
    add_flows(sources)
    costs = idle({"natdeck": [natdeck], "watch": COUNTING}, seconds)
    ours, theirs = costs["natdeck"], costs["watch"]
    figure = f"CPU of {seconds:g} s idle, {size}, {FLOWS} flows : watch conntrack -L"
    table.compare(figure, ours[0] * 1e3, theirs[0] * 1e3, "ms", limit)
    table.bound(f"resident, {size}, {FLOWS} flows", ours[1] / 1e3, "MB", None)
    subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)


def measure_keys(table, natdeck, sources, size):
    """How long the first frame and a key take there; the flows are gone afterwards."""
    add_flows(sources)
    paints = [first_paint([natdeck], b"natdeck") for _ in range(PAINTS)]
    table.bound(f"first paint, {size}", statistics.median(paints) * 1e3, "ms", 20)
    with Keyboard([natdeck]) as keyboard:
        keyboard.wait(rb"1[01]\d\d\d +hosts|1[01]k hosts")
        keyboard.idle(WARM_UP_SECONDS)
        figure = f"key to paint, p99, {size}, {FLOWS} flows"
        table.bound(figure, key_to_paint(keyboard) * 1e3, "ms", 30)
    subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)
