"""The one module that speaks HTTP: a parcel goes out, a receipt comes in, or an error that says whose move it is.

* Few headers: on a slow link every byte of them is paid for; what failed tries carried is counted too.
* Every wait is bounded, the whole exchange too; what comes in is bounded before it is kept.
* Whoever cancels is heard within a tenth of a second, whether a name is looked up, a connection made or an answer
  awaited.
* The time rescue (`trusted_since`) leaves out one check of TLS, the dates of the certificate; see `docs/decisions.md`.
"""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

sys.modules["httpx._main"] = None  # type: ignore[assignment]  # its command line: a third of the import, and unused
import httpx  # noqa: E402

del sys.modules["httpx._main"]

from itinerant.errors import ItinerantError, NoConnection  # noqa: E402
from itinerant.sync import envelope, outcomes  # noqa: E402
from itinerant.sync.engine import Cut, Exchange  # noqa: E402
from itinerant.sync.envelope import RECEIPT  # noqa: E402
from itinerant.sync.limits import LIMITS  # noqa: E402
from itinerant.sync.line import Call, Line  # noqa: E402
from itinerant.sync.retry import Stopped  # noqa: E402

SYNC, ENROL, HEALTH = "/v1/sync", "/v1/enrol", "/health"
MEDIA_TYPE = "application/octet-stream"
OFFSET = "Upload-Offset"

_CONNECT_S = 20.0
_IDLE_S = 30.0
_AT_ONCE = 4 * 1024
_SLOWEST_BYTES_PER_S = 500
_STEP_S = 0.1
"""How long a cancellation goes unnoticed."""
_GRACE_S = 1.0
"""How much later than its own thread a request is given up, so that what came is kept."""
_ERROR_BYTES = 16 * 1024
_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python's `ssl` has no name."""

T = TypeVar("T")


def _never() -> bool:
    return False


class HttpTransport:
    """One office's address. Keeps its connection between exchanges; `close` it, or use it as a context manager.

    `cancelled` is asked all the time; once it says yes, `Stopped` is raised. `trusted_since` (ms) asks for the time
    rescue: the dates of the office's certificate do not count, unless it had ended before that instant, which is one
    that the office signed.
    """

    def __init__(
        self,
        url: str,
        path: str = SYNC,
        *,
        cancelled: Callable[[], bool] = _never,
        trusted_since: int | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        try:
            self._url = httpx.URL(url.rstrip("/") + path)
        except httpx.InvalidURL as error:
            raise outcomes.wrong_address(url) from error
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise outcomes.wrong_address(url)
        context = _context(self._url.scheme, check_dates=trusted_since is None)
        self._connect = partial(httpx.Client, verify=context, follow_redirects=False)
        self._client = self._connect()
        self._cancelled = cancelled
        self._trusted_since = trusted_since
        self._now_ms = now_ms
        self._progress = _Progress()
        self._line = Line(trusted_since)

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange:
        """Send `data` and return the answer; see `engine.Transport`."""
        self._progress = _Progress()
        return self._priced(lambda: self._exchanged(self._ask("POST", self._url, data, timeout_s)))

    def resume(self, data: bytes, *, timeout_s: float) -> Exchange | None:
        """Ask how far the exchange of `data` came, and carry on from there; see `engine.Transport`."""
        return self._priced(lambda: self._resumed(data, timeout_s))

    def _priced(self, work: Callable[[], T]) -> T:
        """Do `work`; an error tells what it cost to learn of it."""
        try:
            return work()
        except (ItinerantError, Stopped) as error:
            error.spent = self._line.meter.take()
            raise

    def _resumed(self, data: bytes, timeout_s: float) -> Exchange | None:
        place = self._url.copy_with(path=f"{self._url.path}/{envelope.name(data)}")
        progress = self._progress
        asked = self._ask("GET", place.copy_with(query=b"from=%d" % len(progress.answer)), b"", timeout_s)
        if asked.response.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            return self._exchanged(asked)
        has = asked.response.headers.get(OFFSET, "")
        start = min(int(has), len(data)) if has.isascii() and has.isdigit() else 0
        self._line.meter.settle(max(0, start - progress.office_has))
        progress.office_has, progress.answer = start, b""
        if not start:
            return None
        return self._exchanged(self._ask("POST", place.copy_with(query=b"from=%d" % start), data[start:], timeout_s))

    def _exchanged(self, asked: _Asked) -> Exchange:
        """The receipt that came, whole now, or what else it was."""
        status = asked.response.status_code
        body = self._progress.answer + asked.body if status == httpx.codes.OK else asked.body
        if status != httpx.codes.OK:
            # The two ends may differ on where the request ended: its rest would be answered as if it were the next.
            self._client.close()
            self._client = self._connect()
        outcomes.check(status, asked.response.headers, body)
        return Exchange(body, *self._line.meter.take())

    def _ask(self, method: str, url: httpx.URL, content: bytes, timeout_s: float) -> _Asked:
        """One request and its answer. Raises `Cut` that says how far the exchange came until now."""
        request = httpx.Request(
            method,
            url,
            headers=[("Content-Type", MEDIA_TYPE)] if content else [],
            content=content,
            extensions={"timeout": httpx.Timeout(_IDLE_S, connect=_CONNECT_S, read=_answer_s(content)).as_dict()},
        )
        deadline = time.monotonic() + timeout_s
        call = self._line.call(_head_size(request), len(content))
        request.extensions["trace"] = call.trace
        coming = _Coming()
        try:
            self._wait(call, call.begin(lambda: self._read(request, coming, deadline)), deadline)
        except (httpx.TransportError, Cut) as error:
            if coming.response is not None:
                self._progress.office_has += len(content)
                self._progress.came(coming.response, bytes(coming.body))
            told = error if isinstance(error, Cut) else self._failure(error)
            raise self._progress.told(told) from error
        assert coming.response is not None, "it was read to its end"
        self._progress.office_has += len(content)
        return _Asked(coming.response, bytes(coming.body))

    def _wait(self, call: Call, future: Future[None], deadline: float) -> None:
        """Wait for the request's own thread, unless it is left before."""
        while not future.done():
            if wait([future], _STEP_S).done:
                break
            if self._cancelled():
                call.leave()
                raise Stopped
            if time.monotonic() > deadline + _GRACE_S:
                call.leave()
                raise outcomes.too_slow()
        future.result()

    def _read(self, request: httpx.Request, coming: _Coming, deadline: float) -> None:
        """Send the request and read the answer; in the request's own thread."""
        meter = self._line.meter
        response = self._client.send(request, stream=True)
        try:
            meter.came(_head_size(response))
            coming.response = response
            for part in _parts(response, deadline):
                coming.body += part
                meter.came(len(part))
        finally:
            response.close()

    def _failure(self, error: httpx.TransportError) -> NoConnection:
        """What a failed exchange means; for a certificate out of its time, the office is asked what time it is."""
        causes = list(outcomes.causes_of(error))
        if outcomes.is_out_of_time(causes):
            return outcomes.out_of_time(self._now_ms(), self._office_time())
        return outcomes.no_connection(
            causes,
            slow=isinstance(error, httpx.TimeoutException),
            connecting=isinstance(error, httpx.ConnectError | httpx.ProxyError),
            host=self._url.host,
        )

    def _office_time(self) -> int | None:
        """What the office says that the time is (ms), with every check of its certificate but the dates.

        Nothing proves it: good for telling a person, for no decision. None when it does not say.
        """
        address = str(self._url.copy_with(path="/", query=None))
        with HttpTransport(address, HEALTH, cancelled=self._cancelled, trusted_since=0, now_ms=self._now_ms) as asking:
            try:
                asked = asking._ask("GET", asking._url, b"", _CONNECT_S)
            except NoConnection:
                return None
        return outcomes.date_ms(asked.response.headers.get("Date", ""))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request's answer."""

    response: httpx.Response
    body: bytes


@dataclass(slots=True)
class _Coming:
    """An answer as far as it came; its request's thread fills it."""

    response: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _Progress:
    """How far an exchange came: bytes of the parcel that the office has, and what came of the receipt."""

    office_has: int = 0
    answer: bytes = b""

    def came(self, response: httpx.Response, body: bytes) -> None:
        """Keep the beginning of an answer that was cut, unless it is somebody else's page."""
        start = RECEIPT.magic[:3]
        whole = self.answer + body
        if response.status_code == httpx.codes.OK and start.startswith(whole[: len(start)]):
            self.answer = whole

    def told(self, error: NoConnection) -> NoConnection:
        """The error, with what has crossed if it is a cut."""
        if isinstance(error, Cut):
            error.crossed = self.office_has + len(self.answer)
        return error


def _context(scheme: str, *, check_dates: bool) -> ssl.SSLContext:
    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: reading all authorities takes 20 ms
    context = httpx.create_ssl_context()
    if not check_dates:
        context.verify_flags |= _NO_CHECK_TIME
    return context


def _answer_s(content: bytes) -> float:
    """How long an answer may keep silent: what the system took to send may still be on its way up a slow link."""
    return _IDLE_S + max(0, len(content) - _AT_ONCE) / _SLOWEST_BYTES_PER_S


def _parts(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body as it comes, within the limit of size and before the deadline."""
    size = 0
    limit = LIMITS.envelope if response.status_code == httpx.codes.OK else _ERROR_BYTES
    for part in response.iter_raw():
        size += len(part)
        if size > limit:
            raise outcomes.endless()
        if time.monotonic() > deadline:
            raise outcomes.too_slow()
        yield part


def _head_size(message: httpx.Request | httpx.Response) -> int:
    """Bytes of a message's first line and headers on the wire."""
    if isinstance(message, httpx.Request):
        first = len(f"{message.method} {message.url.raw_path.decode('ascii')} HTTP/1.1\r\n")
    else:
        first = len(f"HTTP/1.1 {message.status_code} {message.reason_phrase}\r\n")
    return first + sum(len(name) + len(value) + 4 for name, value in message.headers.raw) + 2
