"""Every error that a person can meet, in one tree.

* The class says whose move it is: RETRY (the program tries again), ASK (a person can mend it), STOP (nothing was
  lost, but this cannot go on).
* The words say what happened (`sentence`), what is safe (`safe`) and what to do (`next_step`), in Spanish.
* `place` names the file, record, line or byte. The cause is chained with `raise … from`.
* Retry policy reads the class, the command line its `exit_code`, HTTP answers and the screen the words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from itinerant.texts import N_, _


class Move(StrEnum):
    """Who moves next after an error."""

    RETRY = "retry"
    ASK = "ask"
    STOP = "stop"


class ItinerantError(Exception):
    """Root of the tree; raise one of its children."""

    move: ClassVar[Move] = Move.STOP
    title: ClassVar[str] = N_("Algo falló")
    exit_code: ClassVar[int] = 1
    spent = (0, 0)
    """Bytes up and down that a link carried to learn of it."""

    def __init__(self, sentence: str, *, next_step: str = "", safe: str = "", place: str = "", code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step
        self.safe = safe
        self.place = place
        self.code = code or type(self).__name__

    def __str__(self) -> str:
        """The whole message for a person, one sentence after the other."""
        where = f"[{self.place}]" if self.place else ""
        parts = [f"{_(self.title)}: {self.sentence}", where, self.safe, self.next_step]
        return " ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, str]:
        """The same words for a machine (HTTP answers, `--json`)."""
        return {
            "code": self.code,
            "move": self.move.value,
            "title": _(self.title),
            "sentence": self.sentence,
            "safe": self.safe,
            "next_step": self.next_step,
            "place": self.place,
        }


class UserError(ItinerantError):
    """Wrong usage or bad input that a person can correct."""

    move = Move.ASK
    title = N_("Revise lo ingresado")
    exit_code = 2


class Locked(ItinerantError):
    """The vault is locked: wrong or missing passphrase, card or person."""

    move = Move.ASK
    title = N_("Sigue bloqueado")
    exit_code = 5


class NoConnection(ItinerantError):
    """The other side was not reached, or not in time: the work is safe and a later try may do."""

    move = Move.RETRY
    title = N_("Sin conexión")
    exit_code = 4

    def __init__(self, sentence: str, *, retry_after: float | None = None, **words: str) -> None:
        super().__init__(sentence, **words)
        self.retry_after = retry_after
        """Seconds that the other side asked to wait (RFC 9110 section 10.2.3), or None."""


class Refused(ItinerantError):
    """The other side answered, and said no; a retry cannot cure it."""

    title = N_("La oficina no lo aceptó")
    exit_code = 3


class Damaged(ItinerantError):
    """Bytes that are not what was signed or stored; says what is still readable."""

    title = N_("Hay datos dañados")
    exit_code = 1


class StoreProblem(ItinerantError):
    """The disk does not cooperate: full, read-only, in use, or without the cipher."""

    title = N_("No se pudo guardar")
    exit_code = 1


class CardProblem(ItinerantError):
    """A reader or a card needs a person."""

    move = Move.ASK
    title = N_("La tarjeta necesita atención")
    exit_code = 1
