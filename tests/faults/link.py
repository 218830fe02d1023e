"""A bad link that real programs can be run over.

* Two network namespaces, each with one TUN device; this process carries their packets through two lanes. So the
  kernel's own TCP runs over it (slow start, retransmission, time-outs), with the same loss in every run of one seed.
* Needs no privileges where user namespaces are allowed, no kernel module beyond TUN, and no address but its own two
  (192.0.2.0/24 belongs to documentation and is routed nowhere).
* Where namespaces are not to be had (`unavailable()` says why), `bad_link` goes through the fault proxy instead, whose
  loss is a stall of two round trips. Programs are run the same way in both cases.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tests.faults.lane import Lane, Shape
from tests.faults.proxy import HOST, FaultProxy, Plan

LAPTOP = "192.0.2.1"
OFFICE = "192.0.2.2"
DEVICE = "badlink"
PACKET = 65_535


class Link(Protocol):
    """What a test or a benchmark needs of a link, however it is made."""

    laptop: list[str]
    """Put before a command line to run it on the laptop's side."""
    office: list[str]
    """The same for the office's side."""
    host: str
    """Where the office has to listen."""

    def url(self, port: int) -> str:
        """The address by which the laptop's side reaches what listens on `host` and `port`."""
        ...

    def reshape(self, shape: Shape) -> None:
        """Both directions have this shape from now on."""
        ...

    @property
    def bytes_up(self) -> int:
        """Bytes carried towards the office: with their TCP/IP heads over namespaces, without over the proxy."""
        ...

    @property
    def bytes_down(self) -> int:
        """Bytes carried towards the laptop."""
        ...


class Side:
    """One namespace, held by a process of ours that ends with us."""

    def __init__(self, address: str) -> None:
        ours, theirs = socket.socketpair()
        alone = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        with theirs:
            command = [sys.executable, str(Path(__file__).with_name("tun.py")), DEVICE, f"{address}/24"]
            self._holder = subprocess.Popen(
                ["unshare", *alone, "--net", *command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stderr=subprocess.PIPE,
                text=True,
            )
        self._ours = ours
        _, devices, _, _ = socket.recv_fds(ours, 16, 1)
        if not devices:
            words = self._holder.communicate()[1].strip().splitlines()
            ours.close()
            raise OSError(words[-1] if words else "the namespace ended without a word")
        self.device = devices[0]
        enter = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.prefix = ["nsenter", f"--target={self._holder.pid}", *enter, "--net"]

    def close(self) -> None:
        """End the namespace; it lasts as long as a process is left in it."""
        os.close(self.device)
        self._ours.close()
        self._holder.communicate()


class NamespaceLink:
    """Two namespaces and the thread that carries packets between them."""

    def __init__(self, shape: Shape, seed: int) -> None:
        with contextlib.ExitStack() as failing:
            laptop = failing.enter_context(contextlib.closing(Side(LAPTOP)))
            office = failing.enter_context(contextlib.closing(Side(OFFICE)))
            self._sides = failing.pop_all()
        self.laptop, self.office = laptop.prefix, office.prefix
        self.host = OFFICE
        self._up, self._down = Lane(shape, seed), Lane(shape, seed + 1)
        self._routes = {
            laptop.device: Route(self._up, office.device),
            office.device: Route(self._down, laptop.device),
        }
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="bad link")
        self._thread.start()

    def url(self, port: int) -> str:
        """The office's address in its namespace."""
        return f"http://{self.host}:{port}"

    def reshape(self, shape: Shape) -> None:
        """Packets from now on meet this shape; those on their way arrive as they were to."""
        self._up.shape = self._down.shape = shape

    @property
    def bytes_up(self) -> int:
        """Bytes of the packets that arrived at the office's side."""
        return next(route.carried for route in self._routes.values() if route.lane is self._up)

    @property
    def bytes_down(self) -> int:
        """Bytes of the packets that arrived at the laptop's side."""
        return next(route.carried for route in self._routes.values() if route.lane is self._down)

    def close(self) -> None:
        """Stop carrying and give the namespaces back."""
        os.close(self._waker)
        self._thread.join()
        os.close(self._wake)
        self._sides.close()

    def _carry(self) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor in (self._wake, *self._routes):
                selector.register(descriptor, selectors.EVENT_READ)
            while True:
                due = min(route.due for route in self._routes.values())
                wait = None if math.isinf(due) else max(0.0, due - time.monotonic())
                for key, _ in selector.select(wait):
                    if key.fd == self._wake:
                        return
                    self._routes[key.fd].take(time.monotonic(), os.read(key.fd, PACKET))
                for route in self._routes.values():
                    route.deliver(time.monotonic())


class Route:
    """The packets on their way to one device."""

    def __init__(self, lane: Lane, device: int) -> None:
        self.lane = lane
        self.carried = 0
        self._device = device
        self._flying: deque[tuple[float, bytes]] = deque()

    @property
    def due(self) -> float:
        """When the next packet arrives."""
        return self._flying[0][0] if self._flying else math.inf

    def take(self, now: float, packet: bytes) -> None:
        """Put a packet on the way, unless it is lost. Only IPv4 travels."""
        if packet[0] >> 4 == 4 and (arrival := self.lane.offer(now, len(packet))) is not None:
            # A shape that changed meanwhile never lets a packet overtake another.
            self._flying.append((max(arrival, self._flying[-1][0] if self._flying else 0.0), packet))

    def deliver(self, now: float) -> None:
        """Hand over every packet that is due."""
        while self._flying and self._flying[0][0] <= now:
            packet = self._flying.popleft()[1]
            self.carried += len(packet)
            os.write(self._device, packet)


class ProxyLink:
    """The same over loopback, where namespaces are not to be had."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self.laptop: list[str] = []
        self.office: list[str] = []
        self.host = HOST
        self._plan = Plan(shape=shape)
        self._seed = seed
        self._proxies: dict[int, FaultProxy] = {}
        self._open = contextlib.ExitStack()

    def url(self, port: int) -> str:
        """The address of the proxy before that port."""
        if port not in self._proxies:
            self._proxies[port] = self._open.enter_context(FaultProxy(port, self._plan, seed=self._seed))
        return f"http://{HOST}:{self._proxies[port].port}"

    def reshape(self, shape: Shape) -> None:
        """Connections from now on meet this shape."""
        self._plan = Plan(shape=shape)
        for proxy in self._proxies.values():
            proxy.use(self._plan)

    @property
    def bytes_up(self) -> int:
        """Bytes of the connections towards the office."""
        return sum(proxy.bytes_up for proxy in self._proxies.values())

    @property
    def bytes_down(self) -> int:
        """Bytes of the connections towards the laptop."""
        return sum(proxy.bytes_down for proxy in self._proxies.values())

    def close(self) -> None:
        """End the proxies."""
        self._open.close()


@functools.cache
def unavailable() -> str:
    """Why namespaces with a TUN device cannot be made here; empty when they can."""
    for program in ("unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            return f"no program {program}"
    try:
        Side(LAPTOP).close()
    except OSError as problem:
        return str(problem)
    return ""


@contextlib.contextmanager
def bad_link(shape: Shape, seed: int = 0, *, namespaces: bool | None = None) -> Iterator[Link]:
    """A link of that shape both ways, over namespaces where they can be had unless told otherwise."""
    real = not unavailable() if namespaces is None else namespaces
    link = NamespaceLink(shape, seed) if real else ProxyLink(shape, seed)
    with contextlib.closing(link):
        yield link
