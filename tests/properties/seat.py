"""A laptop on a table: its encrypted home, who is at it, its clock, and what can happen to both.

`own` is the log as the person was shown it: every hash is of a change that was said to be saved (or that was found
saved after a crash, before anybody was told).
"""

import json
from contextlib import contextmanager
from pathlib import Path

from itinerant.log.chain import START
from itinerant.paths import Home
from itinerant.store.disk.epoch import Past
from itinerant.store.laptop import Laptop
from tests.properties import template

FILES = ("slots.json", "log.db", "log.db-wal", "epoch.json")


class Seat:
    """One laptop. `moved` is how far its clock is off, in ms; `stray`: the office's log of its code is another one;
    `by_stick`: hashes of all that the others of its brigade ever handed to it."""

    def __init__(self, home: Path, code, own=()):
        self.home = Home(home)
        self.code = code
        self.own = list(own)
        self.person = template.PEOPLE[0]
        self.moved = 0
        self.stray = False
        self.by_stick = set()
        self.looked_at = {}
        self._laptop = None

    @property
    def laptop(self):
        """The unlocked laptop; the first who asks for it unlocks it."""
        if self._laptop is None:
            self._laptop = self._unlock()
        return self._laptop

    def clock(self):
        return template.NOW + self.moved

    def is_own(self, head):
        """Whether the log here passes through that head."""
        return head == START or self.own[head.seq - 1 : head.seq] == [head.hash]

    def _unlock(self):
        passphrase = template.PASSPHRASES[self.person]
        return Laptop.unlock(self.home.root, passphrase, self.person, now_ms=self.clock)

    def hand_over(self):
        """The shift ends: who was here locks, the other one unlocks with a passphrase of their own."""
        self.laptop.close()
        self.person = next(person for person in template.PEOPLE if person != self.person)
        self._laptop = None

    @contextmanager
    def dying(self, kept):
        """The process dies inside; of what the block wrote into the write-ahead log only a part reached the disk.

        `kept` is that part, from 0 to 1. The rest of the files is as it was when the block began.
        """
        before = self.files()
        try:
            yield
        finally:
            after = self.files()
            torn = partly(before.get("log.db-wal", b""), after.get("log.db-wal", b""), kept)
            self._drop()
            self.put({**after, "log.db-wal": torn, "epoch.json": before.get("epoch.json")})
            self._laptop = None

    def _drop(self):
        """Let go of the files as a process that is no more: no checkpoint, no witness written."""
        opened = self.laptop._opened
        opened.epoch.close()
        opened.database.close()
        opened.lock.release()

    def files(self):
        """The bytes of the home, as a copy of its folder made now would have them."""
        return {name: (self.home.root / name).read_bytes() for name in FILES if (self.home.root / name).exists()}

    def put(self, files, *, same_file=True):
        """Write files into the home, or remove those that are None; `same_file` into the database that is there."""
        self.home.database.with_name("log.db-shm").unlink(missing_ok=True)
        for name, data in files.items():
            path = self.home.root / name
            if data is None or (name == "log.db" and not same_file):
                path.unlink(missing_ok=True)
            if data is None:
                continue
            with path.open("r+b" if path.exists() else "xb") as file:
                file.truncate()
                file.write(data)

    def restore(self, files, own, *, witness, same_file):
        """Put an older copy in the place of the home; `witness`: its epoch file comes back too. What unlock says."""
        self.laptop.close()
        self.put({name: files.get(name) for name in FILES if witness or name != "epoch.json"}, same_file=same_file)
        self.own = list(own)
        self.stray = False
        expected = self._expected_past()
        self._laptop = None
        assert self.laptop.past is expected, (self.laptop.past, expected)

    def _expected_past(self):
        """A log that does not pass through the mark was restored, and stays so; one in another file was copied."""
        if not self.home.epoch.exists():
            return Past.UNKNOWN
        mark = json.loads(self.home.epoch.read_bytes())
        hashes = dict(enumerate(self.own, start=1))
        if mark["restored"] or (mark["seq"] and hashes.get(mark["seq"]) != mark["hash"]):
            return Past.RESTORED
        found = self.home.database.stat()
        moved = mark["inode"] != f"{found.st_dev}:{found.st_ino}"
        return Past.COPIED if moved or mark["copied"] else Past.SAME

    def clone(self, home: Path):
        """A copy of the folder, opened beside this one."""
        home.mkdir(mode=0o700)
        for name, data in self.files().items():
            (home / name).write_bytes(data)
        twin = Seat(home, self.code, self.own)
        twin.by_stick = set(self.by_stick)
        expected = twin._expected_past()
        assert twin.laptop.past is expected is not Past.SAME, (twin.laptop.past, expected)
        return twin

    def close(self):
        """Lock it, if anybody unlocked it."""
        if self._laptop is not None:
            self._laptop.close()
            self._laptop = None


def partly(before, after, kept):
    """The bytes of a file of which the first part of what was overwritten or appended is new, the rest as before."""
    if len(after) < len(before):  # it was emptied into the database: nothing of it is in flight
        return after
    start = common(before, after)
    end = len(after) if len(after) != len(before) else len(after) - common(before[::-1], after[::-1])
    middle = start + round(max(0, end - start) * kept)
    return after[:middle] + before[middle:]


def common(one, other):
    """How many leading bytes are the same in both."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
