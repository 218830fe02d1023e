"""Recovery: a laptop that nobody can unlock asks the office, and two people there answer. Two small files, by any road.

* Request (`.ITQ`): canonical JSON: the laptop, for whom, what its vault sealed to the office's recovery key, and a
  fresh public key whose private half stays on the laptop. Nobody signs it: whoever could sign cannot unlock. Its
  twelve-letter `code` is of its hash and is compared by voice, so that nobody puts a key of their own in its place.
* Answer (`.ITA`): canonical JSON: the database key sealed (HPKE, the envelope's suite) to that public key, bound to the
  request's hash: it opens no other request, and nothing after the request is finished.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.sync import keys
from itinerant.texts import _

REQUESTS, ANSWERS = ".ITQ", ".ITA"
"""Ends of the files' names."""
VERSION = 1
SEAL_SIZE = 32 + keys.KEY_SIZE + 16
"""A sealed database key: encapsulated key, the key, tag."""
MAX_SEALS = 2
"""The present key, and the next one of a re-encryption that was cut."""

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MAX_FILE = 4_096
_MAX_TEXT = 64


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """What a laptop asks. `at`: its clock, ms; `recovery_key`: the office's public key that `seals` were sealed to;
    `key`: the public key that the answer is sealed to. Raw keys."""

    device: str
    person: str
    at: int
    key: bytes
    recovery_key: bytes
    seals: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """The file."""
        return canonical.encode(
            {
                "v": VERSION,
                "device": self.device,
                "person": self.person,
                "at": self.at,
                "key": keys.encode(self.key),
                "recovery_key": keys.encode(self.recovery_key),
                "seals": [keys.encode(seal) for seal in self.seals],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> RecoveryRequest:
        """Read a file. Raises `Damaged`; what it holds is not verified by anything but its code."""
        value = _read(data, {"v", "device", "person", "at", "key", "recovery_key", "seals"})
        seals = value["seals"]
        if not (isinstance(seals, list) and 1 <= len(seals) <= MAX_SEALS and type(value["at"]) is int):
            raise _no_file()
        return cls(
            device=_text(value["device"]),
            person=_text(value["person"]),
            at=value["at"],
            key=keys.decode(value["key"], place="key"),
            recovery_key=keys.decode(value["recovery_key"], place="recovery_key"),
            seals=tuple(keys.decode(seal, SEAL_SIZE, place="seals") for seal in seals),
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return hashlib.sha256(self.to_bytes()).digest()

    @property
    def ref(self) -> str:
        """16 characters that name the request."""
        return keys.encode(self.digest[:12])

    @property
    def code(self) -> str:
        """`ABCD-EFGH-IJKL`: 60 bits to compare by voice."""
        letters = base64.b32encode(self.digest[12:20]).decode("ascii")
        return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def vault_info(device: str) -> bytes:
    """What a vault's seal to the office is bound to; the same in every version of its file."""
    return b"itinerant/vault/office/1/" + device.encode()


def open_seals(request: RecoveryRequest, recovery: X25519PrivateKey) -> list[bytes]:
    """The database keys that a request carries. Raises `Damaged` when they were not sealed by that laptop's vault."""
    try:
        return [_HPKE.decrypt(seal, recovery, vault_info(request.device)) for seal in request.seals]
    except (InvalidTag, ValueError) as error:
        raise Damaged(
            _("La solicitud está alterada o no es del equipo {device}.").format(device=request.device),
            next_step=_("Pida otra solicitud y compare su código por teléfono o radio."),
            place=request.ref,
            code="recovery_seal",
        ) from error


def answer(request: RecoveryRequest, database_keys: Sequence[bytes]) -> bytes:
    """The file that gives the laptop its keys back."""
    public = X25519PublicKey.from_public_bytes(request.key)
    sealed = _HPKE.encrypt(b"".join(database_keys), public, _answer_info(request))
    return canonical.encode(
        {
            "v": VERSION,
            "request": request.ref,
            "device": request.device,
            "person": request.person,
            "sealed": keys.encode(sealed),
        }
    )


def answers_to(data: bytes) -> str:
    """The `ref` of the request that an answer is for. Raises `Damaged`."""
    return _text(_answer(data)["request"])


def open_answer(data: bytes, request: RecoveryRequest, private: X25519PrivateKey) -> list[bytes]:
    """The database keys of an answer. Raises `Damaged` for one that is altered or of another request."""
    value = _answer(data)
    size = SEAL_SIZE + (len(request.seals) - 1) * keys.KEY_SIZE
    try:
        plain = _HPKE.decrypt(keys.decode(value["sealed"], size, place="sealed"), private, _answer_info(request))
    except (InvalidTag, ValueError) as error:
        raise Damaged(
            _("La respuesta está alterada o es de otra solicitud."),
            next_step=_("Pida a la oficina que la escriba otra vez."),
            place=request.ref,
            code="recovery_answer",
        ) from error
    return [plain[start : start + keys.KEY_SIZE] for start in range(0, len(plain), keys.KEY_SIZE)]


def _answer(data: bytes) -> Mapping[str, object]:
    return _read(data, {"v", "request", "device", "person", "sealed"})


def _answer_info(request: RecoveryRequest) -> bytes:
    return b"itinerant/recovery/answer/1/" + request.digest


def _read(data: bytes, names: set[str]) -> Mapping[str, object]:
    if len(data) > _MAX_FILE:
        raise _no_file()
    value = canonical.decode(data)
    if not isinstance(value, dict) or value.get("v") != VERSION or value.keys() != names:
        raise _no_file()
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_TEXT:
        raise _no_file()
    return value


def _no_file() -> Damaged:
    return Damaged(
        _("El archivo no es de una recuperación, o es de otra versión del programa."),
        next_step=_("Vuelva a escribirlo desde el otro equipo."),
        code="recovery_file",
    )
