"""Commands to a card and their answers (ISO/IEC 7816-4), over anything that carries bytes.

* A long command goes in links of a chain; an answer that says "61xx" is fetched to its end, "6Cxx" is asked again with
  the right length: PC/SC does neither.
* A card is hostile input: answers and the objects in them are bounded, and what does not parse is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from itinerant.errors import CardProblem
from itinerant.texts import _

Transmit = Callable[[bytes], bytes]
"""Carries one command to the card; answers with data and status word. Raises `CardProblem`."""

OK = 0x9000
MOST = 32 * 1024
"""Bytes of one answer: more than any object of the cards known here."""
_LINK = 255
_CHAINED = 0x10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a card said: data, and the status word."""

    data: bytes
    sw: int

    @property
    def ok(self) -> bool:
        """Whether it did what it was told."""
        return self.sw == OK

    @property
    def code(self) -> str:
        """The status word as it may be written in the log: it says nothing of the card."""
        return f"{self.sw:04X}"


def send(transmit: Transmit, header: bytes, data: bytes = b"", *, answer: bool = False) -> Answer:
    """Send a command whose first four bytes are `header`, and fetch its whole answer if there is to be one."""
    while len(data) > _LINK:
        link, data = data[:_LINK], data[_LINK:]
        said = _once(transmit, bytes([header[0] | _CHAINED]) + header[1:] + bytes([len(link)]) + link)
        if not said.ok:
            return said
    command = header + (bytes([len(data)]) + data if data else b"")
    said = _once(transmit, command + b"\x00" if answer else command)
    if said.sw >> 8 == 0x6C:
        said = _once(transmit, command + bytes([said.sw & 0xFF]))
    gathered = said.data
    while said.sw >> 8 == 0x61:
        said = _once(transmit, bytes([header[0] & ~_CHAINED, 0xC0, 0, 0, said.sw & 0xFF]))
        gathered += said.data
        if len(gathered) > MOST or (not said.data and said.sw >> 8 == 0x61):
            raise nonsense()
    return Answer(gathered, said.sw)


def select(transmit: Transmit, name: bytes) -> Answer:
    """Select the application of this name."""
    return send(transmit, b"\x00\xa4\x04\x00", name, answer=True)


def tlv(tag: int, value: bytes) -> bytes:
    """One object: tag, length and value (BER)."""
    size = len(value)
    raw = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if size < 0x80:
        return raw + bytes([size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return raw + bytes([0x80 | len(length)]) + length + value


def find(data: bytes, *tags: int) -> bytes | None:
    """The value of the object that is reached through these tags, or None. Raises `CardProblem` for broken objects."""
    for tag in tags:
        found = _objects(data).get(tag)
        if found is None:
            return None
        data = found
    return data


def _objects(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    try:
        while at < len(data):
            first = at
            at += 1
            if data[first] & 0x1F == 0x1F:
                while data[at] & 0x80:
                    at += 1
                at += 1
            tag = int.from_bytes(data[first:at], "big")
            size = data[at]
            at += 1
            if size >= 0x80:
                count = size & 0x7F
                if not 1 <= count <= 3:
                    raise nonsense()
                size = int.from_bytes(data[at : at + count], "big")
                at += count
            if at + size > len(data):
                raise nonsense()
            found.setdefault(tag, data[at : at + size])
            at += size
    except IndexError as error:
        raise nonsense() from error
    return found


def _once(transmit: Transmit, command: bytes) -> Answer:
    said = transmit(command)
    if len(said) < 2:
        raise nonsense()
    return Answer(said[:-2], int.from_bytes(said[-2:], "big"))


def nonsense() -> CardProblem:
    """For an answer that no card should give."""
    return CardProblem(
        _("La tarjeta respondió algo que no se entiende."),
        next_step=_("Retírela, limpie el chip e insértela de nuevo; si se repite, pruebe otra tarjeta."),
        code="bad_answer",
    )
