"""The voice and the printer of a machine, in memory."""

from __future__ import annotations

from itinerant.tui.outlets import Outlets


class FakeOutlets(Outlets):
    """A machine with a voice, and a printer that may be off."""

    has_voice = True  # type: ignore[assignment]  # a property of the real one

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.hushed = 0
        self.printed: list[bytes] = []
        self.printer = False

    def say(self, text: str, language: str) -> None:
        self.said.append((text, language))

    def hush(self) -> None:
        self.hushed += 1

    def print_out(self, paper: bytes) -> bool:
        if self.printer:
            self.printed.append(paper)
        return self.printer
