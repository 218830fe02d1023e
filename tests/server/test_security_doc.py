"""The checklist of security names tests that exist: every line, by file or by function."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
LINES = [
    line
    for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| ASVS", "| What |"))
]
FUNCTIONS = {
    (path, name)
    for path in TESTS.rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[-3].strip()[:40])
def test_each_line_names_tests_that_exist(line):
    named = re.findall(r"`([^`]+)`", line.split("|")[-2])
    assert named, "nothing holds it"
    for name in named:
        file, _colons, function = name.rpartition("::") if "::" in name else ("", "", name)
        if function.endswith(".py"):
            file, function = function, ""
        assert any(
            path.as_posix().endswith(f"/{file}" if file else "") and function in ("", there)
            for path, there in FUNCTIONS
        ), name


def test_there_are_lines():
    assert len(LINES) > 35
