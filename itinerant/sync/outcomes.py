"""What each way of failing means to a person: what happened, what is safe, what to do.

* The class says what the engine does: `NoConnection` and `Cut` are tried again, `NotTheOffice` and `WrongClock` wait
  for a person, `Refused` and `Damaged` end it.
* What answers may not be the office: hotel and town networks answer with pages and redirects of their own.
* Words alone: whoever speaks HTTP hands over causes, a status, headers and a body.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from itinerant.domain import words
from itinerant.errors import Damaged, Move, NoConnection, Refused
from itinerant.sync.engine import Cut
from itinerant.sync.envelope import RECEIPT
from itinerant.texts import N_, _, ngettext

OK, BAD_REQUEST, TOO_MANY, UNAVAILABLE = 200, 400, 429, 503
CLOCK_WORTH_SAYING_MS = 86_400_000
"""A clock that is off by less than a day is not what makes a certificate fail: that one has really expired."""

_NOT_YET_VALID, _EXPIRED = 9, 10
"""OpenSSL's verification codes for a certificate that is out of its time, or a clock that is."""


class NotTheOffice(NoConnection):
    """Something answered that does not prove to be the office: another try in a second finds the same."""

    move = Move.ASK
    title = N_("No respondió la oficina")


class WrongClock(NotTheOffice):
    """The certificate is good but for its time, and the office tells another time than this laptop.

    `office_ms`: what the office says (not proven: for a display alone); `ahead_ms`: this clock less that one.
    """

    title = N_("El reloj de la laptop está mal")

    def __init__(self, sentence: str, office_ms: int, ahead_ms: int, *, safe: str, next_step: str) -> None:
        super().__init__(sentence, safe=safe, next_step=next_step, code="tls_clock")
        self.office_ms = office_ms
        self.ahead_ms = ahead_ms


def safe() -> str:
    """What holds after every failure of a link."""
    return _("Lo anotado sigue guardado aquí; lo que la oficina ya confirmó queda enviado.")


def check(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raise what an answer other than a receipt means."""
    if status == OK and body[:3] == RECEIPT.magic[:3]:
        return
    told = _office_words(headers, body)
    if status in (UNAVAILABLE, TOO_MANY):
        raise NoConnection(
            told.get("sentence") or _("La oficina está ocupada."),
            retry_after=retry_after(headers),
            safe=safe(),
            next_step=_("Se intentará de nuevo en un momento."),
            code="busy",
        )
    if told and BAD_REQUEST <= status < 500:
        kind = Damaged if status == BAD_REQUEST else Refused
        raise kind(
            told["sentence"],
            safe=told.get("safe") or safe(),
            next_step=told.get("next_step") or _("Comuníquese con la oficina y dígale este mensaje."),
            place=told.get("place", ""),
            code=told["code"],
        )
    if status >= 500:
        raise NoConnection(
            _("La oficina tuvo un problema al recibir (código {code}).").format(code=status),
            safe=safe(),
            next_step=_("Se intentará de nuevo; si sigue, avise a la oficina."),
            code="office_failed",
        )
    raise portal()


def portal() -> NotTheOffice:
    """A page or a redirect came in place of a receipt."""
    return NotTheOffice(
        _("Respondió otra cosa en lugar de la oficina: quizá la red pide aceptar condiciones en el navegador."),
        safe=safe(),
        next_step=_("Abra el navegador, acepte lo que pida la red y vuelva a intentar."),
        code="portal",
    )


def endless() -> NotTheOffice:
    """An answer went past every bound."""
    return NotTheOffice(
        _("Quien respondió no es la oficina: su respuesta no termina."),
        safe=safe(),
        next_step=_("Pruebe con otra red; si se repite, avise a la oficina."),
        code="portal",
    )


def _office_words(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The office's own words in an error answer; empty when it is somebody else's page."""
    if not headers.get("Content-Type", "").startswith("application/json"):
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    told = {name: text[:500] for name, text in value.items() if isinstance(text, str)}
    return told if told.get("sentence") and told.get("code") else {}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`: a number or a date (RFC 9110 section 10.2.3); a day at most."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86_400))
    when, sent = date_ms(text), date_ms(headers.get("Date", ""))
    return None if when is None or sent is None else min(max(0.0, (when - sent) / 1_000), 86_400.0)


def date_ms(text: str) -> int | None:
    """The instant (ms since 1970) of an HTTP date, or None."""
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1_000)
    except (ValueError, OverflowError, OSError):
        return None


def no_connection(causes: Iterable[BaseException], *, slow: bool, connecting: bool, host: str) -> NoConnection:
    """What a failed exchange means. `slow`: a time-out; `connecting`: it failed before anything travelled."""
    causes = list(causes)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _bad_certificate()
    if slow:
        return too_slow()
    lookups = [cause for cause in causes if isinstance(cause, socket.gaierror)]
    if any(cause.errno == socket.EAI_NONAME for cause in lookups):
        return NoConnection(
            _("Esta red no conoce la dirección de la oficina («{host}»).").format(host=host),
            safe=safe(),
            next_step=_("Busque señal o pruebe otra red; si con otra pasa igual, pida a la oficina su dirección."),
            code="name",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return NoConnection(
            _("La oficina no está atendiendo en este momento."),
            safe=safe(),
            next_step=_("Intente más tarde; no hay nada más que hacer."),
            code="down",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes) and connecting:
        return NotTheOffice(
            _("Lo que respondió no habla como la oficina: no se pudo cifrar la conexión."),
            safe=safe(),
            next_step=_("Pruebe con otra red; si se repite, avise a la oficina."),
            code="tls",
        )
    if lookups or connecting:
        return NoConnection(
            _("No hay red, o no llega hasta la oficina."),
            safe=safe(),
            next_step=_("Busque señal y vuelva a intentar, o lleve los cambios en una memoria USB."),
            code="no_network",
        )
    return Cut(
        _("La conexión se cortó a mitad."),
        safe=safe(),
        next_step=_("Se intentará de nuevo desde donde quedó."),
        code="cut",
    )


def too_slow() -> Cut:
    """Nothing came for too long."""
    return Cut(
        _("La oficina no respondió a tiempo."),
        safe=safe(),
        next_step=_("Se intentará de nuevo desde donde quedó; si sigue, acérquese a donde haya mejor señal."),
        code="timeout",
    )


def is_out_of_time(causes: Iterable[BaseException]) -> bool:
    """Whether a certificate was refused for its dates."""
    return any(
        isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in (_NOT_YET_VALID, _EXPIRED)
        for cause in causes
    )


def out_of_time(now_ms: int, office_ms: int | None) -> NotTheOffice:
    """A certificate is refused for its dates. `now_ms`: this clock; `office_ms`: what the office tells, if it does."""
    if office_ms is not None and abs(now_ms - office_ms) >= CLOCK_WORTH_SAYING_MS:
        ahead = now_ms - office_ms
        sentence = (
            _("El reloj de esta laptop está adelantado {amount}: dice {here}, y la oficina dice {there}.")
            if ahead > 0
            else _("El reloj de esta laptop está atrasado {amount}: dice {here}, y la oficina dice {there}.")
        ).format(amount=long_time(abs(ahead)), here=words.moment(now_ms), there=words.moment(office_ms))
        return WrongClock(
            sentence,
            office_ms,
            ahead,
            safe=_("Lo anotado sigue guardado aquí: una hora equivocada no pierde ni desordena nada."),
            next_step=_(
                "Corrija la fecha del sistema, o envíe con la hora de la oficina: en la pantalla se lo pregunta, "
                "y es «itinerant sync --office-time»."
            ),
        )
    return NotTheOffice(
        _("El certificado de la oficina no vale en esta fecha ({here}): venció o todavía no rige.").format(
            here=words.moment(now_ms)
        ),
        safe=safe(),
        next_step=_("Compruebe la fecha de la laptop; si está bien, avise a la oficina que renueve su certificado."),
        code="tls_expired",
    )


def superseded_certificate() -> NotTheOffice:
    """The time rescue met a certificate that had ended before the last answer of the office."""
    return NotTheOffice(
        _("Quien responde usa un certificado que venció antes de la última constancia: puede no ser la oficina."),
        safe=safe(),
        next_step=_("Pruebe con otra red; si se repite, avise a la oficina."),
        code="tls_certificate",
    )


def _bad_certificate() -> NotTheOffice:
    return NotTheOffice(
        _("Quien responde no demuestra ser la oficina: su certificado no es el debido."),
        safe=_("No se le envió nada. Lo anotado sigue guardado aquí."),
        next_step=_("Pruebe con otra red; si se repite, avise a la oficina."),
        code="tls_certificate",
    )


def wrong_address(url: str) -> Refused:
    """The office's address is none."""
    return Refused(
        _("«{url}» no es la dirección de una oficina.").format(url=url[:80]),
        safe=safe(),
        next_step=_("Pida a la oficina un código de inscripción nuevo."),
        code="address",
    )


def long_time(ms: int) -> str:
    """`20 años`, `12 días`, `3 h 05 min`."""
    days = ms // 86_400_000
    if days >= 730:
        years = round(days / 365.25)
        return ngettext("{n} año", "{n} años", years).format(n=years)
    return ngettext("{n} día", "{n} días", days).format(n=days) if days else words.duration(ms // 1_000)


def causes_of(error: BaseException | None) -> Iterable[BaseException]:
    """An error and what led to it, the nearest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
