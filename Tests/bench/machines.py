"""Machines beside the NAT box, each a network namespace behind one of its interfaces."""

import ctypes
import os
import subprocess
import time

CLONE_NEWNET = 0x40000000


def ip(words):
    """Runs ip(8) on the box."""
    subprocess.run(["ip", *words.split()], check=True)


def here():
    """The namespace that the calling thread is in, open."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def enter(namespace):
    """Has the calling thread, and no other, be in an open namespace."""
    # Before Python 3.12 os has no setns(2).
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """A network namespace with nothing in it."""

    def __init__(self):
        # It ends with whoever made it, however that ends.
        hold = "setpriv --pdeathsig KILL unshare --net sleep infinity"
        self.holder = subprocess.Popen(hold.split())
        while os.readlink(self.path) == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)

    @property
    def path(self):
        """Its file."""
        return f"/proc/{self.holder.pid}/ns/net"

    def run(self, words, *rest):
        """Runs a program in it; gives what that printed."""
        command = ["nsenter", "--net", "--target", str(self.holder.pid), *words.split(), *rest]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def enter(self):
        """Has the calling thread, and no other, be in it."""
        with open(self.path) as namespace:
            enter(namespace.fileno())

    def close(self):
        """Ends it, and what leads into it goes with it."""
        self.holder.kill()
        self.holder.wait()


class Machine(Namespace):
    """A namespace whose one link, `far`, leads to an interface of the box."""

    def __init__(self, name, address):
        """An interface of the box of that name, with that address."""
        super().__init__()
        ip(f"link add {name} type veth peer name far netns {self.holder.pid}")
        ip(f"addr add {address} dev {name}")
        ip(f"link set {name} up")
        self.run("ip link set far up")


def default_route():
    """The box's own default route, in the words of ip(8)."""
    listing = subprocess.run(
        "ip route show default".split(), capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()[0].strip()
