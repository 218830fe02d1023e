"""A change of the office's keys: what it says, and who must have signed it.

* A key pair has a number; those that the office began with are number 1. A rotation names the next number, the keys
  from then on, and the size of the ledger at that moment. It names the signing key before, which signs it, and so
  does the new one: who trusts one of the keys knows the others, step by step, and nobody else can take a step.
* What the former key signs of a larger ledger than that is not believed (`docs/protocol.md`, section 6.3).
* As a record of the office (`office_key`) it is in the ledger and reaches every laptop; as a signed note it is in
  exports. A signature's two halves (R and S of RFC 8032) are fields of their own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itinerant.domain.fields import Value
from itinerant.errors import Damaged
from itinerant.log.notes import Signature, Verifier
from itinerant.sync import keys
from itinerant.texts import _

FORMAT = "itinerant-keys/v1"
KIND = "office_key"
FIRST = 1
"""Number of the keys that an office begins with."""

_HALF = 32


@dataclass(frozen=True, slots=True)
class Rotation:
    """The step to key pair `number`. Keys are raw public ones; `size` counts leaves; signatures have 64 bytes."""

    origin: str
    number: int
    sign_key: bytes
    seal_key: bytes
    size: int
    by_former: bytes
    by_own: bytes

    @classmethod
    def make(
        cls, origin: str, number: int, size: int, sign: Ed25519PrivateKey, seal_key: bytes, former: Ed25519PrivateKey
    ) -> Self:
        """Sign a step. `sign` is the signing key from now on, which may be the `former` one."""
        step = cls(origin, number, sign.public_key().public_bytes_raw(), seal_key, size, b"", b"")
        text = step._text(former.public_key().public_bytes_raw()).encode()
        return replace(step, by_former=former.sign(text), by_own=sign.sign(text))

    def follows(self, number: int, former: bytes) -> bool:
        """Whether it is the step after pair `number`, whose signing key is `former`, signed by that key and its own."""
        text = self._text(former)
        return (
            self.number == number + 1
            and Verifier(self.origin, former).accepts(text, self.by_former)
            and Verifier(self.origin, self.sign_key).accepts(text, self.by_own)
        )

    def note(self, former: bytes) -> str:
        """The signed note of it: one line of the former key, one of the new one when it is another."""
        lines = Signature(self.origin, Verifier(self.origin, former).id, self.by_former).line
        if self.sign_key != former:
            lines += Signature(self.origin, Verifier(self.origin, self.sign_key).id, self.by_own).line
        return f"{self._text(former)}\n{lines}"

    @property
    def values(self) -> dict[str, Value]:
        """The fields of its record."""
        return {
            "number": self.number,
            "sign_key": keys.encode(self.sign_key),
            "seal_key": keys.encode(self.seal_key),
            "size": self.size,
            "former_r": keys.encode(self.by_former[:_HALF]),
            "former_s": keys.encode(self.by_former[_HALF:]),
            "own_r": keys.encode(self.by_own[:_HALF]),
            "own_s": keys.encode(self.by_own[_HALF:]),
        }

    @classmethod
    def from_values(cls, origin: str, values: Mapping[str, object]) -> Self:
        """The step that a record says; nothing is verified. Raises `Damaged` for another form."""
        number, size = values.get("number"), values.get("size")
        if type(number) is not int or type(size) is not int:
            raise Damaged(_("Un cambio de llaves de la oficina no tiene la forma debida."), place=KIND, code="rotation")
        raw = {
            name: keys.decode(values.get(name), place=name)
            for name in ("sign_key", "seal_key", "former_r", "former_s", "own_r", "own_s")
        }
        former, own = raw["former_r"] + raw["former_s"], raw["own_r"] + raw["own_s"]
        return cls(origin, number, raw["sign_key"], raw["seal_key"], size, former, own)

    def _text(self, former: bytes) -> str:
        before, sign, seal = (base64.b64encode(raw).decode() for raw in (former, self.sign_key, self.seal_key))
        head = f"{FORMAT}\n{self.origin}\n{self.number} {self.size}\n"
        return f"{head}former {before}\nsign {sign}\nseal {seal}\n"
