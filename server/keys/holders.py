"""Who keeps the recovery key: any two of the holders together open it, no one alone.

* Each holder has a key pair; its private half is behind a passphrase of their own (Argon2id, design section 5). The
  recovery key is sealed for every ordered pair of them: inside to one, outside to the other.
* So the first to approve peels the outside with their passphrase, and what is left is for one other holder alone.
* Until two people are holders the key lies in `keys/recovery.key`, as the office was made, and nobody can approve. The
  second one's enrolment seals it and destroys that file. A further holder needs two who are, since only they open it.
* `keys/recovery.json` holds no secret that one passphrase opens. Copies of it from before a holder left still open with
  that holder's passphrase and another's: it takes two in any case.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.domain import passphrases
from itinerant.errors import Damaged, Locked, UserError
from itinerant.sync import keys, wrapping
from itinerant.texts import _
from server import home

NEEDED = 2
MAX_HOLDERS = 20
_VERSION = 1
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Slot = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Holders:
    """The file, read. `pairs[a][b]`: the recovery key, sealed to b and then to a."""

    public: bytes
    slots: Mapping[str, Slot]
    pairs: Mapping[str, Mapping[str, str]]

    @property
    def ready(self) -> bool:
        """Whether two people keep the key, so that a recovery can be approved."""
        return len(self.slots) >= NEEDED

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The holders of the office in `folder`; nobody when there is no file yet. Raises `Damaged`."""
        path = _path(folder)
        if not path.exists():
            return cls(home.recovery_public(folder), {}, {})
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Damaged(
                _("Otras personas de esta máquina pueden leer una llave de la oficina."),
                next_step=_("Ejecute: chmod 600 {path}").format(path=path),
                place=str(path),
            )
        try:
            value = json.loads(path.read_bytes())
            slots = {slot["account"]: slot for slot in value["holders"]}
            whole = all(wrapping.well_formed(slot) and isinstance(slot["wrapped"], str) for slot in slots.values())
            pairs = {
                account: {other: str(seal) for other, seal in row.items()} for account, row in value["pairs"].items()
            }
            if value["v"] != _VERSION or not whole:
                raise _damaged(path)
            return cls(keys.decode(value["public"]), slots, pairs)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged(path) from error

    def peel(self, account: str, passphrase: str) -> dict[str, str]:
        """A holder's approval: for each other holder, what that one alone opens. Raises `Locked`."""
        private = self._private(account, passphrase)
        seals = self.pairs.get(account, {})
        return {other: wrapping.encode(self._open(seal, private, account, other)) for other, seal in seals.items()}

    def open(self, account: str, passphrase: str, first: str, peeled: str) -> X25519PrivateKey:
        """The recovery key, by the second holder, from what the `first` one peeled for them. Raises `Locked`."""
        private = self._private(account, passphrase)
        try:
            raw = _HPKE.decrypt(wrapping.decode(peeled), private, _info("inner", first, account))
        except (InvalidTag, ValueError) as error:
            raise _damaged(None) from error
        found = X25519PrivateKey.from_private_bytes(raw)
        if found.public_key().public_bytes_raw() != self.public:
            raise _damaged(None)
        return found

    def _private(self, account: str, passphrase: str) -> X25519PrivateKey:
        slot = self.slots.get(account)
        raw = None
        if slot is not None:
            raw = wrapping.unwrap(wrapping.stretch(slot, passphrase), slot["wrapped"], _bound(slot))
        if raw is None:
            raise Locked(
                _("La frase no es la de {account} como custodio, o esa cuenta no lo es.").format(account=account),
                next_step=_("Vuelva a escribirla; «itinerant-server recovery holder list» dice quiénes lo son."),
                place=account,
                code="wrong_passphrase",
            )
        return X25519PrivateKey.from_private_bytes(raw)

    def _open(self, seal: str, private: X25519PrivateKey, account: str, other: str) -> bytes:
        try:
            return _HPKE.decrypt(wrapping.decode(seal), private, _info("outer", account, other))
        except (InvalidTag, ValueError) as error:
            raise _damaged(None) from error


def add(folder: Path, account: str, passphrase: str, by: Sequence[tuple[str, str]] = ()) -> Holders:
    """Make an account a holder. `by`: two holders with their passphrases, once there are two.

    Raises `UserError` (weak passphrase, holder already, two are needed), `Locked` for a wrong passphrase of theirs.
    """
    found = Holders.read(folder)
    reason = passphrases.weak(passphrase)
    if reason:
        raise UserError(reason, place="passphrase", code="weak_passphrase")
    if account in found.slots or len(found.slots) >= MAX_HOLDERS:
        raise UserError(_("{account} ya es custodio, o no caben más.").format(account=account), place=account)
    secret = _secret(folder, found, by)
    slots = {**found.slots, account: _slot(account, passphrase)}
    made = Holders(found.public, slots, _pairs(slots, secret) if len(slots) >= NEEDED else {})
    _write(folder, made)
    if made.ready:
        home.destroy_recovery(folder)
    return made


def remove(folder: Path, account: str) -> Holders:
    """Let a holder go. Raises `UserError` for one who is none, or when fewer than two would be left."""
    found = Holders.read(folder)
    if account not in found.slots:
        raise UserError(_("{account} no es custodio.").format(account=account), place=account)
    if found.ready and len(found.slots) <= NEEDED:
        raise UserError(
            _("Sin {account} quedaría un solo custodio, y nadie podría recuperar una laptop.").format(account=account),
            next_step=_("Nombre antes a otro."),
            place=account,
            code="last_holders",
        )
    pairs = {
        one: {other: seal for other, seal in row.items() if other != account}
        for one, row in found.pairs.items()
        if one != account
    }
    made = Holders(found.public, {one: slot for one, slot in found.slots.items() if one != account}, pairs)
    _write(folder, made)
    return made


def _secret(folder: Path, found: Holders, by: Sequence[tuple[str, str]]) -> bytes:
    """The recovery key, while it lies in clear, or by two holders."""
    if not found.ready:
        return home.read_recovery(folder).private_bytes_raw()
    return together(found, by).private_bytes_raw()


def together(found: Holders, by: Sequence[tuple[str, str]]) -> X25519PrivateKey:
    """The recovery key, by two holders who are both present. Raises `UserError` unless they are two, `Locked`."""
    if len(by) != NEEDED or len({account for account, _passphrase in by}) != NEEDED or not found.ready:
        raise UserError(
            _("Hacen falta dos custodios presentes."),
            next_step=_("Repita con --by CUENTA dos veces; cada uno escribe su frase."),
            code="two_needed",
        )
    (first, first_words), (second, second_words) = by
    return found.open(second, second_words, first, found.peel(first, first_words).get(second, ""))


def _slot(account: str, passphrase: str) -> Slot:
    private = X25519PrivateKey.generate()
    slot = {
        "account": account,
        "public": keys.encode(private.public_key().public_bytes_raw()),
        **wrapping.parameters(),
    }
    return slot | {"wrapped": wrapping.wrap(wrapping.stretch(slot, passphrase), private.private_bytes_raw(), slot)}


def _pairs(slots: Mapping[str, Slot], secret: bytes) -> dict[str, dict[str, str]]:
    """The recovery key for every ordered pair of holders."""

    def seal(data: bytes, account: str, info: bytes) -> bytes:
        public = X25519PublicKey.from_public_bytes(keys.decode(slots[account]["public"]))
        return _HPKE.encrypt(data, public, info)

    return {
        first: {
            second: wrapping.encode(
                seal(seal(secret, second, _info("inner", first, second)), first, _info("outer", first, second))
            )
            for second in slots
            if second != first
        }
        for first in slots
    }


def _info(layer: str, first: str, second: str) -> bytes:
    return f"itinerant/office/recovery/1/{layer}/{first}/{second}".encode()


def _bound(slot: Slot) -> dict[str, Any]:
    return {name: value for name, value in slot.items() if name != "wrapped"}


def _write(folder: Path, made: Holders) -> None:
    value = {
        "v": _VERSION,
        "public": keys.encode(made.public),
        "holders": list(made.slots.values()),
        "pairs": made.pairs,
    }
    home.replace_private(_path(folder), json.dumps(value, indent=1, sort_keys=True).encode() + b"\n")


def _path(folder: Path) -> Path:
    return folder / home.KEYS_FOLDER / home.HOLDERS_FILE


def _damaged(path: Path | None) -> Damaged:
    return Damaged(
        _("El archivo de custodios está dañado o alguien lo cambió."),
        next_step=_("Recupere la carpeta de llaves de su copia de respaldo."),
        place=str(path or home.HOLDERS_FILE),
        code="holders",
    )
