"""What workers tell the screens while they work; answers themselves come back through `work.ask`."""

from __future__ import annotations

from textual.message import Message


class SyncProgress(Message):
    """`done` of `total` changes have travelled. A later one replaces those that still wait to be shown."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done = done
        self.total = total

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SyncProgress)
