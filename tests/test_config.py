"""Preferences: read with tolerance, for they must never keep anybody from working."""

import json
from pathlib import Path

import pytest

from itinerant.config import Config


def test_what_was_written_is_read(tmp_path: Path) -> None:
    chosen = Config(idle_lock_s=60, theme="oscuro", language="qu")
    (tmp_path / "config.json").write_bytes(chosen.to_json())
    assert Config.load(tmp_path / "config.json") == chosen


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000, b'{"new": 1}'])
def test_a_file_that_says_nothing_useful_means_defaults(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    assert Config.load(tmp_path / "config.json") == Config() == Config.load(tmp_path / "none.json")


@pytest.mark.parametrize("value", [0, 29, 3_601, -5, True, "60", 60.5, None, [60]])
def test_a_lock_that_would_not_lock_is_not_accepted(tmp_path: Path, value: object) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"idle_lock_s": value, "theme": "oscuro"}))
    assert Config.load(tmp_path / "config.json") == Config(theme="oscuro")


def test_a_name_is_a_short_text(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"theme": "x" * 99, "language": "\x1b[2J"}))
    assert Config.load(tmp_path / "config.json") == Config()
