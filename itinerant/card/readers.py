"""Readers through PC/SC: which there are, one card at a time in a transaction, and a monitor of what changes.

* pyscard and the daemon are looked for when they are used, never before: without them everything else works.
* A card is used inside a transaction, so that no other program's SELECT changes what is read; at its end the card is
  reset, so that a PIN that was verified serves nobody after.
* The monitor has its own thread and its own context, made anew after any error: pyscard's own one does not outlive a
  restart of the daemon.
* Nothing of a card goes into a message: an error has the PC/SC code or the status word, and no more.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from itinerant.card.apdu import Transmit
from itinerant.card.kinds import CardKind, recognise
from itinerant.errors import CardProblem
from itinerant.texts import N_, _

WAIT_MS = 1_000
"""How long one wait for news lasts, and how long until a daemon that is not there is looked for again."""
_NEWS = "\\\\?PnP?\\Notification"
_CHANGED = 0x2


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader; `card` is None when it is empty. `busy`: another program holds the card; `mute`: it does not answer."""

    name: str
    card: CardKind | None = None
    busy: bool = False
    mute: bool = False
    inserted: int = 0
    """Counts insertions: the same card put in again is another one."""


@dataclass(frozen=True, slots=True)
class Readers:
    """All there is now. `problem` is a code: `no_library`, `no_service`, or empty."""

    problem: str = ""
    readers: tuple[Reader, ...] = ()

    def with_card(self, *kinds: CardKind) -> Reader | None:
        """The first reader whose card is of one of these kinds (of any, without kinds)."""
        for reader in self.readers:
            if reader.card is not None and (not kinds or reader.card in kinds):
                return reader
        return None


def pcsc() -> Any:
    """pyscard's plain functions. Raises `CardProblem` (`no_library`) where it is not installed."""
    try:
        return importlib.import_module("smartcard.scard")  # 60 ms, and absent where no C compiler was at hand
    except ImportError as error:
        raise CardProblem(
            _("Falta la biblioteca que habla con los lectores (pyscard)."),
            next_step=_("«itinerant doctor» dice cómo se instala. Todo lo demás funciona sin ella."),
            code="no_library",
        ) from error


def problem(pc: Any, result: int) -> CardProblem:
    """The words for what PC/SC answered."""
    again = _("Insértela de nuevo y repita.")
    known = {
        pc.SCARD_E_NO_SERVICE: ("no_service", _("El servicio de lectores no está en marcha."), _START),
        pc.SCARD_E_SERVICE_STOPPED: ("no_service", _("El servicio de lectores se detuvo."), _START),
        pc.SCARD_E_NO_READERS_AVAILABLE: ("no_reader", _("No hay ningún lector conectado."), _PLUG),
        pc.SCARD_E_UNKNOWN_READER: ("no_reader", _("El lector ya no está conectado."), _PLUG),
        pc.SCARD_E_READER_UNAVAILABLE: ("no_reader", _("El lector ya no está conectado."), _PLUG),
        pc.SCARD_E_NO_SMARTCARD: ("no_card", _("No hay tarjeta en el lector."), _("Inserte la tarjeta.")),
        pc.SCARD_W_REMOVED_CARD: ("removed", _("La tarjeta se retiró antes de terminar."), again),
        pc.SCARD_W_RESET_CARD: ("reset", _("Otro programa reinició la tarjeta."), again),
        pc.SCARD_E_SHARING_VIOLATION: ("in_use", _("Otro programa está usando la tarjeta."), _OTHER),
        pc.SCARD_W_UNRESPONSIVE_CARD: ("mute", _("La tarjeta no responde."), _TURN),
        pc.SCARD_W_UNPOWERED_CARD: ("mute", _("La tarjeta no responde."), _TURN),
    }
    unknown = (f"{result & 0xFFFFFFFF:08X}", _("El lector o la tarjeta fallaron."), again)
    code, sentence, step = known.get(result, unknown)
    return CardProblem(sentence, next_step=_(step), safe=_("Nada de la tarjeta se guardó."), code=code)


_START = N_("Espere un momento; si sigue así, ejecute «itinerant doctor».")
_PLUG = N_("Conecte el lector a otro puerto USB y espere un momento.")
_OTHER = N_("Cierre el otro programa, o espere a que termine.")
_TURN = N_("Revise que el chip mire hacia el lector y límpielo con un paño seco.")


@contextmanager
def _context() -> Iterator[tuple[Any, Any]]:
    pc = pcsc()
    result, context = pc.SCardEstablishContext(pc.SCARD_SCOPE_USER)
    if result != pc.SCARD_S_SUCCESS:
        raise problem(pc, result)
    try:
        yield pc, context
    finally:
        pc.SCardReleaseContext(context)


@dataclass(frozen=True, slots=True)
class Open:
    """A card in a transaction: its ATR, what carries commands to it, and the handle for the reader's pad."""

    atr: bytes
    transmit: Transmit
    handle: Any


@contextmanager
def card(reader: str) -> Iterator[Open]:
    """The card of a reader, held in a transaction and reset at its end. Raises `CardProblem`."""
    with _context() as (pc, context):
        both = pc.SCARD_PROTOCOL_T0 | pc.SCARD_PROTOCOL_T1
        result, handle, protocol = pc.SCardConnect(context, reader, pc.SCARD_SHARE_SHARED, both)
        if result != pc.SCARD_S_SUCCESS:
            raise problem(pc, result)
        try:
            result = pc.SCardBeginTransaction(handle)
            if result != pc.SCARD_S_SUCCESS:
                raise problem(pc, result)
            result, _name, _state, _protocol, atr = pc.SCardStatus(handle)
            if result != pc.SCARD_S_SUCCESS:
                raise problem(pc, result)

            def transmit(command: bytes) -> bytes:
                result, said = pc.SCardTransmit(handle, protocol, list(command))
                if result != pc.SCARD_S_SUCCESS:
                    raise problem(pc, result)
                if not said:  # what some drivers make of a card that was pulled out under a command
                    raise problem(pc, pc.SCARD_W_REMOVED_CARD)
                return bytes(byte & 0xFF for byte in said)

            yield Open(bytes(byte & 0xFF for byte in atr), transmit, handle)
            pc.SCardEndTransaction(handle, pc.SCARD_RESET_CARD)
        finally:
            pc.SCardDisconnect(handle, pc.SCARD_RESET_CARD)


def names() -> list[str]:
    """The readers that are connected. Raises `CardProblem` without library or service."""
    with _context() as (pc, context):
        return _names(pc, context)


def _names(pc: Any, context: Any) -> list[str]:
    result, found = pc.SCardListReaders(context, [])
    if result in (pc.SCARD_E_NO_READERS_AVAILABLE, pc.SCARD_E_UNKNOWN_READER):
        return []
    if result != pc.SCARD_S_SUCCESS:
        raise problem(pc, result)
    return list(found)


def look() -> Readers:
    """All readers and their cards, once."""
    try:
        return Readers("", tuple(_look(name, 0) for name in names()))
    except CardProblem as error:
        return Readers(error.code)


def _look(name: str, inserted: int) -> Reader:
    try:
        with card(name) as opened:
            return Reader(name, recognise(opened.atr, opened.transmit), inserted=inserted)
    except CardProblem as error:
        if error.code in ("no_card", "removed", "no_reader"):
            return Reader(name, inserted=inserted)
        if error.code in ("in_use", "reset"):
            return Reader(name, CardKind.UNKNOWN, busy=True, inserted=inserted)
        if error.code in ("no_service", "no_library"):
            raise
        return Reader(name, CardKind.UNKNOWN, mute=True, inserted=inserted)


class Monitor:
    """Tells `listener`, on its own thread, of everything that changes; the first time, of what there is."""

    def __init__(self, listener: Callable[[Readers], None]) -> None:
        self._listener = listener
        self._leave = threading.Event()
        self._told: Readers | None = None
        self._waiting: tuple[Any, Any] | None = None
        self._thread = threading.Thread(target=self._run, name="card-readers", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; the listener hears nothing after this. A card that another program holds is not waited for."""
        self._leave.set()
        waiting = self._waiting
        if waiting is not None:
            pc, context = waiting
            pc.SCardCancel(context)
        self._thread.join(2 * WAIT_MS / 1000)

    def _run(self) -> None:
        while not self._leave.is_set():
            try:
                with _context() as (pc, context):
                    self._waiting = pc, context
                    try:
                        self._watch(pc, context)
                    finally:
                        self._waiting = None
            except CardProblem as error:
                if error.code in ("no_library", "no_service"):
                    self._tell(Readers(error.code))
                if error.code == "no_library":
                    return
                self._leave.wait(WAIT_MS / 1000)

    def _watch(self, pc: Any, context: Any) -> None:
        """Until the context is of no more use: then it raises."""
        seen: dict[str, tuple[int, Reader]] = {}
        while not self._leave.is_set():
            names_ = _names(pc, context)
            states = [(name, seen[name][0] if name in seen else pc.SCARD_STATE_UNAWARE) for name in names_]
            wait = WAIT_MS if names_ and all(name in seen for name in names_) else 0
            result, found = pc.SCardGetStatusChange(context, wait, states or [(_NEWS, 0)])
            if result == pc.SCARD_E_TIMEOUT or (result == pc.SCARD_S_SUCCESS and not states):
                if not names_:
                    self._tell(Readers())
                    self._leave.wait(WAIT_MS / 1000)
                continue
            if result in (pc.SCARD_E_UNKNOWN_READER, pc.SCARD_E_READER_UNAVAILABLE):
                seen.clear()
                continue
            if result != pc.SCARD_S_SUCCESS:
                raise problem(pc, result)
            seen = {name: self._seen(pc, name, state, seen.get(name)) for name, state, _atr in found}
            self._tell(Readers("", tuple(reader for _state, reader in seen.values())))

    def _seen(self, pc: Any, name: str, state: int, before: tuple[int, Reader] | None) -> tuple[int, Reader]:
        known = state & ~_CHANGED
        if before is not None and before[0] == known and not before[1].busy:
            return known, before[1]
        inserted = state >> 16  # PC/SC's own count of insertions and removals
        if not state & pc.SCARD_STATE_PRESENT:
            return known, Reader(name, inserted=inserted)
        if before is not None and before[1].inserted == inserted and before[1].card and not before[1].busy:
            return known, before[1]  # only who uses it changed: it is the same card
        if state & pc.SCARD_STATE_MUTE:
            return known, Reader(name, CardKind.UNKNOWN, mute=True, inserted=inserted)
        return known, _look(name, inserted)

    def _tell(self, now: Readers) -> None:
        if now != self._told and not self._leave.is_set():
            self._told = now
            self._listener(now)
