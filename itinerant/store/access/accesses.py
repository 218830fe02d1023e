"""Who can unlock this laptop, as the people in front of it need to know it.

Any of them may let another one in, or out: the brigade has no administrator on the road. The office sees the staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itinerant.store.access import rekeying
from itinerant.store.access.slots import SlotKind
from itinerant.store.disk import meta
from itinerant.store.opening import Opened
from itinerant.store.reading import records

_MOST = 10_000
"""Records of staff that are read: more than any brigade has."""


@dataclass(frozen=True, slots=True)
class Access:
    """A person with a slot. `name` and `role` are the roster's, empty for whom it does not name.

    `departed`: the office's roster is here and does not count this person any more.
    """

    code: str
    name: str
    role: str
    departed: bool
    me: bool
    card: bool = False
    """Whether a card opens the laptop for them, beside the passphrase or in its place."""


class Accesses:
    """The accesses of an unlocked laptop."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def list(self) -> Sequence[Access]:
        """Everybody who has a slot, in the order in which they got it."""
        with self._opened.database.reader() as connection:
            standing = meta.load_standing(connection)
            staff = records.page(connection, "staff", where={}, limit=_MOST)
        roster = {person.code: person for person in standing.roster} if standing else {}
        gone = {row.values.get("code") for row in staff if row.void or row.values.get("active") is False}
        found = []
        cards = set(self._opened.vault.card_seals().values())
        for code in self._opened.vault.people():
            person = roster.get(code)
            departed = bool(roster) and (person is None or code in gone)
            name, role = (person.name, person.role) if person else ("", "")
            found.append(Access(code, name, role, departed, code == self._opened.person, code in cards))
        return found

    def add(self, person: str, passphrase: str) -> None:
        """Let a person in, or give another passphrase to one who forgot theirs. Raises `UserError` for a weak one."""
        replace(self._opened, person, passphrase)

    def check(self, passphrase: str) -> str:
        """The code of the person whose passphrase this is. Raises `Locked` for nobody's."""
        found = self._opened.vault.unlock(passphrase)
        found.key.wipe()
        return found.person

    def change(self, current: str, passphrase: str) -> None:
        """Another passphrase for whoever is in, who shows the present one first.

        Raises `Locked` for a wrong present passphrase, `UserError` for a weak new one.
        """
        self._opened.vault.unlock(current, self._opened.person)
        replace(self._opened, self._opened.person, passphrase)

    def add_card(self, person: str, kept: str, key: bytes) -> None:
        """Let a card open the laptop for a person; one that they had before opens nothing afterwards.

        `kept`, `key`: what `itinerant.card.staff.new_access` made.
        """
        opened = self._opened
        with opened.changing_accesses():
            slots = opened.vault.with_card(opened.key, person, kept, key)
            if person in opened.vault.card_seals().values() and not opened.vault.first_version(slots):
                rekeying.rekey(opened, slots)
            else:
                opened.vault.write(slots, opened.key)

    def remove_card(self, person: str) -> None:
        """Shut out a card that was lost: the database gets another key. Raises `UserError`, `StoreProblem`."""
        with self._opened.changing_accesses():
            rekeying.rekey(self._opened, self._opened.vault.without_person(person, SlotKind.CARD))

    def remove(self, person: str) -> None:
        """Shut a person out: the database gets another key. Raises `UserError`, `StoreProblem`."""
        with self._opened.changing_accesses():
            rekeying.rekey(self._opened, self._opened.vault.without_person(person))


def replace(opened: Opened, person: str, passphrase: str) -> None:
    """Give a person this passphrase and no other: one that they had before opens nothing afterwards.

    While somebody's slot is of the first version no key can be sealed to it: then the key stays as it is.
    """
    with opened.changing_accesses():
        vault = opened.vault
        slots = vault.with_person(opened.key, person, passphrase)
        if person in vault.people() and not vault.first_version(slots):
            rekeying.rekey(opened, slots)
        else:
            vault.write(slots, opened.key)
