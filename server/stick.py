"""The stick's other end: parcels and enrolment requests out of a folder, receipts into it.

* One file after the other, each in its own transaction; a bad one is named and never blocks the others.
* Nothing is removed from the stick: reading it again changes nothing.
* Receipts are written for every laptop that was last heard of by stick, as often as asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from itinerant.errors import Damaged, ItinerantError, Refused
from itinerant.sync import folder, parcel, receipt
from server import contacts, ledger, rejoin
from server.answer import answer
from server.contacts import Question
from server.enrolment import enrol
from server.handling import take
from server.office import Office

_MOST_RECEIPTS = 50
"""Of one laptop on one stick: some 40 MiB, more than two years of its brigade's changes."""


@dataclass(slots=True)
class Read:
    """What a folder brought: counts, and what was wrong with the rest."""

    enrolled: int = 0
    parcels: int = 0
    accepted: int = 0
    quarantined: int = 0
    problems: list[ItinerantError] = field(default_factory=list)


def read(office: Office, place: Path) -> Read:
    """Take in every request and every parcel of a folder. Raises `StoreProblem` when it cannot be read."""
    done = Read()
    early: list[bytes] = []
    for data in _good(folder.read_all(place, folder.ENROLMENTS), done):
        _enrol(office, data, done, early)
    for data in sorted(_good(folder.read_all(place, folder.PARCELS), done), key=_place_in_log):
        try:
            _device, outcome = take(office, data, by_stick=True)
        except (Damaged, Refused) as error:
            done.problems.append(error)
        else:
            done.parcels += 1
            done.accepted += outcome.accepted
            done.quarantined += outcome.quarantined
    for data in early:
        _enrol(office, data, done)
    return done


def _enrol(office: Office, data: bytes, done: Read, early: list[bytes] | None = None) -> None:
    """Take a request in. A laptop that takes a new code may have the rest of its log on the same stick: `early`."""
    try:
        enrol(office, data, by_stick=True)
        done.enrolled += 1
    except (Damaged, Refused) as error:
        if early is not None and error.code == rejoin.NOT_HERE:
            early.append(data)
        else:
            done.problems.append(error)


def write(office: Office, place: Path) -> dict[str, int]:
    """Write the receipts that laptops wait for; answers with the number of files for each laptop."""
    with office.database.reader() as connection:
        waiting = dict(contacts.waiting(connection))
    return {device: _receipts(office, device, asked, place) for device, asked in waiting.items()}


def _receipts(office: Office, device: str, asked: Question, place: Path) -> int:
    """As many receipts as it takes to bring everything, one after the other."""
    for count in range(1, _MOST_RECEIPTS):
        data = answer(office, device, asked)
        folder.write(place, data, folder.RECEIPTS)
        header, _sealed = receipt.peek(data)
        with office.database.reader() as connection:
            end = ledger.size(connection)
        if header.have >= end or header.have == header.since:
            return count
        asked = replace(asked, have=header.have)
    return _MOST_RECEIPTS


def _good(files: Iterator[tuple[Path, bytes | Damaged]], done: Read) -> list[bytes]:
    """The whole files; what is wrong with the others goes to the problems."""
    good: list[bytes] = []
    for _path, data in files:
        if isinstance(data, Damaged):
            done.problems.append(data)
        else:
            good.append(data)
    return good


def _place_in_log(data: bytes) -> tuple[str, int]:
    """Sorts parcels as they were written; what cannot be read comes first, and is named when its turn comes."""
    try:
        header, _sealed = parcel.peek(data)
    except Damaged:
        return "", 0
    return header.sender, header.first
