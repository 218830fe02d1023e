"""The one module that speaks HTTP: a parcel goes out, a receipt comes in, or an error that says whose move it is.

* Few headers: on a slow link every byte of them is paid for.
* Every wait is bounded, the whole exchange too; what comes in is bounded before it is kept.
* What answers may not be the office: hotel and town networks answer with pages and redirects of their own.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpx

from itinerant.errors import Damaged, NoConnection, Refused
from itinerant.sync import envelope
from itinerant.sync.engine import Cut, Exchange
from itinerant.sync.envelope import RECEIPT
from itinerant.sync.limits import LIMITS
from itinerant.texts import _

SYNC, ENROL = "/v1/sync", "/v1/enrol"
MEDIA_TYPE = "application/octet-stream"
OFFSET = "Upload-Offset"

_CONNECT_S = 20.0
_IDLE_S = 30.0
_ERROR_BYTES = 16 * 1024
_NOT_YET_VALID, _EXPIRED = 9, 10
"""OpenSSL's verification codes for a certificate that is out of its time, or a clock that is."""


class HttpTransport:
    """One office's address. Keeps its connection between exchanges; `close` it, or use it as a context manager."""

    def __init__(self, url: str, path: str = SYNC, *, verify: ssl.SSLContext | bool = True) -> None:
        self._client = httpx.Client(verify=verify, follow_redirects=False)
        try:
            self._url = httpx.URL(url.rstrip("/") + path)
        except httpx.InvalidURL as error:
            raise _wrong_address(url) from error
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise _wrong_address(url)
        self._progress = _Progress()

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange:
        """Send `data` and return the answer; see `engine.Transport`."""
        self._progress = _Progress()
        return self._exchanged(self._ask("POST", self._url, data, timeout_s))

    def resume(self, data: bytes, *, timeout_s: float) -> Exchange | None:
        """Ask how far the exchange of `data` came, and carry on from there; see `engine.Transport`."""
        place = self._url.copy_with(path=f"{self._url.path}/{envelope.name(data)}")
        progress = self._progress
        asked = self._ask("GET", place.copy_with(query=b"from=%d" % len(progress.answer)), b"", timeout_s)
        if asked.response.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            return self._exchanged(asked)
        has = asked.response.headers.get(OFFSET, "")
        start = min(int(has), len(data)) if has.isascii() and has.isdigit() else 0
        progress.office_has, progress.answer = start, b""
        if not start:
            return None
        return self._exchanged(self._ask("POST", place.copy_with(query=b"from=%d" % start), data[start:], timeout_s))

    def _exchanged(self, asked: _Asked) -> Exchange:
        """What the exchange brought and cost, all its parts together. Raises what an answer other than a receipt means.

        Of a request that was cut, what the office did not keep is not known and not counted.
        """
        progress = self._progress
        body = progress.answer + asked.body if asked.response.status_code == httpx.codes.OK else asked.body
        _check(asked.response, body)
        return Exchange(body, progress.bytes_up, progress.bytes_down)

    def _ask(self, method: str, url: httpx.URL, content: bytes, timeout_s: float) -> _Asked:
        """One request and its answer. Raises `Cut` that says how far the exchange came until now."""
        request = httpx.Request(
            method,
            url,
            headers=[("Content-Type", MEDIA_TYPE)] if content else [],
            content=content,
            extensions={"timeout": httpx.Timeout(_IDLE_S, connect=_CONNECT_S).as_dict()},
        )
        deadline = time.monotonic() + timeout_s
        body = bytearray()
        self._progress.heads_up += _head_size(request)
        try:
            response = self._client.send(request, stream=True)
            self._progress.office_has += len(content)
            self._progress.bytes_down += _head_size(response)
            try:
                for part in _parts(response, deadline):
                    body += part
            except (httpx.TransportError, Cut):
                self._progress.came(response, bytes(body))
                raise
            finally:
                self._progress.bytes_down += len(body)
                response.close()
        except httpx.TransportError as error:
            raise self._progress.told(_no_connection(error)) from error
        except Cut as cut:
            self._progress.told(cut)
            raise
        return _Asked(response, bytes(body))

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
class _Progress:
    """How far an exchange came: bytes of the parcel that the office has, what came of the receipt, what all weighed."""

    office_has: int = 0
    answer: bytes = b""
    heads_up: int = 0
    bytes_down: int = 0

    @property
    def bytes_up(self) -> int:
        """Bytes to the office, with all headers."""
        return self.heads_up + self.office_has

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


def _parts(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body as it comes, within the limit of size and before the deadline."""
    size = 0
    limit = LIMITS.envelope if response.status_code == httpx.codes.OK else _ERROR_BYTES
    for part in response.iter_raw():
        size += len(part)
        if size > limit:
            raise NoConnection(_("Quien respondió no es la oficina: su respuesta no termina."), code="portal")
        if time.monotonic() > deadline:
            raise _too_slow()
        yield part


def _check(response: httpx.Response, body: bytes) -> None:
    """Raise what an answer other than a receipt means."""
    if response.status_code == httpx.codes.OK and body[:3] == RECEIPT.magic[:3]:
        return
    words = _words(response, body)
    if response.status_code in (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS):
        raise NoConnection(
            words.get("sentence") or _("La oficina está ocupada."),
            retry_after=_retry_after(response),
            next_step=_("Se intentará de nuevo en un momento."),
            code="busy",
        )
    if words and response.is_client_error:
        kind = Damaged if response.status_code == httpx.codes.BAD_REQUEST else Refused
        raise kind(
            words["sentence"],
            safe=words.get("safe", ""),
            next_step=words.get("next_step", ""),
            place=words.get("place", ""),
            code=words["code"],
        )
    if response.is_server_error:
        raise NoConnection(
            _("La oficina tuvo un problema al recibir (código {code}).").format(code=response.status_code),
            next_step=_("Se intentará de nuevo; si sigue, avise a la oficina."),
            code="office_failed",
        )
    raise NoConnection(
        _("Respondió otra cosa en lugar de la oficina: quizá la red pide aceptar condiciones en el navegador."),
        next_step=_("Abra el navegador, acepte lo que pida la red y vuelva a intentar."),
        code="portal",
    )


def _words(response: httpx.Response, body: bytes) -> dict[str, str]:
    """The office's own words in an error answer; empty when it is somebody else's page."""
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    words = {name: text[:500] for name, text in value.items() if isinstance(text, str)}
    return words if words.get("sentence") and words.get("code") else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of `Retry-After`: a number or a date (RFC 9110 section 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(min(int(text), 86_400))
    try:
        when = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return max(0.0, (when - sent).total_seconds()) if (when.tzinfo is None) == (sent.tzinfo is None) else None


def _no_connection(error: httpx.TransportError) -> NoConnection:
    """What a failed exchange means to a person."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause)
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        return _too_slow()
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NoConnection(
            _("No se encuentra la dirección de la oficina: no hay red, o no llega a internet."),
            next_step=_("Busque señal y vuelva a intentar; lo anotado está a salvo."),
            code="no_network",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return NoConnection(
            _("La oficina no está atendiendo en este momento."),
            next_step=_("Intente más tarde; lo anotado está a salvo."),
            code="down",
        )
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return NoConnection(
            _("No hay camino hasta la oficina."),
            next_step=_("Busque señal y vuelva a intentar; lo anotado está a salvo."),
            code="no_network",
        )
    return Cut(
        _("La conexión se cortó a mitad."),
        next_step=_("Se intentará de nuevo desde donde quedó."),
        code="cut",
    )


def _certificate(error: ssl.SSLCertVerificationError) -> NoConnection:
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return NoConnection(
            _("El certificado de la oficina no vale en la fecha de esta laptop: quizá su reloj está mal."),
            next_step=_("Corrija la fecha y la hora del sistema y vuelva a intentar."),
            code="tls_clock",
        )
    return NoConnection(
        _("Quien responde no demuestra ser la oficina: su certificado no es el debido."),
        next_step=_("Pruebe con otra red; si se repite, avise a la oficina."),
        code="tls_certificate",
    )


def _too_slow() -> Cut:
    return Cut(
        _("La oficina no respondió a tiempo."),
        next_step=_("Se intentará de nuevo desde donde quedó."),
        code="timeout",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _head_size(message: httpx.Request | httpx.Response) -> int:
    """Bytes of a message's first line and headers on the wire."""
    if isinstance(message, httpx.Request):
        first = len(f"{message.method} {message.url.raw_path.decode('ascii')} HTTP/1.1\r\n")
    else:
        first = len(f"HTTP/1.1 {message.status_code} {message.reason_phrase}\r\n")
    return first + sum(len(name) + len(value) + 4 for name, value in message.headers.raw) + 2


def _wrong_address(url: str) -> Refused:
    return Refused(
        _("«{url}» no es la dirección de una oficina.").format(url=url[:80]),
        next_step=_("Pida a la oficina un código de inscripción nuevo."),
        code="address",
    )
