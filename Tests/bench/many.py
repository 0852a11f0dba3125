"""What ten thousand hosts cost, beside ip(8) that makes the same rules."""

import contextlib
import os
import signal
import statistics
import subprocess
import time

import screen
from cost import Meter, run_time

HOSTS = 10_000
# Hosts that no rule is for.
OTHERS = 1000
FILE = "/etc/natdeck/assignments"
EGRESS = "eth1"
ONES = 5
SETTLE_SECONDS = 5
SOURCES = [f"10.77.{n // 250}.{n % 250 + 1}" for n in range(HOSTS)]


def keep(sources):
    """Writes the file of assignments."""
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    with open(FILE, "w") as file:
        file.writelines(f"{source} {EGRESS}\n" for source in sources)


def batch_time(verb):
    """Seconds in which ip(8) adds or deletes a rule for each host."""
    rows = [f"rule {verb} from {source} lookup 999 priority 12000\n" for source in SOURCES]
    begin = time.perf_counter()
    subprocess.run(["ip", "-batch", "-"], input="".join(rows), text=True, check=True)
    return time.perf_counter() - begin


def rules_of(*selector):
    """The policy rules for the hosts."""
    listing = subprocess.run(["ip", "rule", "list", *selector], capture_output=True, text=True)
    return [row for row in listing.stdout.splitlines() if "10.77." in row]


def one_time(natdeck):
    """The median of the seconds in which one host more is assigned."""
    names = [f"10.77.200.{n + 1}" for n in range(ONES)]
    times = [run_time([natdeck, "assign", name, EGRESS, "--yes"]) for name in names]
    for name in names:
        run_time([natdeck, "release", name, "--yes"])
    return statistics.median(times)


def kill_half_way(argv):
    """Kills a change once a part of its rules is made."""
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        while len(rules_of()) < HOSTS // 10 and process.poll() is None:
            time.sleep(0.01)
        process.kill()


@contextlib.contextmanager
def crowded():
    """A nat rule for each host, and neighbours that no rule is for, for as long as it takes."""
    saved = subprocess.run(["iptables-save", "-t", "nat"], check=True, stdout=subprocess.PIPE)
    rows = [f"-A POSTROUTING -s {source}/32 -o {EGRESS} -j MASQUERADE" for source in SOURCES]
    subprocess.run(
        ["iptables-restore", "--noflush"], text=True, check=True,
        input="\n".join(["*nat", *rows, "COMMIT", ""]))
    others = [f"10.77.{200 + n // 250}.{1 + n % 250}" for n in range(OTHERS)]

    def neighbours(verb, state):
        words = (f"neigh {verb} {other} {state} dev eth0" for other in others)
        subprocess.run(["ip", "-batch", "-"], input="\n".join([*words, ""]), text=True, check=True)

    neighbours("add", "lladdr 02:00:00:00:00:02 nud permanent")
    try:
        yield
    finally:
        neighbours("del", "")
        subprocess.run(["iptables-restore"], input=saved.stdout, check=True)


def guard(table, natdeck, seconds):
    """What a guard costs that has nothing to do, and how long a deleted rule is gone."""
    with subprocess.Popen([natdeck, "guard"], stdout=subprocess.DEVNULL) as process:
        meter = Meter()
        try:
            meter.add(process.pid)
            time.sleep(SETTLE_SECONDS)
            before = meter.cpu_seconds()
            time.sleep(seconds)
            share = (meter.cpu_seconds() - before) / seconds * 100
            table.bound(f"guard idle, {HOSTS} hosts", share, "% of a core", 1)
            source = SOURCES[HOSTS // 2]
            priority = rules_of("from", source)[0].split(":")[0]
            begin = time.perf_counter()
            subprocess.run(
                ["ip", "rule", "del", "from", source, "priority", priority], check=True)
            while not rules_of("from", source):
                time.sleep(0.01)
            back = time.perf_counter() - begin
            table.bound(f"a deleted rule back, {HOSTS} hosts", back * 1e3, "ms", 1000)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            meter.close()


def measure(table, natdeck, seconds):
    """Adds the figures to a table; the box is as it was before when it returns."""
    subprocess.run(["ip", "route", "add", "10.77.0.0/16", "dev", "eth0"], check=True)
    masquerade = f"POSTROUTING -s 10.77.0.0/16 -o {EGRESS} -j MASQUERADE".split()
    subprocess.run(["iptables", "-t", "nat", "-A", *masquerade], check=True)
    table.bound("assign --yes", one_time(natdeck) * 1e3, "ms", 50)

    added, deleted = batch_time("add"), batch_time("del")
    apply = [natdeck, "apply", "--yes"]
    keep(SOURCES)
    ours = run_time(apply)
    table.compare(f"apply of {HOSTS} hosts : ip -batch", ours * 1e3, added * 1e3, "ms", 2)
    figure = f"assign --yes beside {HOSTS} hosts"
    table.bound(figure, one_time(natdeck) * 1e3, "ms", 100)
    ours = run_time([natdeck, "status", "--json"])
    table.bound(f"status --json, {HOSTS} hosts", ours * 1e3, "ms", None)
    table.bound(f"doctor, {HOSTS} hosts", doctor_time(natdeck) * 1e3, "ms", None)
    guard(table, natdeck, seconds)
    with crowded():
        size = f"{HOSTS} hosts and nat rules, {OTHERS} hosts without a rule"
        screen.measure_keys(table, natdeck, SOURCES, size)
    screen.measure_idle(table, natdeck, seconds, SOURCES, f"{HOSTS} hosts", None)
    keep([])
    ours = run_time(apply)
    table.compare(f"release of {HOSTS} hosts : ip -batch", ours * 1e3, deleted * 1e3, "ms", 2)

    keep(SOURCES)
    kill_half_way(apply)
    ours = run_time([natdeck, "recover", "--yes"])
    table.compare(f"recover of {HOSTS} hosts : ip -batch", ours * 1e3, added * 1e3, "ms", 2)
    keep([])
    run_time(apply)
    os.remove(FILE)
    subprocess.run(["iptables", "-t", "nat", "-D", *masquerade], check=True)
    subprocess.run(["ip", "route", "del", "10.77.0.0/16", "dev", "eth0"], check=True)


def doctor_time(natdeck):
    """Seconds of the doctor, who may well find something."""
    begin = time.perf_counter()
    subprocess.run([natdeck, "doctor"], stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin
