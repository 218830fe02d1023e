"""What the automated agent offers and says: entities, services, the steps of one, and the leaflet to take along.

* A service's own steps are the office's words, in Spanish; what is said around them is said in the visitor's language.
* The attention that it leaves holds choices alone: nobody types anything.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from itinerant.domain.fields import Value
from itinerant.domain.pdf import Line, write
from itinerant.texts import N_, _, language
from itinerant.tui.ports import Laptop, Row

_MOST = 5_000
_LINE = 78
_LANGUAGES = {"es": "spa", "quz": "quz"}
"""The languages of a visit, as an attention names them."""

_GUIDANCE = {
    "information": N_("Busque en la página de la entidad lo que necesita saber, y anótelo en su cuaderno."),
    "consultation": N_("Abra la página de la entidad, elija «Consultas» y escriba allí su dato."),
    "procedure": N_("Abra la página de la entidad y llene el formulario, paso a paso. Guarde el número que le den."),
    "payment": N_("Abra la página de pagos, elija la tasa y pague. Guarde la constancia."),
    "participation": N_("Abra la página de la entidad y escriba allí su pedido, opinión o queja."),
    "guidance": N_("Lea lo que pide la entidad y reúna los documentos antes de ir."),
    "other": N_("Abra la página de la entidad y siga lo que indica."),
}
_CLOSING = N_("Al terminar, cierre su sesión en la página. Aquí no se guarda nada de lo que escriba.")


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen, read once when the agent starts. `visit`: where its attentions belong."""

    visit: str
    services: Sequence[Row]
    names: Mapping[str, str]
    """Names of entities by code."""

    def entities(self) -> list[tuple[str, str]]:
        """Code and name of every entity with a service, by name."""
        codes = {str(row.values["entity"]) for row in self.services}
        return sorted(((code, self.names.get(code, code)) for code in codes), key=lambda pair: pair[1])

    def of(self, entity: str) -> list[tuple[str, str]]:
        """Code and name of an entity's services, by name."""
        found = [row.values for row in self.services if row.values["entity"] == entity]
        return sorted(((str(each["code"]), str(each["name"])) for each in found), key=lambda pair: pair[1])

    def service(self, code: str) -> Mapping[str, Value]:
        """The values of a service of `of`."""
        return next(row.values for row in self.services if row.values["code"] == code)


def load(laptop: Laptop) -> Offer | None:
    """What the catalogue offers, for the open visit; None while no visit is open."""
    visit = laptop.current_visit()
    if visit is None:
        return None
    rows = [
        row for row in laptop.list("service", limit=_MOST) if not row.void and row.values.get("active") is not False
    ]
    names = {str(row.values["code"]): str(row.values["name"]) for row in laptop.list("entity", limit=_MOST)}
    return Offer(visit.record, rows, names)


def steps(service: Mapping[str, Value]) -> list[str]:
    """What to do, in order: what holds for every service of its kind, the service's own steps, and how to end."""
    own = [part.strip() for part in str(service.get("steps") or "").split("|") if part.strip()]
    return [_(_GUIDANCE.get(str(service.get("access")), _GUIDANCE["other"])), *own, _(_CLOSING)]


def attention(
    offer: Offer, service: Mapping[str, Value], outcome: str, cause: str | None, started_at: int, duration_s: int
) -> dict[str, Value]:
    """The anonymous attention that a visitor leaves."""
    return {
        "service": service["code"],
        "access": service.get("access") or "other",
        "mode": "self_service",
        "channel": "automated_agent",
        "segment": "citizen",
        "outcome": outcome,
        "cause": cause,
        "started_at": started_at,
        "duration_s": duration_s,
        "language": _LANGUAGES.get(language(), "spa"),
        "card": "none",
        "visit": offer.visit,
    }


def leaflet(entity: str, service: Mapping[str, Value]) -> bytes:
    """A PDF with the steps of a service, to take along."""
    name = str(service["name"])
    lines = [*_wrapped([entity], ""), *(Line(line.text, "bold") for line in _wrapped([name], "")), Line("")]
    for number, step in enumerate(steps(service), 1):
        lines += [*_wrapped([step], f"{number}. "), Line("")]
    fee = service.get("fee_cents")
    if isinstance(fee, int):
        lines.append(Line(_("Derecho de trámite: S/ {amount}").format(amount=f"{fee / 100:,.2f}")))
    return write(lines, name)


def _wrapped(paragraphs: Iterable[str], mark: str) -> list[Line]:
    return [
        Line(line)
        for text in paragraphs
        for line in textwrap.wrap(text, _LINE, initial_indent=mark, subsequent_indent=" " * len(mark))
    ]
