"""How a home is made and opened, in the order that a crash or a thief cannot use.

* Making: the vault first, then the database under another name, which it changes for its own when it is complete. A
  home with an unfinished database was never in use: making it again may start over.
* Opening: lock, vault, database, migrations, chain, witness. Whatever fails frees all that was taken before it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from filelock import BaseFileLock

from itinerant.errors import Locked, StoreProblem, UserError
from itinerant.paths import Home
from itinerant.store import views
from itinerant.store.access import rekeying
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.access.vault import Unlocked, Vault
from itinerant.store.disk import meta
from itinerant.store.disk.database import Database
from itinerant.store.disk.epoch import EpochFile, Past
from itinerant.store.disk.faults import ruined, storing
from itinerant.store.disk.files import make_private_folder, sync_folder
from itinerant.store.disk.lock import hold
from itinerant.store.disk.migrations import migrate
from itinerant.store.disk.process import forbid_core_dumps
from itinerant.store.identity import Identity
from itinerant.store.journal import Journal
from itinerant.store.office import former, office_keys
from itinerant.sync.standing import ENROLLED
from itinerant.texts import _


@dataclass
class Opened:
    """Everything that an open home holds, to be closed together."""

    home: Home
    lock: BaseFileLock
    vault: Vault
    key: DatabaseKey
    database: Database
    journal: Journal
    identity: Identity
    epoch: EpochFile
    past: Past
    person: str
    reading_only: bool = False
    _busy: threading.RLock = field(default_factory=threading.RLock)

    def allow_writing(self) -> None:
        """Raise `StoreProblem` when the home was opened for reading only."""
        if self.reading_only:
            raise StoreProblem(
                _("El cuaderno está abierto solo para leer."),
                safe=_("Lo que puede leerse sigue a salvo."),
                next_step=_("Ejecute «itinerant doctor» y avise a la oficina."),
                code="reading_only",
            )

    @contextmanager
    def changing_accesses(self) -> Iterator[None]:
        """One change of the slots at a time, and never one beside the closing, which wipes the key."""
        with self._busy:
            if not self.lock.is_locked:
                raise Locked(_("El cuaderno está cerrado."), safe=_("Lo guardado sigue a salvo."), code="closed")
            self.allow_writing()
            yield

    def reassure(self) -> Past:
        """Once the office answered as usual, a copied log is as good as the original; what the past is now."""
        if self.past is Past.COPIED:
            with self.database.reader() as connection:
                standing = meta.load_standing(connection)
            if standing is not None and standing.state == ENROLLED:
                self.epoch.believe()
                self.epoch.write(self.journal.head)
                self.past = Past.SAME
        return self.past

    def close(self) -> None:
        """Free it all, once; the write-ahead log is emptied so that nothing erased stays in it."""
        with self._busy:
            if not self.lock.is_locked:
                return
            try:
                if not self.reading_only:
                    with suppress(StoreProblem):  # a full disk: what was committed is safe where it is
                        self.database.checkpoint()
                        self.epoch.write(self.journal.head)
            finally:
                self.epoch.close()
                self.database.close()
                self.key.wipe()
                self.lock.release()


def create(home: Home, identity: Identity, person: str, passphrase: str, now_ms: int) -> Opened:
    """Make the home of a new laptop and open it."""
    forbid_core_dumps()
    make_private_folder(home.root)
    lock = hold(home.lock)
    try:
        if home.database.exists() or (home.slots.exists() and not home.unfinished.exists()):
            raise UserError(
                _("Esta carpeta ya tiene una laptop inscrita."),
                next_step=_("Elija otra carpeta con --home."),
                place=str(home.root),
                code="home_in_use",
            )
        vault, key = _make(home, identity, person, passphrase, now_ms)
        return _open(home, lock, vault, Unlocked(person, key), now_ms, reading_only=False)
    except BaseException:
        lock.release()
        raise


def unlock(home: Home, passphrase: str, person: str | None, now_ms: int, *, reading_only: bool) -> Opened:
    """Open a home with a person's passphrase."""
    return _enter(home, lambda vault: vault.unlock(passphrase, person), now_ms, reading_only=reading_only)


def unlock_card(home: Home, keys: Mapping[str, bytes], person: str | None, now_ms: int) -> Opened:
    """Open a home with what a card made of `Vault.card_seals`."""
    return _enter(home, lambda vault: vault.unlock_card(keys, person), now_ms, reading_only=False)


def adopt(home: Home, person: str, keys: Sequence[DatabaseKey], now_ms: int) -> Opened:
    """Open a home for `person` with the keys that the office sent. Raises `Locked` when they are no longer its."""
    return _enter(home, lambda vault: vault.adopt(person, keys), now_ms, reading_only=False)


def _enter(home: Home, unlock_with: Callable[[Vault], Unlocked], now_ms: int, *, reading_only: bool) -> Opened:
    """Unlock first, so that a wrong passphrase is told as such even while another process has the home open."""
    forbid_core_dumps()
    vault = Vault.read(home.slots)
    unlocked = unlock_with(vault)
    if not home.database.exists():
        raise _no_database(home)
    if not home.database.stat().st_size:
        raise ruined(home.database)  # SQLite would take it for a new one and write to it
    lock = hold(home.lock)
    try:
        if vault.is_stale:  # another process changed the key between the two
            vault = Vault.read(home.slots)
            unlocked = unlock_with(vault)
        return _open(home, lock, vault, unlocked, now_ms, reading_only=reading_only)
    except BaseException:
        lock.release()
        raise


def people(home: Home) -> list[str]:
    """Who can unlock the home; nobody when there is no laptop in it."""
    return Vault.read(home.slots).people() if home.slots.exists() else []


def _make(home: Home, identity: Identity, person: str, passphrase: str, now_ms: int) -> tuple[Vault, DatabaseKey]:
    with storing(home.root):
        for suffix in ("", "-wal", "-shm"):
            home.unfinished.with_name(home.unfinished.name + suffix).unlink(missing_ok=True)
        home.unfinished.touch(mode=0o600)
    vault, key = Vault.create(
        home.slots,
        device=identity.device,
        person=person,
        passphrase=passphrase,
        office_recovery_key=identity.office.recovery_key,
    )
    database = Database(home.unfinished, key)
    try:
        migrate(database, now_ms, new=True)
        with database.writer() as connection:
            views.adapt(connection)
            meta.save(connection, meta.IDENTITY, identity.as_dict())
        database.checkpoint()
    finally:
        database.close()
    with storing(home.root):
        home.unfinished.replace(home.database)
        sync_folder(home.root)
    return vault, key


def _open(
    home: Home, lock: BaseFileLock, vault: Vault, unlocked: Unlocked, now_ms: int, *, reading_only: bool
) -> Opened:
    key = rekeying.fitting(unlocked, home.database)
    database = Database(home.database, key)
    try:
        identity, journal = _ready(database, now_ms, reading_only=reading_only)
        epoch = EpochFile(home.epoch, home.database, identity.device)
        mark = epoch.read()
        at_mark = journal.head_at(mark.seq) if mark else None
        with database.reader() as connection:
            formers = [log.device for log in former.logs(connection)]
        past = epoch.compare(journal.head, at_mark.hash if at_mark else None, formers)
        if not reading_only:
            if vault.rekeying and past is Past.COPIED and not (mark and mark.copied):
                epoch.believe()  # the file took this one's place when the key changed
                past = Past.SAME
            vault.keep(unlocked)
            key = rekeying.finish(vault, unlocked, database, key, epoch, journal)
    except BaseException:
        database.close()
        raise
    return Opened(
        home=home,
        lock=lock,
        vault=vault,
        key=key,
        database=database,
        journal=journal,
        identity=identity,
        epoch=epoch,
        past=past,
        person=unlocked.person,
        reading_only=reading_only,
    )


def _ready(database: Database, now_ms: int, *, reading_only: bool) -> tuple[Identity, Journal]:
    """Bring the schema up to date and check the chain, unless the home is only to be read."""
    if not reading_only:
        migrate(database, now_ms)
        with database.writer() as connection:
            if views.adapt(connection):
                views.rebuild(connection)
    with database.reader() as connection:
        found = meta.load(connection, meta.IDENTITY)
    if found is None:
        raise ruined(database.path)
    identity = Identity.from_dict(found)
    if not reading_only:
        with database.writer() as connection:
            identity = office_keys.follow(connection, identity)
    return identity, Journal(database, identity.device, verify=not reading_only)


def _no_database(home: Home) -> StoreProblem:
    return StoreProblem(
        _("Falta el archivo cifrado de esta laptop."),
        safe=_("Lo recibido por la oficina está a salvo."),
        next_step=_("Devuelva log.db a su carpeta; si la inscripción no terminó, repita «itinerant enrol»."),
        place=str(home.database),
        code="no_database",
    )
