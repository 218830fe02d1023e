"""The worked examples of `docs/conflicts.md` are what merge answers, in every order of arrival."""

import itertools
import json
import re
from pathlib import Path

import pytest

from itinerant.domain.duplicates import MARGIN_MS, Attention, find
from itinerant.log.change import GENESIS, Change
from itinerant.log.merge import merge

DOCUMENT = (Path(__file__).parents[2] / "docs" / "conflicts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```json (changes|result)\n(.*?)```", DOCUMENT, re.DOTALL)
EXAMPLES = [
    ([json.loads(line) for line in BLOCKS[place][1].splitlines()], json.loads(BLOCKS[place + 1][1]))
    for place in range(0, len(BLOCKS), 2)
]


def test_the_rule_of_duplicates_proposes_what_the_document_says():
    (lines,) = re.findall(r"```json sessions\n(.*?)```", DOCUMENT, re.DOTALL)
    (expected,) = re.findall(r"```json proposed\n(.*?)```", DOCUMENT, re.DOTALL)
    defaults = {"visit": "LOR07-1", "void": False, "duplicate_of": None}
    sessions = [Attention(**{**defaults, **json.loads(line)}) for line in lines.splitlines()]
    assert [[pair.first, pair.second] for pair in find(sessions)] == json.loads(expected)
    assert f"hasta {MARGIN_MS // 1_000} segundos" in DOCUMENT


def test_there_are_four_examples():
    assert [name for name, _text in BLOCKS] == ["changes", "result"] * 4


@pytest.mark.parametrize(("lines", "expected"), EXAMPLES)
def test_merge_answers_what_the_document_says(lines, expected):
    changes = [
        Change(
            device=line["ref"].split("-")[0],
            seq=int(line["ref"].split("-")[1]),
            at=0,
            by="P014",
            kind="session",
            record="LOR07-5",
            base=tuple(line["base"]),
            set=line["set"],
            prev=GENESIS,
            why=line.get("why", ""),
        )
        for line in lines
    ]
    for order in itertools.permutations(changes):
        record = merge(order)
        assert {
            "values": dict(record.values),
            "void": record.void,
            "heads": list(record.heads),
            "conflicts": {
                conflict.field: {
                    "base": conflict.base,
                    "provisional": conflict.provisional,
                    "candidates": {item.change: item.value for item in conflict.candidates},
                }
                for conflict in record.conflicts
            },
        } == expected
