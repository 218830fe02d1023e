"""Gives the database another key when somebody loses access, so that an old copy of the slots file opens nothing.

The order, in which a crash at any point leaves a home that the next unlocking finishes:

1. `slots.json` is written with both keys sealed to everybody who stays, and without the one who leaves.
2. A copy of the database under the new key takes its place (`Database.change_key`).
3. The witness outside the database learns that the file is another one on purpose.
4. `slots.json` is written with the new key alone.

Before 2 the old key opens the database, after it the new one: its first bytes tell which.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.errors import ItinerantError, StoreProblem
from itinerant.store.access.slots import DatabaseKey, Slot
from itinerant.store.access.vault import Unlocked, Vault
from itinerant.store.disk.database import Database, is_under
from itinerant.store.disk.epoch import EpochFile
from itinerant.store.journal import Journal

if TYPE_CHECKING:
    from itinerant.store.opening import Opened


def fitting(unlocked: Unlocked, database: Path) -> DatabaseKey:
    """Which of the two keys of an unfinished change the database is under."""
    if unlocked.next is not None and is_under(database, unlocked.next):
        return unlocked.next
    return unlocked.key


def rekey(opened: Opened, slots: Sequence[Slot]) -> None:
    """Leave `slots` alone with access, under a new key. Raises `StoreProblem`; then nothing has changed."""
    with opened.changing_accesses():
        old, fresh = opened.key, DatabaseKey.generate()
        before = opened.vault.begin(old, fresh, slots)
        try:
            opened.database.change_key(fresh)
        except ItinerantError:
            if not is_under(opened.database.path, fresh):
                opened.vault.restore(old, before)
                raise
            opened.key = fresh  # what failed came after: the next unlocking finishes
            raise
        opened.key = fresh
        _close(opened.vault, fresh, opened.epoch, opened.journal)
        old.wipe()


def finish(
    vault: Vault, unlocked: Unlocked, database: Database, key: DatabaseKey, epoch: EpochFile, journal: Journal
) -> DatabaseKey:
    """Finish what a crash left half-done; the key that the database is under now.

    Without room on the disk it waits for a better day: the home opens as it is.
    """
    if unlocked.next is None:
        return key
    try:
        if key is not unlocked.next:
            database.change_key(unlocked.next)
        key = unlocked.next
        _close(vault, key, epoch, journal)
    except StoreProblem:
        return unlocked.next if is_under(database.path, unlocked.next) else key
    return key


def _close(vault: Vault, key: DatabaseKey, epoch: EpochFile, journal: Journal) -> None:
    epoch.close()  # it holds what it knew of the file that was replaced
    epoch.write(journal.head)
    vault.finish(key)
