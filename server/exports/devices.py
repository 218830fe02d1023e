"""Devices, the heads that they signed, and what was set apart, as the export lists them.

What was set apart is listed by its hash and the reason: its contents may be the very personal data that it was set
apart for. The hash of the change before it is given too, so that the chain can be followed across the gap.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence

from itinerant.domain import guard
from itinerant.log.change import GENESIS
from itinerant.log.merge import merge
from itinerant.log.tree import Fetch, consistency_proof
from itinerant.sync import keys
from server import witnesses
from server.exports.gather import Gathered, Numbers
from server.exports.seal import base64_of
from server.exports.source import Apart, SignedHead
from server.home import OfficeKeys
from server.office import Office
from server.witnesses import Witness

RELEASED = "released"


def apart_lines(items: Iterable[Apart]) -> Iterator[dict[str, object]]:
    """The lines of `quarantine.jsonl`. A reason that the guard would not let pass is left out."""
    for item in items:
        why = item.why if guard.clean(item.why) else ""
        yield {**item._asdict(), "hash": item.hash.hex(), "why": why}


def head_lines(heads: Iterable[SignedHead]) -> Iterator[dict[str, object]]:
    """The lines of `heads.jsonl`: header and signature as the device made them."""
    for head in heads:
        yield {
            "device": head.device,
            "header": base64.b64encode(head.header).decode(),
            "received_at": head.received_at,
            "signature": base64.b64encode(head.signature).decode(),
        }


def device_lines(gathered: Gathered) -> Iterator[dict[str, object]]:
    """The lines of `devices.jsonl`: each device's key and state, how far its log goes, its gaps and branches."""
    records = _records(gathered)
    for device in sorted({*records, *gathered.devices, *(item.device for item in gathered.apart)}):
        numbers = gathered.devices.get(device, Numbers())
        mine = [item for item in gathered.apart if item.device == device and item.seq]
        unknown: dict[str, object] = {"record": "", "revoked_after": None, "sign_key": None, "state": None}
        upto, head = _end(numbers, mine)
        yield {
            **records.get(device, unknown),
            "branches": list(_branches(mine)),
            "device": device,
            "gaps": _gaps(numbers, upto, whole=gathered.whole),
            "head": head,
            "upto": upto,
        }


def _end(numbers: Numbers, apart: Sequence[Apart]) -> tuple[int, str]:
    """The last number of a device's first branch, and its hash, be it in the ledger or set apart."""
    last = max(((item.seq, item.hash.hex()) for item in apart if not item.branch), default=(0, GENESIS))
    return max((numbers.upto, numbers.head), last)


def _branches(apart: Sequence[Apart]) -> Iterator[dict[str, object]]:
    """Logs that another laptop wrote under the same code."""
    for branch in sorted({item.branch for item in apart} - {0}):
        mine = sorted((item.seq, item.hash) for item in apart if item.branch == branch)
        yield {"branch": branch, "forked_at": mine[0][0] - 1, "head": mine[-1][1].hex(), "upto": mine[-1][0]}


def _gaps(numbers: Numbers, upto: int, *, whole: bool) -> list[list[int]]:
    """Runs of numbers up to `upto` that the ledger has not; in an export of a period, from its lowest number on."""
    if not numbers.highest and not whole:
        return []
    missing = set(numbers.missing) | set(range(numbers.highest + 1, upto + 1))
    if whole:
        missing |= set(range(1, numbers.lowest))
    gaps: list[list[int]] = []
    for seq in sorted(seq for seq in missing if seq <= upto):
        if gaps and gaps[-1][1] == seq - 1:
            gaps[-1][1] = seq
        else:
            gaps.append([seq, seq])
    return gaps


def witness_lines(
    office: Office, gathered: Gathered, seen: Iterable[Witness], size: int, fetch: Fetch
) -> Iterator[dict[str, object]]:
    """The lines of `witnesses.jsonl`: the checkpoint that a laptop cosigned, as this ledger has it, and the proof that
    the export continues it."""
    records = _records(gathered)
    for one in seen:
        sign_key = records.get(one.device, {}).get("sign_key")
        if sign_key:
            yield {
                "device": one.device,
                "note": witnesses.note(office, one, keys.decode(sign_key), fetch),
                "proof": [base64_of(item) for item in consistency_proof(one.size, size, fetch)],
                "received_at": one.received_at,
            }


def key_lines(keys: OfficeKeys) -> Iterator[dict[str, object]]:
    """The lines of `keys.jsonl`: each step from one key of the office to the next, as a note that both signed."""
    for (former, _seal), step in zip(keys.former, keys.rotations, strict=True):
        yield {"note": step.note(former.public_key().public_bytes_raw())}


def _records(gathered: Gathered) -> dict[str, dict[str, object]]:
    """What the ledger says of each device."""
    found: dict[str, dict[str, object]] = {}
    for ref in gathered.device_records:
        record = merge(gathered.history(ref))
        says = {name: record.values.get(name) for name in ("sign_key", "state", "revoked_after")}
        found[str(record.values.get("code"))] = {"record": ref, **says}
    return found
