"""Machines beside the NAT box, each a network namespace behind one of its interfaces."""

import ctypes
import os
import subprocess
import time

CLONE_NEWNET = 0x40000000


def ip(words):
    """Runs ip(8) on the box."""
    subprocess.run(["ip", *words.split()], check=True)


class Machine:
    """A namespace whose one link, `far`, leads to an interface of the box."""

    def __init__(self, name, address):
        """An interface of the box of that name, with that address."""
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        while os.readlink(self.path) == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        ip(f"link add {name} type veth peer name far netns {self.holder.pid}")
        ip(f"addr add {address} dev {name}")
        ip(f"link set {name} up")
        self.run("ip link set far up")

    @property
    def path(self):
        """The file of its namespace."""
        return f"/proc/{self.holder.pid}/ns/net"

    def run(self, words, *rest):
        """Runs a program on it; gives what that printed."""
        command = ["nsenter", "--net", "--target", str(self.holder.pid), *words.split(), *rest]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def enter(self):
        """Has the calling thread, and no other, be on it."""
        # Before Python 3.12 os has no setns(2).
        with open(self.path) as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def close(self):
        """Ends it, and the interface of the box goes with it."""
        self.holder.kill()
        self.holder.wait()


def default_route():
    """The box's own default route, in the words of ip(8)."""
    listing = subprocess.run(
        "ip route show default".split(), capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()[0].strip()
