"""What was found out about signatures, in words for a person. Always a technical check: never a legal validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from itinerant.texts import N_, _

LABEL = N_("Comprobación técnica: no reemplaza la validación con un software acreditado (Firma Perú, ReFirma).")


class Revocation(StrEnum):
    """What is known of whether the certificate had been revoked."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    REVOKED = "revoked"


class Doubt(StrEnum):
    """Why a signer is not trusted."""

    NONE = ""
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    NOT_TO_SIGN = "not_to_sign"

    def words(self) -> str:
        """The reason for a person; empty without one."""
        return {
            Doubt.NONE: "",
            Doubt.UNKNOWN: _("su cadena no llega a una raíz de confianza de esta máquina"),
            Doubt.EXPIRED: _("su certificado no está vigente en la fecha que se pudo comprobar"),
            Doubt.REVOKED: _("su certificado fue revocado"),
            Doubt.WITHDRAWN: _("la lista de confianza ya no acredita a quien emitió su certificado"),
            Doubt.NOT_TO_SIGN: _("su certificado no es para firmar"),
        }[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """One signature. Times are in UTC."""

    signer: str
    """The certificate's common name, as the file has it."""
    intact: bool
    """What was signed has not changed by a bit."""
    doubt: Doubt
    """Why the signer is not trusted; `NONE` when the chain ends in an anchor."""
    revocation: Revocation
    level: str
    """`B-B`, `B-T`, `B-LT` or `B-LTA` (EN 319 142-1), `CMS`, `XAdES`."""
    claimed_at: datetime | None
    """When the signer says that it was made: nobody vouches for it."""
    proven_at: datetime | None = None
    """A trusted time stamp proves that it was made before."""
    covers_all: bool = True
    """False when the file says more than what was signed."""

    @property
    def trusted(self) -> bool:
        """Whether the signer's chain ends in an anchor."""
        return self.doubt is Doubt.NONE

    def words(self) -> list[str]:
        """What a person reads, most important first."""
        said = [_("íntegro") if self.intact else _("ALTERADO: lo firmado no es lo que dice el archivo")]
        if self.intact and not self.covers_all:
            said.append(_("al archivo se le añadió contenido que esta firma no cubre"))
        said.append(
            _("firmante confiable")
            if self.trusted
            else _("firmante no confiable: {why}").format(why=self.doubt.words())
        )
        said.append(
            {
                Revocation.UNCHECKED: _("vigencia no comprobada"),
                Revocation.GOOD: _("vigencia comprobada: no estaba revocado"),
                Revocation.REVOKED: _("vigencia comprobada: REVOCADO"),
            }[self.revocation]
        )
        if self.proven_at:
            said.append(_("firmado antes del {when} (sello de tiempo)").format(when=_shown(self.proven_at)))
        elif self.claimed_at:
            said.append(_("hora dicha por el firmante: {when}").format(when=_shown(self.claimed_at)))
        return said

    def as_dict(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "signer": self.signer,
            "intact": self.intact,
            "covers_all": self.covers_all,
            "trusted": self.trusted,
            "doubt": self.doubt.value,
            "revocation": self.revocation.value,
            "level": self.level,
            "claimed_at": self.claimed_at.isoformat() if self.claimed_at else None,
            "proven_at": self.proven_at.isoformat() if self.proven_at else None,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All the signatures of a file, and what limits the answer."""

    findings: Sequence[Finding]
    notes: Sequence[str] = ()

    @property
    def good(self) -> bool:
        """Whether there are signatures, and all of them are intact, cover the file and are of trusted signers."""
        return bool(self.findings) and all(
            one.intact and one.covers_all and one.trusted and one.revocation is not Revocation.REVOKED
            for one in self.findings
        )

    def lines(self) -> list[str]:
        """The verdict for a person, the label last."""
        said = [] if self.findings else [_("El archivo no tiene firmas.")]
        for number, one in enumerate(self.findings, 1):
            said.append(_("Firma {n}: {signer} ({level})").format(n=number, signer=one.signer or "?", level=one.level))
            said += [f"  {words}" for words in one.words()]
        return [*said, *self.notes, _(LABEL)]

    def as_dict(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "good": self.good,
            "signatures": [one.as_dict() for one in self.findings],
            "notes": list(self.notes),
            "label": _(LABEL),
        }


def _shown(when: datetime) -> str:
    return when.astimezone().strftime("%d/%m/%Y %H:%M")
