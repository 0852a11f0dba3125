"""What it costs to add up the flows of a busy box, beside a dump that decodes none of them."""

import resource
import socket
import statistics
import struct
import subprocess
import tempfile
import time


FLOWS = 200_000
HOSTS = 1_000
DESTINATIONS = 40
ROUNDS = 7
# NLM_F_REQUEST and NLM_F_DUMP for IPCTNL_MSG_CT_GET, with nfgenmsg of IPv4.
QUESTION = struct.pack("=IHHII4B", 20, 1 << 8 | 1, 0x301, 1, 0, 2, 0, 0, 0)
DONE = 3


def add_flows():
    """Puts as many translated flows of many hosts into the table, to a few destinations."""
    rows = []
    for n in range(FLOWS):
        host, turn = n % HOSTS, n // HOSTS
        peer = f"198.51.100.{1 + turn % DESTINATIONS}"
        # Within a destination every flow has a port of its own, as behind MASQUERADE.
        port = 1024 + turn // DESTINATIONS * HOSTS + host
        rows.append(
            f"-A -t 3600 -u SEEN_REPLY,ASSURED -s 10.90.{host >> 8}.{host & 255} -d {peer}"
            f" -r {peer} -q 172.31.8.208 -p udp --sport {port} --dport 443"
            f" --reply-port-src 443 --reply-port-dst {port}"
        )
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join([*rows, ""]))
        file.flush()
        subprocess.run(["conntrack", "-R", file.name], check=True, stdout=subprocess.DEVNULL)


def bare_dump():
    """Seconds of a processor in which the kernel tells all flows to a reader that looks at none of them."""
    buffer = bytearray(1 << 15)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:
        begin = time.process_time()
        kernel.send(QUESTION)
        while True:
            kernel.recv_into(buffer)
            if struct.unpack_from("=H", buffer, 4)[0] == DONE:
                return time.process_time() - begin


def cost(argv):
    """Seconds of a processor that a program takes with its children, and its own most kilobytes.

    What wait4 tells of memory would be that of the fork before the program: this one's.
    """
    peak = 0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with open(f"/proc/{process.pid}/status") as file:
                rows = [row for row in file if row.startswith("VmHWM")]
            peak = max([peak, *(int(row.split()[1]) for row in rows)])
            time.sleep(0.005)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, peak


def measure(table, natdeck):
    """Adds its figures to the table; the flows are gone afterwards."""
    status = [natdeck, "status", "--json"]
    empty = [cost(status) for _ in range(ROUNDS)]
    add_flows()
    turns = [(cost(status), bare_dump(), cost(["conntrack", "-L"])) for _ in range(ROUNDS)]
    ours, bare, listing = zip(*turns)
    added, memory = (
        statistics.median(side) - statistics.median(before)
        for side, before in zip(zip(*ours), zip(*empty))
    )
    bare = statistics.median(bare)
    listing = statistics.median(seconds for seconds, _ in listing)
    figure = f"CPU of {FLOWS} flows added up"
    table.compare(f"{figure} : dump that decodes none", added * 1e3, bare * 1e3, "ms", 1.3)
    table.compare(f"{figure} : conntrack -L", added * 1e3, listing * 1e3, "ms", None)
    table.bound(f"memory for that, {FLOWS} flows", memory / 1e3, "MB", 20)
    subprocess.run(["conntrack", "-F"], check=True, stderr=subprocess.DEVNULL)
