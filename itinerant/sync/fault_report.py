"""A report of a fault of the program, sealed to the office: what a laptop saves and the office opens.

* Layout: magic (4) ‖ HPKE base mode (RFC 9180, the suite of envelopes) of JSON. Not signed: it says what failed, and
  nobody decides anything by it.
* It holds versions, the screen, and the places in the program that were being run: no value of any variable, no text of
  the exception (it may quote what a person wrote).
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.errors import Damaged
from itinerant.sync import keys
from itinerant.texts import _

MAGIC = b"IFR1"
MOST_BYTES = 256 * 1024
_INFO = b"itinerant fault report\x00"
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PARTS = ("itinerant", "textual", "sqlmodel", "sqlcipher3", "cryptography", "httpx", "pyscard")


def describe(error: BaseException, **about: object) -> dict[str, object]:
    """What a report says of a fault, its causes included; `about` adds what the program knows of the moment."""
    chain: list[dict[str, object]] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 8:
        frames = traceback.extract_tb(cause.__traceback__)
        places = [f"{frame.filename.rsplit('site-packages', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
        chain.append({"type": type(cause).__name__, "places": places[-40:]})
        cause = cause.__cause__ or cause.__context__
    return {"python": sys.version, "system": sys.platform, "parts": _versions(), "faults": chain, **about}


def _versions() -> Mapping[str, str]:
    found = {}
    for name in _PARTS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def seal(report: Mapping[str, object], office: bytes) -> bytes:
    """The file's bytes. `office`: its raw X25519 public key."""
    plain = json.dumps(report, ensure_ascii=False).encode()
    return MAGIC + _HPKE.encrypt(plain, X25519PublicKey.from_public_bytes(office), info=_INFO)


def unseal(data: bytes, private: keys.SealKeys) -> dict[str, Any]:
    """The report. Raises `Damaged` for anything that was not sealed to this office, or is too long."""
    if not data.startswith(MAGIC) or len(data) > MOST_BYTES:
        raise Damaged(_("No es un informe de falla de Itinerant."), code="format")
    report = None
    for key in keys.each(private):
        with suppress(InvalidTag, ValueError):
            report = json.loads(_HPKE.decrypt(data[len(MAGIC) :], key, info=_INFO))
            break
    else:
        sentence = _("El informe está dañado, o se selló para otra oficina.")
        raise Damaged(sentence, next_step=_("Pida que lo envíen otra vez."), code="seal")
    if not isinstance(report, dict):
        raise Damaged(_("No es un informe de falla de Itinerant."), code="format")
    return report
