"""A TCP proxy on loopback that hurts HTTP on purpose, exactly and repeatably.

* `FaultProxy(port, first, second, …)`: the n-th connection meets the n-th plan, the last plan meets all that follow.
* Offsets count the bytes of one connection and direction, HTTP heads included; `cut_every` counts all bytes together.
* `bytes_up` and `bytes_down` are what the link carried; what a client wrote beyond a cut is not in them.
* A stall waits for the test (`stalled.wait()`, then `release()`), never for a clock.
* Every whole request that a laptop sent is kept in `requests`, as it was before any harm; `replay()` sends one again.
  After `Plan(lose=True)`, that is a request that arrives late and out of order.
* Messages are told apart by Content-Length; chunked ones pass, but are neither kept nor replayed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.faults.lane import SEGMENT, Lane, Shape

HOST = "127.0.0.1"
CHUNK = 65_536
IN_FLIGHT = 64
"""Chunks that a direction holds between reading and delivering; then the sender has to wait."""


def answer(status: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """An HTTP answer after which the connection ends."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


PORTAL = answer("200 OK", b"<!DOCTYPE html><html><body>Compre megas</body></html>", {"Content-Type": "text/html"})
REDIRECT = answer("302 Found", headers={"Location": "http://portal.invalid/login"})
BUSY = answer("503 Service Unavailable", headers={"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What one connection meets. Faults combine; the default lets everything pass."""

    refuse: bool = False
    """Reset as soon as it is accepted."""
    cut_up: int | None = None
    """End the connection after so many bytes towards the office."""
    cut_down: int | None = None
    """End it after so many bytes towards the laptop; 0: when the answer begins."""
    cut_every: int | None = None
    """End it whenever all connections together have carried another so many bytes, both ways."""
    reset: bool = False
    """A cut shows as a reset, which also loses what the laptop had not read yet; else as a plain end."""
    stall_up: int | None = None
    """Hold everything towards the office after so many bytes, until `release()`."""
    stall_down: int | None = None
    """The same towards the laptop."""
    corrupt_up: int | None = None
    """Flip the lowest bit of the byte at this offset."""
    corrupt_down: int | None = None
    """The same towards the laptop."""
    duplicate: bool = False
    """The office gets, and answers, a copy of each request before the request itself."""
    lose: bool = False
    """Take a whole request, keep it for `replay()`, and end the connection without passing it on."""
    answer: bytes | None = None
    """Answer a whole request with these bytes instead of the office."""
    shape: Shape | None = None
    """Rate, delay and loss of each direction, shared by all connections. Connecting costs a round trip as well."""


class Messages:
    """Cuts one direction of a connection into whole HTTP messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that these bytes complete."""
        self._rest += data
        while (end := self._end()) is not None:
            message, self._rest = self._rest[:end], self._rest[end:]
            yield message

    def _end(self) -> int | None:
        head, found, _ = self._rest.partition(b"\r\n\r\n")
        if not found:
            return None
        sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        end = len(head) + 4 + (int(sizes[0]) if sizes else 0)
        return end if len(self._rest) >= end else None


class Way:
    """One direction of one connection."""

    def __init__(self, plan: Plan, up: bool, lane: Lane | None) -> None:
        self.up = up
        self.lane = lane
        self.cut = plan.cut_up if up else plan.cut_down
        self.stall = plan.stall_up if up else plan.stall_down
        self.corrupt = plan.corrupt_up if up else plan.corrupt_down
        self.carried = 0
        self.messages = Messages()

    def harm(self, chunk: bytes) -> bytes:
        """The chunk that comes next, with its bit flipped if the fault lies in it."""
        place = -1 if self.corrupt is None else self.corrupt - self.carried
        if not 0 <= place < len(chunk):
            return chunk
        return chunk[:place] + bytes([chunk[place] ^ 1]) + chunk[place + 1 :]


class FaultProxy:
    """A context manager: while it lasts, `port` leads to the office through the plans."""

    def __init__(self, upstream_port: int, *plans: Plan, port: int = 0, seed: int = 0) -> None:
        self.port = port
        self.connections = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self.requests: list[bytes] = []
        self.stalled = threading.Event()
        self._upstream_port = upstream_port
        self._seed = seed
        self._lanes: dict[tuple[bool, Shape], Lane] = {}
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.use(*plans)

    def use(self, *plans: Plan) -> None:
        """Connections from now on meet these plans, counted anew."""
        self._plans = list(plans) or [Plan()]

    def release(self) -> None:
        """Let go what is stalled; `stalled` then waits for the next stall."""
        self.stalled.clear()
        self._loop.call_soon_threadsafe(self._released.set)

    def replay(self, request: bytes) -> bytes:
        """The office's answer to these bytes, sent on a connection of their own that meets no fault."""
        return asyncio.run_coroutine_threadsafe(self._ask(request), self._loop).result(60)

    @property
    def carried(self) -> int:
        """Bytes that the link carried, both ways."""
        return self.bytes_up + self.bytes_down

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(ready)), name="fault proxy")
        self._thread.start()
        if not ready.wait(10):
            raise TimeoutError("the proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _live(self, ready: threading.Event) -> None:
        self._loop, self._over, self._released = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._meet, HOST, self.port)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()
        left = dict(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for writer in left.values():  # a task that had not begun ends without its last words
            writer.transport.abort()

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        plan = self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]
        task = self._loop.create_task(self._serve(plan, reader, writer))
        self._tasks[task] = writer
        task.add_done_callback(self._tasks.pop)

    async def _serve(self, plan: Plan, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await self._treat(plan, reader, writer)
        finally:
            _end(writer, reset=plan.reset or plan.refuse or self._over.is_set())

    async def _treat(self, plan: Plan, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if plan.refuse:
            return
        if plan.lose or plan.answer is not None:
            await self._swallow(reader)
            self.bytes_down += len(plan.answer or b"")
            writer.write(plan.answer or b"")
            await writer.drain()
            return
        above, below = await asyncio.open_connection(HOST, self._upstream_port)
        up, down = (Way(plan, upward, self._lane(plan.shape, upward)) for upward in (True, False))
        ends = [
            asyncio.create_task(self._carry(plan, up, reader, below)),
            asyncio.create_task(self._carry(plan, down, above, writer)),
        ]
        try:
            for end in asyncio.as_completed(ends):
                if not await end:
                    break
        finally:
            for end in ends:
                end.cancel()
            _end(below, reset=self._over.is_set())  # before anything that could be cancelled
            await asyncio.gather(*ends, return_exceptions=True)

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        messages, whole = Messages(), False
        while not whole and (chunk := await reader.read(CHUNK)):
            self.bytes_up += len(chunk)
            for request in messages.feed(chunk):
                self.requests.append(request)
                whole = True

    def _lane(self, shape: Shape | None, up: bool) -> Lane | None:
        if shape is None:
            return None
        return self._lanes.setdefault((up, shape), Lane(shape, self._seed + up))

    async def _carry(self, plan: Plan, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Carry one direction; True at its end, False at its cut."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        source = asyncio.create_task(_read(reader, way, queue))
        try:
            while True:
                due, chunk = await queue.get()
                if due > (now := time.monotonic()):
                    await asyncio.sleep(due - now)
                if not chunk:
                    with contextlib.suppress(OSError):  # the other side is gone already
                        writer.write_eof()
                    return True
                if not await self._deliver(plan, way, chunk, writer):
                    return False
        finally:
            source.cancel()
            await asyncio.gather(source, return_exceptions=True)

    async def _deliver(self, plan: Plan, way: Way, chunk: bytes, writer: asyncio.StreamWriter) -> bool:
        """Pass a chunk on; False when the connection is to be cut at this point."""
        if way.up:
            for request in way.messages.feed(chunk):
                self.requests.append(request)
                if plan.duplicate:
                    await self._ask(request)
        chunk = way.harm(chunk)
        while chunk:
            if way.carried == way.cut:
                return False
            if way.carried == way.stall:
                self._released.clear()
                self.stalled.set()
                await self._released.wait()
                way.stall = None
            marks = [mark - way.carried for mark in (way.cut, way.stall) if mark is not None and mark > way.carried]
            if plan.cut_every:
                marks.append(plan.cut_every - self.carried % plan.cut_every)
            piece = chunk[: min([len(chunk), *marks])]
            chunk = chunk[len(piece) :]
            way.carried += len(piece)
            if way.up:
                self.bytes_up += len(piece)
            else:
                self.bytes_down += len(piece)
            writer.write(piece)
            await writer.drain()
            if way.carried == way.cut or (plan.cut_every and self.carried % plan.cut_every == 0):
                return False
        return True

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self._upstream_port)
        messages = Messages()
        try:
            writer.write(request)
            while chunk := await reader.read(CHUNK):
                for reply in messages.feed(chunk):
                    return reply
            raise ConnectionError("the office ended the connection without an answer")
        finally:
            _end(writer, reset=False)


async def _read(reader: asyncio.StreamReader, way: Way, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
    """Put what arrives into the queue with the time at which it is due; empty at the end."""
    lane = way.lane
    due = opened = time.monotonic() + (lane.shape.round_trip if lane and way.up else 0.0)
    ended = False
    while not ended:
        try:
            chunk = await reader.read(SEGMENT if lane else CHUNK)
        except ConnectionError:
            chunk = b""
        ended = not chunk
        if lane and chunk:
            due = max(due, lane.insist(max(opened, time.monotonic()), len(chunk)))
        await queue.put((due, chunk))


def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()
