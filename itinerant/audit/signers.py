"""Devices, the heads that they signed, and what the office set apart: held against the changes."""

from __future__ import annotations

from itinerant.audit.archive import Archive, objects, parse
from itinerant.audit.chains import CENTRAL, Chains, Kept
from itinerant.audit.ed25519 import Signed, wrongly_signed
from itinerant.audit.facts import DEVICE, HEX, MAX_SEQ, Facts
from itinerant.audit.merging import Fact, merge_record, ref_of
from itinerant.audit.notes import strict_base64, url_base64
from itinerant.audit.report import Broken, Report

DEVICES = "devices.jsonl"
HEADS = "heads.jsonl"
QUARANTINE = "quarantine.jsonl"
PARCEL_CONTEXT = b"itinerant ITP signature\x00"
"""What a device signs stands after these bytes (`docs/protocol.md`, envelope)."""

RELEASED = "released"
DEVICE_FIELDS = ("sign_key", "state", "revoked_after")

DEVICE_SHAPE: dict[str, object] = {
    "branches": [{"branch": int, "forked_at": int, "head": HEX, "upto": int}],
    "device": DEVICE,
    "gaps": [[int]],
    "head": HEX,
    "record": str,
    "revoked_after": (int, None),
    "sign_key": (str, None),
    "state": (str, None),
    "upto": int,
}
HEAD_SHAPE: dict[str, object] = {"device": DEVICE, "header": str, "received_at": int, "signature": str}
QUARANTINE_SHAPE: dict[str, object] = {
    "branch": int,
    "decided_at": (int, None),
    "decided_by": str,
    "decision": str,
    "device": DEVICE,
    "field": str,
    "hash": HEX,
    "kind": str,
    "prev": (HEX, None),
    "reason": str,
    "received_at": int,
    "record": str,
    "seq": int,
    "why": str,
}
"""`seq` 0 and `prev` null: a whole parcel that this version could not read; `hash` is the parcel's."""


def read_quarantine(archive: Archive, chains: Chains, whole: bool, report: Report) -> list[Fact]:
    """The changes that the office set apart, and whole parcels that it could not read."""
    items: list[Fact] = []
    seen: set[tuple[str, int, str]] = set()
    for row, item in objects(archive, QUARANTINE, QUARANTINE_SHAPE):
        device, seq, digest = item["device"], item["seq"], item["hash"]
        if (device, seq, digest) in seen:
            report.add("quarantine", "Está dos veces.", QUARANTINE, row, f"{device}-{seq}")
        seen.add((device, seq, digest))
        items.append(item)
        if not seq or item["prev"] is None:
            continue
        recorded = chains.devices.get(device, {}).get(seq) == bytes.fromhex(digest)
        if whole and recorded != (item["decision"] == RELEASED):
            words = "no fue liberado y está" if recorded else "fue liberado y no está"
            report.add("quarantine", f"El cambio {words} en el registro.", QUARANTINE, row, f"{device}-{seq}")
        if recorded and item["branch"]:
            chains.branched.add((device, seq))
        if not recorded:
            chains.set_apart(device, seq, Kept(bytes.fromhex(digest), bytes.fromhex(item["prev"]), item["branch"]))
    return items


def read_heads(
    archive: Archive, facts: Facts, keys: dict[str, bytes], report: Report
) -> dict[str, dict[int, set[bytes]]]:
    """Every head that the office accepted: signed by its device's key, and a head that the device's log had."""
    signed: list[Signed] = []
    places: list[tuple[int, str, int, bytes]] = []
    for row, item in objects(archive, HEADS, HEAD_SHAPE):
        device = item["device"]
        raw, signature = strict_base64(item["header"]), strict_base64(item["signature"])
        header = parse(raw) if raw is not None else None
        if raw is None or signature is None or header is None:
            raise Broken("form", "La línea no tiene la forma que escribe la oficina.", HEADS, row)
        last, head = header.get("last"), url_base64(str(header.get("head")))
        ref = f"{device}-{last}"
        if header.get("from") != device or type(last) is not int or head is None:
            report.add("head", "El encabezado firmado es de otro equipo o no dice hasta dónde.", HEADS, row, ref)
        elif device not in keys:
            report.add("head", "El registro no tiene ninguna llave de este equipo.", HEADS, row, ref)
        else:
            if not facts.chains.known(device, last, head):
                report.add("head_unknown", "El equipo firmó un cambio que no está aquí.", HEADS, row, ref)
            signed.append(Signed(keys[device], PARCEL_CONTEXT + raw, signature))
            places.append((row, device, last, head))
    wrong = set(wrongly_signed(signed))
    heads: dict[str, dict[int, set[bytes]]] = {}
    for index, (row, device, last, head) in enumerate(places):
        if index in wrong:
            report.add("head", "La firma no es la del equipo.", HEADS, row, f"{device}-{last}")
        else:
            heads.setdefault(device, {}).setdefault(last, set()).add(head)
    report.counts["heads"] = len(places)
    return heads


def keys_of(facts: Facts, report: Report) -> dict[str, bytes]:
    """The signing key that the ledger gives each device. It never changes: a new laptop takes a new code."""
    found: dict[str, bytes] = {}
    for changes in facts.devices.values():
        code = merge_record(changes).values.get("code")
        for change in changes:
            raw = url_base64(str(change["set"].get("sign_key") or ""))
            if not isinstance(code, str) or change["device"] != CENTRAL or not raw:
                continue
            if found.setdefault(code, raw) != raw:
                words = f"Al equipo {code} se le cambió la llave: lo que firmó antes ya no se puede atribuir."
                report.add("device_key", words, DEVICES, 0, ref_of(change))
    return found


def check_covered(facts: Facts, heads: dict[str, dict[int, set[bytes]]], report: Report) -> None:
    """Every change of a laptop must be covered by a head that the laptop signed."""
    for device in sorted(facts.chains.devices):
        if device == CENTRAL:
            continue
        bare = facts.chains.uncovered(device, heads.get(device, {}))
        if bare:
            words = f"Ninguna firma del equipo cubre {len(bare)} de sus cambios, desde este."
            report.add("uncovered", words, HEADS, 0, f"{device}-{bare[0]}")


def check_devices(archive: Archive, facts: Facts, whole: bool, report: Report) -> list[Fact]:
    """The list of devices says what the ledger says of each; answers with its lines."""
    items: list[Fact] = []
    records = {str(merged.values.get("code")): merged for merged in map(merge_record, facts.devices.values())}
    listed: set[str] = set()
    for row, item in objects(archive, DEVICES, DEVICE_SHAPE):
        device = item["device"]
        if device in listed:
            report.add("device", f"El equipo {device} está dos veces.", DEVICES, row)
        listed.add(device)
        items.append(item)
        known = records.get(device)
        says = {name: known.values.get(name) for name in DEVICE_FIELDS} if known else dict.fromkeys(DEVICE_FIELDS)
        record = known.record if known else ""
        if any(item[name] != says[name] for name in DEVICE_FIELDS) or item["record"] != record:
            report.add("device", f"El registro dice otra cosa del equipo {device}.", DEVICES, row)
        for end in [item, *item["branches"]]:
            if not facts.chains.known(device, end["upto"], bytes.fromhex(end["head"])):
                report.add("device", "Esa cabeza no es la de su registro.", DEVICES, row, f"{device}-{end['upto']}")
        if item["upto"] != facts.chains.end_of(device):
            words = f"Su registro no llega hasta {item['upto']}, sino hasta {facts.chains.end_of(device)}."
            report.add("device", words, DEVICES, row, device)
        gaps = gaps_of(facts.chains.devices.get(device, {}), min(item["upto"], MAX_SEQ))
        if whole and item["gaps"] != gaps:
            report.add("device", f"Los huecos del equipo {device} son otros.", DEVICES, row)
        missing = whole and device != CENTRAL  # the office's own numbers leap; `prev` shows that nothing is missing
        for seq in [seq for first, last in gaps for seq in range(first, last + 1)] if missing else []:
            if (device, seq) not in facts.chains.apart:
                report.add("gap", "Falta, y no está en cuarentena.", DEVICES, row, f"{device}-{seq}")
    for device in sorted(({*facts.chains.devices} | {*records}) - listed):
        report.add("device", f"Falta el equipo {device}.", DEVICES)
    return items


def gaps_of(log: dict[int, bytes], upto: int) -> list[list[int]]:
    """Runs of numbers from 1 to `upto` that the ledger has not."""
    gaps: list[list[int]] = []
    for seq in range(1, upto + 1):
        if seq not in log:
            if gaps and gaps[-1][1] == seq - 1:
                gaps[-1][1] = seq
            else:
                gaps.append([seq, seq])
    return gaps
