"""Make a zstd dictionary for small parcels: `python scripts/dictionary.py FILE`.

What bodies of the column form repeat: names of fields, choices and kinds as they stand in a plan, codes of the starter
catalogue, and the keys of a receipt's preamble. The most frequent stands last, where zstd reaches it cheapest.

A dictionary that has been published is part of the protocol and never made again: `itinerant/sync/dictionary-1.bin` was
made by this script from the declarations of that day. Another one would be `dictionary-2.bin` under another suite.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from itinerant.domain.fields import Field, Kind, Type
from itinerant.domain.kinds import KINDS
from itinerant.reference import starter_catalogue
from itinerant.sync import wire

PREAMBLE = (
    b'{"standing":{"conflicts":[],"quarantined":[["","personal_data",""],["","schema",""]],"retention_d":7,'
    b'"revoked":[],"roster":[["P001","","orientador","B01"],["P002","","responsable","B01"]],"state":"enrolled"}}'
)
ORDER = ("session", "visit", "service", "entity", "stop", "campaign", "incident")
"""Kinds from the one that travels most on."""


def dictionary() -> bytes:
    """The dictionary of today's declarations."""
    ordered = sorted(KINDS, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    codes = [row["code"] for row in csv.DictReader(starter_catalogue().splitlines())]
    frame = b"".join(wire.json(value) for value in ("LOR07", "P014", ""))
    parts = [PREAMBLE, "".join(codes).encode(), *(plan(KINDS[name]) for name in reversed(ordered)), frame]
    return b"".join(parts)


def plan(kind: Kind) -> bytes:
    """Names and alphabets of a kind as a plan has them."""
    names = sorted(kind.by_name)
    head = wire.prefixed(kind.name.encode()) + bytes((1, len(names)))
    alphabets = b"".join(part for name in names for part in _alphabet(kind.by_name[name]))
    return head + b"".join(wire.prefixed(name.encode()) for name in names) + alphabets


def _alphabet(field: Field) -> Iterator[bytes]:
    values: list[object] = [choice.value for choice in field.choices]
    if field.type is Type.BOOLEAN:
        values = [True, False]
    if values:
        yield wire.json(values if field.required else [*values, {}])


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(dictionary())
