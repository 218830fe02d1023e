"""The specification says what the program does: its examples are the vectors, its numbers are the code's."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from itinerant.log import change
from itinerant.log.canonical import MAX_DEPTH
from itinerant.sync import compression, enrolment, envelope, pace
from itinerant.sync.coding import _MAX_DEPTH
from itinerant.sync.limits import LIMITS
from itinerant.sync.standing import MAX_LISTED

ROOT = Path(__file__).parent.parent.parent
DOC = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
VECTORS = ROOT / "tests" / "vectors"


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def example(name):
    """The hexadecimal of an example's lines, without what is said of them."""
    (block,) = re.findall(rf"```{name}\n(.*?)```", DOC, re.DOTALL)
    return "".join(re.match(r"(?:[0-9a-f]{2} ?)*", line)[0].replace(" ", "") for line in block.splitlines())


def test_the_columns_of_the_example_are_the_vector_s():
    assert example("columns") == vector("columns-1")["forms"][2]["plain"]


def test_the_parcel_of_the_example_is_the_vector_s():
    data = vector("envelopes-1")["parcel"]
    assert example("parcel") == data
    header = envelope.read(bytes.fromhex(data), envelope.PARCEL).header_bytes.decode()
    assert header in DOC


def test_the_change_of_the_example_is_the_vector_s():
    first = vector("keys-and-log")["changes"][0]
    assert f"```text\n{first['bytes']}\n{first['hash']}\n```" in DOC


def test_the_dictionary_is_the_one_named():
    content = compression.dictionary().as_bytes()
    assert f"({len(content):,} bytes, SHA-256 `{hashlib.sha256(content).hexdigest()}`)" in DOC


@pytest.mark.parametrize(
    "words",
    [
        f"size (at most {LIMITS.envelope:,} bytes)",
        f"canonical JSON, at most {LIMITS.header:,} bytes",
        f"window at most {LIMITS.window >> 20} MiB",
        f"| plain bytes | {LIMITS.plain:,}, and {LIMITS.free:,} + {LIMITS.ratio} times",
        f"| preamble | {LIMITS.preamble:,} |",
        f"| changes | {LIMITS.changes:,} |",
        f"| tables | {LIMITS.tables:,} |",
        f"| elements of all lists | {LIMITS.items:,} |",
        f"| canonical bytes of all changes | {LIMITS.canonical:,} |",
        f"without gap, at most {change.MAX_SEQ:,}",
        f"Canonical bytes of a change are at most {change.MAX_BYTES:,}.",
        f"without repetition, at most {change.MAX_BASES}:",
        f"at most {change.MAX_FIELDS} fields",
        f"the reason, at most {change.MAX_WHY} characters",
        f"arrays of at most {MAX_LISTED} rows",
        f"At most {enrolment.MAX_FILE:,} bytes.",
        f"from {pace.FIRST >> 10} KiB",
        f"{pace.LARGEST >> 10} KiB, half after a failure down to {pace.SMALLEST >> 10} KiB",
        f"Version {envelope.VERSION}, suite {envelope.SUITE}.",
    ],
)
def test_numbers_are_the_code_s(words):
    assert words in re.sub(r"\s+", " ", DOC)


def test_depths_are_the_code_s():
    assert MAX_DEPTH == _MAX_DEPTH == 4
    assert "nothing nests deeper than four" in re.sub(r"\s+", " ", DOC)
    assert "Columns nest at most four deep" in DOC
