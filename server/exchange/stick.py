"""The stick's other end: parcels and enrolment requests out of a folder, receipts into it.

* One file after the other, each in its own transaction; a bad one is named and never blocks the others.
* Nothing is removed from the stick: reading it again changes nothing. What laptops of a brigade wrote for each other
  is theirs: it is counted, and the office can read none of it.
* Receipts are written for every laptop that was last heard of by stick, as often as asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged, ItinerantError, Refused
from itinerant.sync import folder, parcel, receipt
from server import ledger
from server.exchange import contacts
from server.exchange.answer import answer
from server.exchange.contacts import Question
from server.exchange.handling import take
from server.laptops import rejoin
from server.laptops.enrolment import enrol
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
    foreign: int = 0
    problems: list[ItinerantError] = field(default_factory=list)


def read(office: Office, place: Path) -> Read:
    """Take in every request and every parcel of a folder. Raises `StoreProblem` when it cannot be read, `UserError`
    when there is too much in it."""
    done = Read()
    early: list[Path] = []
    for path in folder.paths(place, folder.ENROLMENTS):
        _enrol(office, path, done, early)
    for path in _in_order(folder.paths(place, folder.PARCELS), done):
        try:
            _device, outcome = take(office, folder.read(path), by_stick=True)
        except (Damaged, Refused) as error:
            done.problems.append(_named(error, path))
        else:
            done.parcels += 1
            done.accepted += outcome.accepted
            done.quarantined += outcome.quarantined
    for path in early:
        _enrol(office, path, done)
    return done


def _enrol(office: Office, path: Path, done: Read, early: list[Path] | None = None) -> None:
    """Take a request in. A laptop that takes a new code may have the rest of its log on the same stick: `early`."""
    try:
        enrol(office, folder.read(path), by_stick=True)
        done.enrolled += 1
    except (Damaged, Refused) as error:
        if early is not None and error.code == rejoin.NOT_HERE:
            early.append(path)
        else:
            done.problems.append(_named(error, path))


def write(office: Office, place: Path) -> dict[str, int]:
    """Write the receipts that laptops wait for; answers with the number of files for each laptop."""
    folder.prepare(place)
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


def _in_order(paths: list[Path], done: Read) -> list[Path]:
    """The parcels for the office, those of a laptop as it wrote them. Contents are not kept: there may be gigabytes."""
    places: list[tuple[str, int, Path]] = []
    for path in paths:
        try:
            data = folder.read(path)
        except Damaged as error:
            done.problems.append(_named(error, path))
            continue
        try:
            header, _sealed = parcel.peek(data)
        except Damaged:
            places.append(("", 0, path))  # named when its turn comes, or kept for a later version to read
        else:
            if header.to == CENTRAL:
                places.append((header.sender, header.first, path))
            else:
                done.foreign += 1
    return [path for _sender, _first, path in sorted(places)]


def _named(error: ItinerantError, path: Path) -> ItinerantError:
    """The error with the file that it is about."""
    error.place = folder.shown(path)
    return error
