"""Changes of the office's signing key: each step is signed by the key before and by the one after.

* Who trusts one of the keys can follow to the present one, which signs the export. A step that either key did not sign
  is refused, and so is an export whose keys do not include the one that was given.
* What a former key signs counts up to the size that the ledger had when it was changed, and no further.
* Steps are changes of the office like others: those of the ledger and those of the file are the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from itinerant.audit.archive import Archive, objects
from itinerant.audit.chains import CENTRAL
from itinerant.audit.facts import Facts
from itinerant.audit.leaves import CHANGES
from itinerant.audit.merging import Fact, ref_of
from itinerant.audit.notes import (
    ED25519_KIND,
    Checkpoint,
    Key,
    check_note,
    read_checkpoint,
    split_note,
    strict_base64,
    url_base64,
)
from itinerant.audit.report import Broken, Report

KEYS = "keys.jsonl"
KEYS_SHAPE: dict[str, object] = {"note": str}
STEP = re.compile(
    "itinerant-keys/v1\n([^\n]+)\n([1-9][0-9]{0,8}) (0|[1-9][0-9]{0,15})\n"
    "former ([A-Za-z0-9+/=]{44})\nsign ([A-Za-z0-9+/=]{44})\nseal ([A-Za-z0-9+/=]{44})\n"
)
FIELDS = ("number", "size", "sign_key", "seal_key", "former_r", "former_s", "own_r", "own_s")
"""What a step's change says: the keys, and the halves of its two signatures."""


class Step(NamedTuple):
    """To which key, from which, and how many leaves the ledger had; `values` as its change has them."""

    former: Key
    key: Key
    size: int
    values: tuple[object, ...]


def read_steps(archive: Archive) -> list[Step]:
    """The steps of an export, verified one after the other; none when the office never changed its keys."""
    steps: list[Step] = []
    if KEYS not in archive.members:
        return steps
    for row, item in objects(archive, KEYS, KEYS_SHAPE):
        step = read_step(item["note"], row)
        if step.values[0] != row + 1 or (steps and step.former != steps[-1].key):
            raise Broken("rotation", "Los cambios de llave no siguen uno a otro.", KEYS, row)
        steps.append(step)
    return steps


def read_step(note: str, row: int) -> Step:
    """One step, signed by both keys."""
    text, signatures = split_note(note, KEYS)
    found = STEP.fullmatch(text)
    former, sign, seal = (strict_base64(found[place]) if found else None for place in (4, 5, 6))
    if found is None or former is None or sign is None or seal is None:
        raise Broken("rotation", "No es un cambio de llave.", KEYS, row)
    keys = Key(found[1], former, ED25519_KIND), Key(found[1], sign, ED25519_KIND)
    try:
        for key in keys:
            check_note(note, key, KEYS)
    except Broken as broken:
        raise Broken("rotation", "No lo firmaron la llave anterior y la nueva.", KEYS, row) from broken
    by = {item.id: item.value for item in signatures}
    halves = [by[key.id][at : at + 32] for key in keys for at in (0, 32)]
    return Step(*keys, int(found[3]), (int(found[2]), int(found[3]), sign, seal, *halves))


class Ring:
    """The signing keys that the office had, oldest first: the last one is the present one."""

    def __init__(self, steps: list[Step], accepted: list[Key], note: str) -> None:
        """`accepted`: keys of which one must be among them. `note`: what the present one signed."""
        self.steps = steps
        if steps:
            self.keys = [steps[0].former, *(step.key for step in steps if step.key != step.former)]
            if not set(self.keys) & set(accepted):
                raise Broken("key", "La llave dada no es ninguna de las que la oficina tuvo.", KEYS)
        else:
            self.keys = [signer_of(note, accepted)]

    @property
    def present(self) -> Key:
        """The key in use."""
        return self.keys[-1]

    def until(self, key: Key) -> int | None:
        """The size of the ledger up to which a key's word counts; None for the present one."""
        ends = [step.size for step in self.steps if step.former == key != step.key]
        return ends[0] if ends else None

    def read_checkpoint(self, note: str, file: str) -> Checkpoint:
        """A checkpoint that one of the keys signed while it counted."""
        key = signer_of(note, self.keys)
        checkpoint = read_checkpoint(check_note(note, key, file), file)
        self.check_size(key, checkpoint.size)
        return checkpoint

    def check_size(self, key: Key, size: int) -> None:
        """Refuse what a key signed after it was changed, or another key altogether."""
        until = self.until(key)
        if key not in self.keys or (until is not None and size > until):
            raise Broken("rotation", "Un sello anterior lleva una llave que no valía para tantos cambios.", KEYS)


def signer_of(note: str, keys: list[Key]) -> Key:
    """The latest of `keys` that a note claims a signature of; the latest of all when it claims none."""
    claimed = {(item.name, item.id) for item in split_note(note, KEYS)[1]}
    return next((key for key in reversed(keys) if (key.name, key.id) in claimed), keys[-1])


def check_steps(steps: list[Step], facts: Facts, size: int, whole: bool, report: Report) -> None:
    """The steps that the ledger holds are those of the file; says which key is the present one."""
    stated = {step.values for step in steps}
    held = set()
    for change in facts.office_keys:
        values = step_of(change)
        held.add(values)
        if change["device"] != CENTRAL or values not in stated:
            words = "El registro trae un cambio de llave que la oficina no firmó así."
            report.add("rotation", words, CHANGES, 0, ref_of(change))
    for row, step in enumerate(steps, 1):
        if whole and step.size < size and step.values not in held:
            report.add("rotation", "Este cambio de llave no está en el registro.", KEYS, row)
        if step.former != step.key and not report.findings:
            words = f"La oficina cambió su llave de firma al tener {step.size} cambios; lo firmó la llave anterior."
            report.facts.append(f"{words} Desde entonces: {step.key.vkey}")


def step_of(change: Fact) -> tuple[object, ...]:
    """What a change of the ledger says of a step."""
    values = change["set"]
    return tuple(
        values.get(name) if name in {"number", "size"} else url_base64(str(values.get(name))) for name in FIELDS
    )
