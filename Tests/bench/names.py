"""What it costs to resolve the instances of a tag, beside the `aws` call alone."""

import os
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from cost import run_time

INSTANCES = 5_000
ROUNDS = 9
PORT = 5979
FIGURE = f"{INSTANCES} instances of a tag resolved : aws alone"
QUERY = (
    "Reservations[].Instances[].{i:InstanceId,s:State.Name,v:VpcId,b:SubnetId,t:Tags,"
    "a:PrivateIpAddress,n:NetworkInterfaces[].PrivateIpAddresses[].PrivateIpAddress}"
)


def serve(folder):
    """Starts whoever answers in EC2's place, and waits until it does."""
    script = Path(__file__).parent.parent / "cloud" / "pages.py"
    server = subprocess.Popen(
        ["python3", script, str(PORT), str(INSTANCES), "-", f"{folder}/asked"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/")
        except urllib.error.HTTPError:
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("nobody answers in pages")


def measure(table, natdeck):
    """Adds its figure to the table. Root's programs are looked for where nobody else writes, so the
    real `aws` is mounted there, for the programs that are measured alone."""
    tools = os.environ.get("NATDECK_CLOUD_TOOLS")
    if not tools:
        table.absent(FIGURE, "not measured: NATDECK_CLOUD_TOOLS names no folder")
        return
    with tempfile.TemporaryDirectory() as folder:
        aws, starter = Path(folder) / "aws", Path(folder) / "start"
        aws.write_text(f'#!/bin/sh\nexec {tools}/bin/aws "$@"\n')
        starter.write_text(
            f"#!/bin/sh\nmount --bind {folder} /usr/local/sbin\nexport AWS_ACCESS_KEY_ID=test"
            f" AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
            f' AWS_ENDPOINT_URL=http://127.0.0.1:{PORT}\nexec "$@"\n')
        for file in (aws, starter):
            file.chmod(0o755)
        start = ["unshare", "--mount", "--propagation", "private", str(starter)]
        bare = [
            "aws", "ec2", "describe-instances", "--filters",
            '[{"Name":"tag:Fleet","Values":["all"]}]', "--query", QUERY, "--output", "json",
        ]
        ours = [natdeck, *f"assign ec2:tag:Fleet=all eth1 --at-most {2 * INSTANCES}".split()]
        with serve(folder) as server:
            turns = [
                (run_time([*start, *ours, "--dry-run"]), run_time([*start, *bare]))
                for _ in range(ROUNDS)
            ]
            server.kill()
    ours, bare = (statistics.median(side) * 1e3 for side in zip(*turns))
    table.compare(FIGURE, ours, bare, "ms", 1.5)
