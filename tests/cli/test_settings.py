"""Preferences and the language by command."""

import pytest

from tests.cli.conftest import Itinerant


def test_the_settings_of_the_screen_are_seen_and_changed(laptop: Itinerant) -> None:
    assert laptop("settings", "--json").json["theme"] == "claro"
    changed = laptop("settings", "--theme", "contraste", "--language", "quz", "--lock-after", "600", "--json").json
    assert (changed["theme"], changed["language"], changed["idle_lock_s"]) == ("contraste", "quz", 600)
    assert "contraste" in laptop("settings").out
    refused = laptop("settings", "--lock-after", "5")
    assert refused.code == 2
    assert "de 30 a 3600" in refused.err
    assert laptop("settings", "--json").json["idle_lock_s"] == 600


def test_words_are_in_the_language_that_was_asked_for(command: Itinerant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITINERANT_LANG", "")
    assert "Revise lo ingresado" in command("status", "--home", "/nowhere").err
    assert "Check what was entered" in command("--lang", "en", "status", "--home", "/nowhere").err
    assert "Check what was entered" in command("status", "--home", "/nowhere").err, "by the environment"
    assert "Revise lo ingresado" in command("--lang=es", "status", "--home", "/nowhere").err
    assert command("--lang", "xx", "status").code == 2


def test_the_public_screen_needs_a_terminal(laptop: Itinerant) -> None:
    assert "necesita una terminal" in laptop("kiosk").err
