"""`recovery list|show|approve` and `recovery holder add|list|remove`."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.errors import UserError
from itinerant.sync import folder, recovery
from itinerant.texts import _
from server.access import accesses
from server.cli import passphrases
from server.cli.output import answer, line, opened, say
from server.keys import holders
from server.keys.holders import NEEDED, Holders
from server.laptops import recovery as recoveries
from server.laptops.recovery import Case
from server.office import Office


def listing(args: argparse.Namespace) -> int:
    """Every request that was shown to this office."""
    with opened(args) as office:
        for case in recoveries.cases(office):
            line(_document(case)) if args.json else print(_words(case))
    return 0


def show(args: argparse.Namespace) -> int:
    """One request: for whom it is, and the code to compare by voice."""
    with opened(args) as office:
        case = _case(office, args.file)
    answer(args, _document(case), _words(case))
    return 0


def approve(args: argparse.Namespace) -> int:
    """Approve; with the second account's approval the answer is written."""
    if not args.out and not _is_file(args.file):
        raise UserError(_("Diga con --out dónde va la respuesta."), place="out")
    place = Path(args.out) if args.out else Path(args.file).parent
    with opened(args) as office:
        case = _case(office, args.file)
        passphrase = passphrases.read(args.passphrase_file, _("Frase de custodio de {who}: ").format(who=args.account))
        done = recoveries.approve(office, case, args.code, args.account, passphrase)
        written = ""
        if done.answer:
            folder.prepare(place)
            written = str(folder.write(place, done.answer, recovery.ANSWERS))
    if written:
        words = _("Aprobada por {who}. Lleve {file} a la laptop.").format(who=" y ".join(done.accounts), file=written)
    else:
        words = _("Aprobada por {who}. Falta otra cuenta, en los próximos {n} días.").format(
            who=args.account, n=recoveries.APPROVAL_DAYS
        )
    answer(args, {"ok": True, **_document(done), "file": written}, words)
    return 0


def holder_add(args: argparse.Namespace) -> int:
    """Make an account a holder of the recovery key."""
    files: list[str] = args.by_passphrase_file
    with opened(args) as office:
        recoveries.require_holder(office, args.account)
        by = [
            (who, passphrases.read(files[place] if place < len(files) else "", _("Frase de {who}: ").format(who=who)))
            for place, who in enumerate(args.by)
        ]
        prompt = _("Frase de custodio nueva de {who}: ").format(who=args.account)
        passphrase = passphrases.read(args.passphrase_file, prompt, twice=True)
        made = holders.add(office.folder, args.account, passphrase, by)
        _note(office, args.account, "recovery.holder.add", args.account)
    if made.ready:
        words = _("{n} custodios. Desde ahora ninguna cuenta sola abre una laptop.").format(n=len(made.slots))
        say(_("Destruya las copias de keys/recovery.key que haya hecho antes."))
    else:
        words = _("Falta otro custodio: hasta entonces la llave está en keys/recovery.key y nadie puede aprobar.")
    answer(args, {"ok": True, "holders": list(made.slots), "ready": made.ready}, words)
    return 0


def holder_list(args: argparse.Namespace) -> int:
    """Who keeps the recovery key."""
    with opened(args) as office:
        found = Holders.read(office.folder)
    words = "\n".join(found.slots) or _("Nadie todavía: hacen falta {n} cuentas.").format(n=NEEDED)
    answer(args, {"holders": list(found.slots), "ready": found.ready}, words)
    return 0


def holder_remove(args: argparse.Namespace) -> int:
    """Let a holder go."""
    with opened(args) as office:
        made = holders.remove(office.folder, args.holder)
        _note(office, args.account, "recovery.holder.remove", args.holder, args.why)
    answer(args, {"ok": True, "holders": list(made.slots)}, _("{who} ya no es custodio.").format(who=args.holder))
    return 0


def _case(office: Office, name: str) -> Case:
    """The request in a file, or one that was received already, by its number."""
    return recoveries.receive(office, folder.read(Path(name))) if _is_file(name) else recoveries.find(office, name)


def _is_file(name: str) -> bool:
    return Path(name).suffix.upper() == recovery.REQUESTS


def _note(office: Office, account: str, action: str, subject: str, why: str = "") -> None:
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=account, action=action, subject=subject, why=why)


def _document(case: Case) -> dict[str, object]:
    request = case.request
    return {
        "request": request.ref,
        "device": request.device,
        "person": request.person,
        "code": request.code,
        "asked_at": request.at,
        "received_at": case.received_at,
        "approved_by": list(case.accounts),
        "given": bool(case.answer),
    }


def _words(case: Case) -> str:
    request = case.request
    words = _("{ref}  {device} para {person}  código {code}  {state}; aprobaron: {who}").format(
        ref=request.ref,
        device=request.device,
        person=request.person,
        code=request.code,
        state=_("dada") if case.answer else _("espera"),
        who=", ".join(case.accounts) or _("nadie"),
    )
    return words if case.answer else words + "\n  " + _("Llame a la brigada y compare el código antes de aprobar.")
