"""What the screen and the commands ask about signatures on one home; pyHanko (half a second) is imported when they do.

* A person's document is read from where it lies and its signed copy is written beside it: nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli.cards import Cards
from itinerant.errors import CardProblem, UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.card.verdict import Verdict
    from itinerant.domain.acta import Acta

KINDS = (".pdf", ".xml")
"""Files that may hold signatures of their own."""

MOST_FILES = 200
MOST_BYTES = 64 << 20
DETACHED = (".p7s", ".p7m")

OPENSC = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
    "/usr/lib/opensc-pkcs11.so",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
    r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
)
"""Where OpenSC puts its module: used when none was configured."""


class Signatures:
    """Signing and checking with the card and the roots of one home."""

    def __init__(self, home: Path) -> None:
        self._cards = Cards(home)

    @property
    def module(self) -> str:
        """The PKCS#11 module that signs: the configured one, or OpenSC's. Raises `CardProblem` without either."""
        chosen = self._cards.module or next((path for path in OPENSC if Path(path).is_file()), "")
        if not chosen:
            raise CardProblem(
                _("No hay un módulo PKCS#11 con que firmar."),
                next_step=_("Instale OpenSC o el módulo del emisor; «itinerant doctor» dice cómo."),
                code="no_module",
            )
        return chosen

    def sign(self, pdf: bytes, pin: str, *, reason: str = "", insist: bool = False) -> bytes:
        """The PDF signed with the card that is in the reader (PAdES B-B). Raises `CardProblem`, `UserError`."""
        from itinerant.card.signing import sign_pdf

        return sign_pdf(pdf, self.module, pin, reason=reason, insist=insist)

    def sign_acta(self, made: Acta, pin: str, *, insist: bool = False) -> tuple[str, bytes]:
        """Name and content of an acta's signed PDF: the head of the log is in it, so the signature covers the log."""
        from itinerant.card.signing import signed_name
        from itinerant.domain.acta import document

        reason = _("Acta de la jornada {ref}, código {code}").format(ref=made.visit, code=made.code)
        content = self.sign(document(made), pin, reason=reason, insist=insist)
        return signed_name(f"{made.file_name}.pdf"), content

    def sign_file(self, path: Path, pin: str, *, insist: bool = False, folder: Path | None = None) -> Path:
        """Sign a person's PDF; its signed copy lies beside it (or in `folder`), under a name that was free."""
        from itinerant.card.signing import signed_name
        from itinerant.store.disk.files import write_atomically

        content = self.sign(_read(path), pin, insist=insist)
        target = _free((folder or path.parent) / signed_name(path.name))
        write_atomically(target, content)
        return target

    def check(self, path: Path, signature: Path | None = None) -> Verdict:
        """What the signatures of a file are worth, offline; a `.p7s` of the same name beside it counts as its own."""
        from itinerant.card.trust import load
        from itinerant.card.verifying import verify

        beside = next((one for kind in DETACHED if (one := path.with_name(path.name + kind)).is_file()), None)
        detached = signature or (beside if path.suffix.lower() not in KINDS else None)
        return verify(_read(path), load(self._cards.anchors), signature=_read(detached) if detached else None)

    def files(self, folders: Sequence[Path]) -> Sequence[Path]:
        """Documents that lie in these folders or one level below, by name; at most `MOST_FILES`."""
        found = sorted({path for folder in folders for path in _documents(folder)})
        return found[:MOST_FILES]


def _documents(folder: Path) -> Iterator[Path]:
    for pattern in ("*", "*/*"):
        try:
            yield from (
                path
                for path in folder.glob(pattern)
                if path.suffix.lower() in KINDS and not path.name.startswith(".") and path.is_file()
            )
        except OSError:
            return  # pulled out while it was read, or not ours to enter


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(_("El archivo pasa de {n} MB.").format(n=MOST_BYTES >> 20), place=str(path), code="too_big")
        return path.read_bytes()
    except OSError as error:
        raise UserError(_("No se puede leer el archivo."), place=str(path), code="unreadable") from error


def _free(path: Path) -> Path:
    """The path, or the first with a number that no file has."""
    names = (
        path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, 1_000)
    )
    return next(name for name in names if not name.exists())
