"""Runs inside a new network namespace: makes its one interface, hands it to the emulator, then keeps the namespace.

`python tun.py NAME ADDRESS/PREFIX SOCKET`: SOCKET is an inherited Unix socket that gets the device's descriptor. The
namespace ends when the other end of SOCKET closes, so a killed test leaves nothing behind.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000


def main(name: str, address: str, inherited: str) -> None:
    """Make the device, give it away, wait for the end."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        f"ip link set {name} addrgenmode none",  # no IPv6 chatter in the byte counts
        f"ip address add {address} dev {name}",
        "ip link set lo up",
        f"ip link set {name} up",
    ):
        subprocess.run(command.split(), check=True)
    with socket.socket(fileno=int(inherited)) as parent:
        socket.send_fds(parent, [b"ready"], [device])
        os.close(device)
        parent.recv(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
