"""Laptops as witnesses: each saw the ledger at some size, and signed that it only grew (C2SP tlog-cosignature).

* A witness signs with the key that the ledger gives its laptop, under the name ORIGIN/DEVICE, another kind of signature
  than what it sends; so its word needs no key from elsewhere.
* What it saw must be the beginning of the ledger that is exported, or there are two ledgers.
"""

from __future__ import annotations

import time

from itinerant.audit.archive import Archive, objects
from itinerant.audit.ed25519 import Signed, wrongly_signed
from itinerant.audit.facts import DEVICE
from itinerant.audit.notes import (
    COSIGNATURE_KIND,
    Checkpoint,
    Key,
    check_note,
    read_checkpoint,
    split_note,
    strict_base64,
)
from itinerant.audit.report import Broken, Report
from itinerant.audit.tlog import continues

WITNESSES = "witnesses.jsonl"
WITNESS_SHAPE: dict[str, object] = {"device": DEVICE, "note": str, "proof": [str], "received_at": int}
LAST_SECOND = 253_402_300_799
"""Of the year 9999: a clock beyond it is not shown as a date."""


def check_witnesses(archive: Archive, key: Key, end: Checkpoint, keys: dict[str, bytes], report: Report) -> str:
    """Each laptop's last word on the ledger: its signature is right, and what it saw is how this ledger begins.

    Answers with what they say together, in words; empty when there is none.
    """
    if WITNESSES not in archive.members:  # an export of an earlier version
        return ""
    seen: list[tuple[str, int, int]] = []
    signed: list[Signed] = []
    for row, item in objects(archive, WITNESSES, WITNESS_SHAPE):
        device, proof = item["device"], [strict_base64(text) or b"" for text in item["proof"]]
        saw = read_checkpoint(check_note(item["note"], key, WITNESSES), WITNESSES)
        raw = keys.get(device)
        name = f"{key.name}/{device}"
        mine = Key(name, raw or b"", COSIGNATURE_KIND)
        values = [one.value for one in split_note(item["note"], WITNESSES)[1] if (one.name, one.id) == (name, mine.id)]
        if raw is None or len(values) != 1 or len(values[0]) != 72:
            raise Broken("witness", "No lleva la firma de testigo de ese equipo.", WITNESSES, row, device)
        if saw.origin != end.origin or not continues(saw.size, end.size, saw.root, end.root, proof):
            report.add("witness", "El registro que vio este equipo no es el comienzo de este.", WITNESSES, row, device)
        seconds = int.from_bytes(values[0][:8], "big")
        text = f"cosignature/v1\ntime {seconds}\n{saw.origin}\n{saw.size}\n{item['note'].split(chr(10))[2]}\n"
        signed.append(Signed(raw, text.encode(), values[0][8:]))
        seen.append((device, saw.size, seconds))
    for place in wrongly_signed(signed):
        words = "Este equipo dio fe de otro registro que este: fue reescrito, o se le mostró otro."
        report.add("witness", words, WITNESSES, place + 1, seen[place][0])
    report.counts["witnesses"] = len(seen)
    if not seen:
        return ""
    told = [f"{device} hasta la hoja {size} ({moment(seconds)})" for device, size, seconds in seen]
    more = f" y {len(told) - 12} más" if len(told) > 12 else ""
    return f"Vista por {len(seen)} equipos, que firmaron que el registro solo creció: {', '.join(told[:12])}{more}."


def moment(seconds: int) -> str:
    """An instant of a laptop's clock."""
    if seconds > LAST_SECOND:
        return str(seconds)
    return time.strftime("%d/%m/%Y %H:%M UTC", time.gmtime(seconds))
