"""The auditor's manual names every code that the verifier can say."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_code_is_explained():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "itinerant" / "audit").glob("*.py"))
    said = set(re.findall(r'(?:report\.add|Broken)\(\s*"([a-z_]+)"', source)) | {"formula"}
    assert len(said) > 20
    manual = (ROOT / "docs" / "manual-auditor.md").read_text(encoding="utf-8")
    table = manual[manual.index("## Si dice NO CONFORME") :]
    explained = set(re.findall(r"`([a-z_]+)`", table))
    assert said <= explained, said - explained
    assert {"`record_*`", "`conflict_*`"} <= set(re.findall(r"`[a-z_*]+`", table))
