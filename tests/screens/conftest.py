"""Screens are tested without waiting: a draft is written at once instead of after its short delay."""

import pytest

from itinerant.tui import drafts


@pytest.fixture(autouse=True)
def _drafts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drafts.DELAY_S <= 0.5, "a change must be in the store within a second, its write included"
    monkeypatch.setattr(drafts, "DELAY_S", 0.001)
