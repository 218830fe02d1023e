"""`device lost`, `device report`: a laptop that is not where it should be."""

from __future__ import annotations

import argparse

from itinerant.domain.people import DEVICE
from itinerant.domain.words import moment
from itinerant.texts import _, ngettext
from server.access import accesses
from server.cli.output import answer, line, opened
from server.laptops import fleet, loss
from server.queries.state import Document


def lost(args: argparse.Namespace) -> int:
    """Believe a lost laptop no more, and say what to do next."""
    with opened(args) as office:
        upto = fleet.revoke(office, args.device, args.why, by=args.account, lost=True)
    words = _(
        "{device} consta como perdida después de su cambio {n}. Las demás laptops lo sabrán en su próxima constancia,"
        " por red o memoria.\nLo que pudo llevar: «itinerant-server device report {device}»."
    ).format(device=args.device, n=upto)
    answer(args, {"ok": True, "device": args.device, "revoked_after": upto}, words)
    return 0


def report(args: argparse.Namespace) -> int:
    """What is known of a laptop, what is missing of it, and what it could hold."""
    with opened(args) as office:
        with office.database.writer() as connection:
            accesses.note(
                connection, at=office.now_ms(), account=args.account, action="device.report", subject=args.device
            )
        with office.database.reader() as connection:
            found = loss.report(connection, office, args.device)
    if args.json:
        line(found)
    else:
        print("\n".join(_words(found)))
    return 0


def _words(found: Document) -> list[str]:
    head, missing, held = found["head"], found["missing"], found["could_hold"]
    assert isinstance(head, dict) and isinstance(missing, dict) and isinstance(held, dict)
    seen = found["seen_at"]
    way = _("por memoria") if found["by_stick"] else _("por red")
    heard = f"{moment(seen)}, {way}" if isinstance(seen, int) else _("nunca")
    at_least = int(missing["at_least"])
    state = DEVICE.by_name["state"].label_of(str(found["state"]))
    visits = len(held["visits"])
    return [
        _("{device}, brigada {brigade}: {state}").format(device=found["device"], brigade=found["brigade"], state=state),
        _("Última vez: {heard}; su registro llega aquí hasta el cambio {n}.").format(heard=heard, n=head["seq"]),
        ngettext(
            "Falta al menos {n} cambio posterior que otra laptop menciona.",
            "Faltan al menos {n} cambios posteriores que otras laptops mencionan.",
            at_least,
        ).format(n=at_least)
        if at_least
        else _("Nadie menciona cambios posteriores; puede haberlos."),
        _("Jornadas suyas sin cerrar: {list}").format(list=", ".join(missing["visits_not_closed"]) or _("ninguna")),
        ngettext(
            "Pudo llevar {n} jornada, con {sessions} atenciones sin datos personales, y {names} nombres del personal.",
            "Pudo llevar {n} jornadas, con {sessions} atenciones sin datos personales, y {names} nombres del personal.",
            visits,
        ).format(n=visits, sessions=held["sessions"], names=held["staff_names"]),
        _("Está cifrada. Si hubo vulneración, avise a la autoridad dentro de {n} horas (Ley 29733).").format(
            n=found["notice_within_h"]
        ),
    ]
