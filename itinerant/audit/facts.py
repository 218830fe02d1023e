"""Reading changes: each line is one change in its one form; what later checks need is kept from it.

`changes.jsonl` is a whole stretch of the ledger. `earlier.jsonl` holds single changes from before it, which some
records of the stretch need, each with its own proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from itinerant.audit.archive import Archive, decode, objects, parse
from itinerant.audit.chains import Chains
from itinerant.audit.leaves import CHANGES, Alignment, Leaves
from itinerant.audit.merging import Fact, ref_of, ref_order
from itinerant.audit.notes import Checkpoint, strict_base64
from itinerant.audit.plain import Plain, read_plain
from itinerant.audit.records import Records
from itinerant.audit.report import Broken, Report
from itinerant.audit.tlog import includes, leaf_hash

EARLIER = "earlier.jsonl"
PROOFS = "earlier-proofs.jsonl"

NAMES = ("at", "base", "by", "device", "kind", "prev", "record", "seq", "set", "v", "why")
TYPES = (int, list, str, str, str, str, str, int, dict, int, str)
"""A change's names and the types of their values, in their canonical order."""

SIMPLE = {str, bool, type(None)}
REFERENCE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[1-9][0-9]{0,6}")
DEVICE = re.compile("[A-Z][A-Z0-9]{1,11}")
NAME = re.compile("[a-z][a-z0-9_]{0,31}")
HEX = re.compile("[0-9a-f]{64}")
LARGEST = 2**53 - 1
MAX_SEQ = 9_999_999


KEPT = frozenset({"device", "office_key"})
"""Kinds whose changes are needed whole: they give the keys."""


class Facts:
    """What the changes of an export say together."""

    def __init__(self, records: Records) -> None:
        self.chains = Chains()
        self.records = records
        self.devices: dict[str, list[Fact]] = {}
        """All changes of every `device` record."""
        self.office_keys: list[Fact] = []
        """The steps from one key of the office to the next."""
        self.count = 0
        self.malformed: set[tuple[str, int]] = set()
        self._earlier: set[str] = set()
        """Changes from before the range."""

    def read(self, name: str, row: int, line: bytes, report: Report) -> Fact | None:
        """The change of a line, or None when it is not one, which is noted."""
        change = parse(line)
        if change is not None and is_change(change):
            return change
        self.malformed.add((name, row))
        report.add("change_form", "No tiene la forma de un cambio.", name, row)
        return None

    def take_plain(self, change: Plain, line: bytes) -> None:
        """Keep what records and devices need of a plain change."""
        if change.kind in KEPT:
            self.take(change.record, decode(line))
            return
        self.count += 1
        if not self.records.take_plain(change):
            self.records.take(decode(line), made=False, waits=True)

    def take(self, ref: str, change: Fact, *, earlier: bool = False) -> None:
        """Keep what records and devices need of any change. `earlier`: it is from before the range."""
        self.count += 1
        record = change["record"]
        self.records.take(change, made=record != ref and self._is_made(record))
        if earlier:
            self._earlier.add(ref)
        if change["kind"] == "device":
            self.devices.setdefault(record, []).append(change)
        elif change["kind"] == "office_key":
            self.office_keys.append(change)

    def _is_made(self, record: str) -> bool:
        """Whether the change that makes a record came before."""
        device, seq = ref_order(record)
        return seq in self.chains.devices.get(device, ()) or record in self._earlier


def read_changes(archive: Archive, leaves: Leaves, facts: Facts, report: Report) -> None:
    """Read every change of the export's range, against leaves and chains."""
    alignment = Alignment(leaves, report)
    chains = facts.chains
    for row, line in enumerate(archive.lines(CHANGES), 1):
        leaf = leaf_hash(line)
        plain = read_plain(line)
        if plain is not None:
            alignment.take(row, plain.record, leaf)
            chains.add(row, plain.device, int(plain.seq), bytes.fromhex(plain.prev), leaf, report)
            facts.take_plain(plain, line)
            continue
        change = facts.read(CHANGES, row, line, report)
        ref = ref_of(change) if change else ""
        alignment.take(row, ref, leaf)
        if change:
            chains.add(row, change["device"], change["seq"], bytes.fromhex(change["prev"]), leaf, report)
            facts.take(ref, change)
    alignment.finish()


def read_earlier(archive: Archive, checkpoint: Checkpoint, first: int, facts: Facts, report: Report) -> None:
    """Read the single changes from before the range, each with the proof of its place in the ledger."""
    lines = enumerate(archive.lines(EARLIER), 1)
    last = -1
    for row, item in objects(archive, PROOFS, {"place": int, "proof": [str]}):
        _row, line = next(lines, (0, None))
        if line is None:
            raise Broken("change_missing", "Falta el cambio de esta prueba.", EARLIER, row)
        change = facts.read(EARLIER, row, line, report)
        proof = [strict_base64(text) or b"" for text in item["proof"]]
        ref = ref_of(change) if change else ""
        if not includes(leaf_hash(line), item["place"], checkpoint.size, proof, checkpoint.root):
            report.add("inclusion", "La prueba no lo lleva a la raíz que la oficina firmó.", EARLIER, row, ref)
        if not last < item["place"] < first:
            report.add("inclusion", "No está en el orden del registro, o no es anterior.", PROOFS, row, ref)
        last = item["place"]
        if change:
            facts.take(ref, change, earlier=True)
    if next(lines, None) is not None:
        report.add("change_added", "Hay cambios sin prueba de estar en el registro.", EARLIER)


def again(archive: Archive, facts: Facts) -> Iterator[Fact]:
    """Every change once more, in the order of the ledger; what is not a change was named before."""
    for name in (EARLIER, CHANGES):
        for row, line in enumerate(archive.lines(name), 1):
            if (name, row) not in facts.malformed:
                yield decode(line)


def is_change(change: Fact) -> bool:
    """Whether an object, read from its canonical bytes, has the eleven fields of a change, each with its shape."""
    if tuple(change) != NAMES or tuple(map(type, change.values())) != TYPES:
        return False
    device, seq, record, values = change["device"], change["seq"], change["record"], change["set"]
    return bool(
        1 <= seq <= MAX_SEQ
        and -LARGEST <= change["at"] <= LARGEST
        and (device in SEEN_DEVICES or is_word(DEVICE, device, SEEN_DEVICES))
        and (change["kind"] in SEEN_KINDS or is_word(NAME, change["kind"], SEEN_KINDS))
        and HEX.fullmatch(change["prev"])
        and (record == f"{device}-{seq}" or REFERENCE.fullmatch(record))
        and all(type(ref) is str and REFERENCE.fullmatch(ref) for ref in change["base"])
        and (values.keys() <= SEEN_NAMES or are_names(values))
        and are_values(values)
    )


SEEN_DEVICES: set[str] = set()
SEEN_KINDS: set[str] = set()
"""Devices and kinds that were found good: a log has few, and each is looked at once."""


def is_word(form: re.Pattern[str], word: str, seen: set[str]) -> bool:
    """Whether a word has its form."""
    if not form.fullmatch(word):
        return False
    if len(seen) < 1000:
        seen.add(word)
    return True


SEEN_NAMES: set[str] = set()
"""Field names that were found good."""


def are_names(values: Fact) -> bool:
    """Whether every key has the form of a field's name."""
    if not all(NAME.fullmatch(name) for name in values):
        return False
    if len(SEEN_NAMES) < 1000:
        SEEN_NAMES.update(values)
    return True


def are_values(values: Fact) -> bool:
    """Whether a field may hold each of these."""
    for value in values.values():
        if type(value) is int:
            if not -LARGEST <= value <= LARGEST:
                return False
        elif type(value) is list:
            if not all(type(item) is str for item in value):
                return False
        elif type(value) not in SIMPLE:
            return False
    return True
