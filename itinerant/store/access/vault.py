"""The vault: the database key, sealed to one slot per person and one for the office, in `slots.json`.

* The database key is 256 random bits and never leaves memory in clear. What a slot is: `slots`.
* Whoever loses access takes the key along in memory or in an old copy of this file: so a removal gives the database
  another key, sealed to those who stay. While the database is being encrypted again the file holds both keys; either
  opens it, and whoever unlocks next finishes (`rekeying`).
* Two seals: `sum` (SHA-256) tells a damaged file from a wrong passphrase before any key is known; `mac` (HMAC by a
  key derived from the database key; `mac_next` by the next one's) shows a file that somebody altered, once unlocked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from itinerant.domain import passphrases
from itinerant.errors import Damaged, Locked, StoreProblem, UserError
from itinerant.log import canonical
from itinerant.store.access import slots
from itinerant.store.access.slots import NEXT, SEALED, DatabaseKey, Slot, SlotKind
from itinerant.store.disk.faults import storing
from itinerant.store.disk.files import write_atomically
from itinerant.texts import _

VERSION = 2
MAX_FILE = 256 * 1024
MAX_SLOTS = 64


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Who opened the vault, and the key that was inside; `next`: the one that a re-encryption was giving it.

    `slot`: the person's slot as it is to be kept, when the file holds one of the first version.
    """

    person: str
    key: DatabaseKey
    next: DatabaseKey | None = None
    slot: Slot | None = None


class Vault:
    """The slots file of one laptop, in memory. Whatever changes it writes the file before it returns."""

    def __init__(self, path: Path, device: str, found: list[Slot], *, version: int = VERSION) -> None:
        self.path = path
        self.device = device
        self._slots = found
        self._version = version
        self._macs: dict[str, str] = {}
        self._sum = ""

    @classmethod
    def create(
        cls, path: Path, *, device: str, person: str, passphrase: str, office_recovery_key: bytes | None
    ) -> tuple[Self, DatabaseKey]:
        """A new vault with one person's slot and, given the office's raw X25519 key, the office's slot.

        Raises `UserError` for a weak passphrase.
        """
        key = DatabaseKey.generate()
        vault = cls(path, device, [])
        if office_recovery_key is not None:
            vault._slots.append(slots.sealed(slots.for_office(office_recovery_key), key, device))
        vault.add(key, person, passphrase)
        return vault, key

    @classmethod
    def read(cls, path: Path) -> Self:
        """The vault of a slots file. Raises `StoreProblem` when there is none, `Damaged` when it is not whole."""
        content = _parse(_bytes(path), path)
        vault = cls(path, content["device"], content["slots"], version=content["v"])
        vault._macs = {name: content[name] for name in ("mac", "mac_next") if name in content}
        vault._sum = content["sum"]
        return vault

    @property
    def is_stale(self) -> bool:
        """Whether another process has written the file since it was read."""
        return bool(_parse(_bytes(self.path), self.path)["sum"] != self._sum)

    @property
    def rekeying(self) -> bool:
        """Whether the database was being given another key."""
        return any(NEXT in slot for slot in self._slots)

    def people(self) -> list[str]:
        """The codes of those who have a slot of their own."""
        return list(dict.fromkeys(slot["person"] for slot in self._slots if slot["kind"] != SlotKind.OFFICE))

    def card_seals(self) -> dict[str, str]:
        """What cards make keys of, with whose card it is."""
        found = [(slots.kept_for_card(slot), slot) for slot in self._slots]
        return {kept: slot["person"] for kept, slot in found if kept is not None}

    def office_seals(self) -> tuple[str, list[str]]:
        """The office's public key and what is sealed to it, in base64. Raises `UserError` without an office's slot."""
        for slot in self._slots:
            if slot["kind"] == SlotKind.OFFICE:
                return slot["recovery_key"], [slot[name] for name in (SEALED, NEXT) if name in slot]
        raise UserError(_("La oficina no puede abrir esta laptop: no tiene su acceso."), code="no_office_slot")

    def unlock(self, passphrase: str, person: str | None = None) -> Unlocked:
        """The key, by the passphrase of `person` (or of anybody who has a slot).

        Raises `Locked` for a wrong passphrase or an unknown person, `Damaged` when the file was altered.
        """
        for slot in self._slots:
            if slot["kind"] == SlotKind.PASSPHRASE and person in (None, slot["person"]):
                found = slots.open_slot(slot, passphrase, self.device)
                if found is not None:
                    kept, key, following = found
                    self._authenticate(key, following)
                    return Unlocked(slot["person"], key, following, None if kept is slot else kept)
        raise Locked(
            _("La frase de acceso no corresponde.")
            if person is None or person in self.people()
            else _("{person} no tiene acceso a esta laptop.").format(person=person),
            safe=_("Los datos siguen cifrados y completos."),
            next_step=_(
                "Vuelva a escribirla. Si la olvidó, quien sí puede entrar le da otra; si nadie puede, la oficina:"
                " «itinerant recover»."
            ),
            code="locked",
        )

    def unlock_card(self, keys: Mapping[str, bytes], person: str | None = None) -> Unlocked:
        """The key, by what a card made of `card_seals`. Raises `Locked` for another card, `Damaged` as `unlock`."""
        for slot in self._slots:
            opener = keys.get(slots.kept_for_card(slot) or "")
            found = slots.open_with(slot, opener, self.device) if opener else None
            if found is not None and person in (None, slot["person"]):
                _kept, key, following = found
                self._authenticate(key, following)
                return Unlocked(slot["person"], key, following)
        raise Locked(
            _("Esta tarjeta no abre esta laptop."),
            safe=_("Los datos siguen cifrados y completos."),
            next_step=_("Entre con su frase de acceso y dele acceso a la tarjeta, o use la que ya lo tiene."),
            code="other_card",
        )

    def adopt(self, person: str, keys: Sequence[DatabaseKey]) -> Unlocked:
        """Let `person` in with the keys that the office opened (the present and, in a re-encryption, the next).

        Raises `Locked` when they are not of this file: the laptop was given another key since.
        """
        key, following = keys[0], keys[1] if len(keys) > 1 else None
        try:
            self._authenticate(key, following)
        except Damaged as error:
            raise Locked(
                _("La respuesta de la oficina ya no abre esta laptop: su llave cambió desde la solicitud."),
                safe=_("Los datos siguen cifrados y completos."),
                next_step=_("Haga otra solicitud con «itinerant recover request»."),
                code="stale_answer",
            ) from error
        return Unlocked(person, key, following)

    def add(self, key: DatabaseKey, person: str, passphrase: str) -> None:
        """Give `person` a slot, or a new passphrase, under the present key. Raises `UserError` for a weak one."""
        self.write(self.with_person(key, person, passphrase), key)

    def with_person(self, key: DatabaseKey, person: str, passphrase: str) -> list[Slot]:
        """The slots as they would be with `person`'s; nothing is written. Raises `UserError` for a weak passphrase."""
        self.require_settled()
        reason = passphrases.weak(passphrase)
        if reason:
            raise UserError(reason, place="passphrase", code="weak_passphrase")
        return self._with(key, SlotKind.PASSPHRASE, slots.for_passphrase(person, passphrase))

    def with_card(self, key: DatabaseKey, person: str, kept: str, opener: bytes) -> list[Slot]:
        """The slots as they would be with a card of `person`'s, in the place of the one before; nothing is written."""
        self.require_settled()
        return self._with(key, SlotKind.CARD, slots.for_card(person, kept, opener))

    def _with(self, key: DatabaseKey, kind: SlotKind, fresh: Slot) -> list[Slot]:
        person = fresh["person"]
        others = [slot for slot in self._slots if (slot.get("person"), slot["kind"]) != (person, kind)]
        if len(others) >= MAX_SLOTS:
            raise UserError(_("Esta laptop ya tiene {n} accesos.").format(n=MAX_SLOTS), code="too_many_slots")
        return [*others, slots.sealed(fresh, key, self.device)]

    def without_person(self, person: str, *kinds: SlotKind) -> list[Slot]:
        """The slots as they would be without `person`'s (of these kinds, or all); nothing is written.

        Raises `UserError` when there is none, when it is the last one, or when somebody who stays has a slot of the
        first version: no key can be sealed to that.
        """
        self.require_settled()
        gone = kinds or (SlotKind.PASSPHRASE, SlotKind.CARD)
        kept = [slot for slot in self._slots if slot.get("person") != person or slot["kind"] not in gone]
        if len(kept) == len(self._slots):
            words = (
                _("{person} no tiene acceso con tarjeta.") if kinds else _("{person} no tiene acceso a esta laptop.")
            )
            raise UserError(words.format(person=person), place=person)
        if all(slot["kind"] == SlotKind.OFFICE for slot in kept):
            raise UserError(
                _("{person} es la única persona con acceso.").format(person=person),
                next_step=_("Dé acceso a otra persona antes de quitar este."),
                place=person,
                code="last_person",
            )
        waiting = self.first_version(kept)
        if waiting:
            raise UserError(
                _("{people} no ha entrado desde que se actualizó el programa.").format(people=", ".join(waiting)),
                next_step=_("Que entre una vez con su frase, o dele una nueva; después quite este acceso."),
                place=person,
                code="first_version",
            )
        return kept

    @staticmethod
    def first_version(found: Sequence[Slot]) -> list[str]:
        """Those whose slot has no key pair yet."""
        return [slot["person"] for slot in found if slots.is_first_version(slot)]

    def require_settled(self) -> None:
        """Raise `StoreProblem` while a re-encryption waits to be finished: accesses change after it."""
        if self.rekeying:
            raise StoreProblem(
                _("El cuaderno no terminó de cifrarse con su llave nueva."),
                safe=_("Nada se perdió."),
                next_step=_("Libere espacio, cierre el programa y ábralo de nuevo: lo termina solo."),
                place=str(self.path),
                code="rekeying",
            )

    def keep(self, unlocked: Unlocked) -> None:
        """Bring a file of the first version to this one, as far as the person who unlocked can."""
        if unlocked.slot is not None and not self.rekeying:
            mine = slots.sealed(unlocked.slot, unlocked.key, self.device)
            old = (unlocked.person, SlotKind.PASSPHRASE)
            written = [mine if (slot.get("person"), slot["kind"]) == old else slot for slot in self._slots]
            self.write(written, unlocked.key)

    def begin(self, key: DatabaseKey, following: DatabaseKey, wanted: Sequence[Slot]) -> list[Slot]:
        """Write `wanted` with both keys sealed to each slot; answers with what was there, for `restore`."""
        before = self._slots
        self.write([slots.sealed(slot, following, self.device, NEXT) for slot in wanted], key, following)
        return before

    def restore(self, key: DatabaseKey, before: Sequence[Slot]) -> None:
        """Take back what `begin` wrote: the database is still under `key`."""
        self.write(before, key)

    def finish(self, key: DatabaseKey) -> None:
        """Write that the database is under the next key, which is `key`, alone."""
        kept = [{name: value for name, value in slot.items() if name != NEXT} for slot in self._slots]
        self.write([slot | {SEALED: old[NEXT]} for slot, old in zip(kept, self._slots, strict=True)], key)

    def write(self, found: Sequence[Slot], key: DatabaseKey, following: DatabaseKey | None = None) -> None:
        """Write these slots, which hold `key` (and `following`)."""
        content: dict[str, Any] = {"v": VERSION, "device": self.device, "slots": list(found)}
        macs = {"mac": _mac(key, content)} | ({"mac_next": _mac(following, content)} if following else {})
        content |= macs
        content["sum"] = _sum(content)
        write_atomically(self.path, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
        self._slots, self._macs, self._sum = list(found), macs, content["sum"]
        self._version = VERSION

    def _authenticate(self, key: DatabaseKey, following: DatabaseKey | None) -> None:
        content = {"v": self._version, "device": self.device, "slots": self._slots}
        good = hmac.compare_digest(_mac(key, content), self._macs["mac"])
        if following is not None:
            good = hmac.compare_digest(_mac(following, content), self._macs.get("mac_next", "")) and good
        if not good:
            raise _altered(self.path)


def _mac(key: DatabaseKey, content: Mapping[str, Any]) -> str:
    return hmac.new(key.derive("vault"), canonical.encode(content), hashlib.sha256).hexdigest()


def _sum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical.encode(content)).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        with storing(path), path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except StoreProblem as error:
        raise _missing(path) if error.code == "missing" else error from error


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    """The content of a slots file whose form and sum are right."""
    try:
        content = json.loads(data)
        if not isinstance(content, dict) or len(data) > MAX_FILE:
            raise _altered(path)
        given = content.pop("sum", None)
        if _sum(content) != given:
            raise _altered(path)
    except (ValueError, RecursionError, Damaged) as error:
        raise _altered(path) from error
    if content.get("v") not in (1, VERSION):
        raise StoreProblem(
            _("El archivo de llaves es de una versión posterior del programa."),
            next_step=_("Actualice el programa en esta laptop."),
            place=str(path),
            code="newer_vault",
        )
    if not _well_formed(content):
        raise _altered(path)
    return content | {"sum": given}


def _well_formed(content: Mapping[str, Any]) -> bool:
    found = content.get("slots")
    texts = all(isinstance(content.get(name), str) for name in ("device", "mac"))
    if not (texts and isinstance(found, list) and isinstance(content.get("mac_next", ""), str)):
        return False
    return len(found) <= MAX_SLOTS and all(map(slots.well_formed, found))


def _missing(path: Path) -> StoreProblem:
    return StoreProblem(
        _("Falta el archivo de llaves de esta laptop."),
        safe=_("Si ya se usaba, los datos siguen cifrados en su lugar."),
        next_step=_("Devuelva slots.json a su carpeta; si la laptop es nueva, inscríbala con «itinerant enrol»."),
        place=str(path),
        code="no_vault",
    )


def _altered(path: Path) -> Damaged:
    return Damaged(
        _("El archivo de llaves está dañado o alguien lo cambió."),
        safe=_("Los datos siguen cifrados y completos."),
        next_step=_("Devuelva la última copia buena de slots.json; la oficina puede ayudarle."),
        place=str(path),
        code="vault",
    )
