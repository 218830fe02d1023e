"""PIV cards, the three DNIe and others, spoken to without any reader."""

from __future__ import annotations

import random

import pytest

from itinerant.card import pins, seal
from itinerant.card.apdu import Answer, find, send, tlv
from itinerant.card.kinds import CardKind, recognise
from itinerant.card.piv import Key, PivCard
from itinerant.errors import CardProblem, UserError
from tests.card import virtual
from tests.card.virtual import PIN, Card, dnie


def code_of(error: pytest.ExceptionInfo[CardProblem]) -> str:
    return error.value.code


@pytest.mark.parametrize("kinds", [("p256", "p256", "rsa"), ("rsa", "p256", "p256"), ("p384", "p256", "p384")])
def test_a_card_proves_itself_and_opens_what_was_sealed_to_it(kinds: tuple[str, str, str]) -> None:
    card = virtual.PivCard("P010", kinds)
    piv = PivCard(card.transmit)
    piv.verify(PIN)
    assert piv.prove() == card.certificates[0x9A]
    kept, key = seal.seal(piv.public())
    assert seal.unseal(kept, piv.public(), piv.open) == key
    used = [command for command in card.seen if command[1] == 0x87]
    assert {command[3] for command in used} == {0x9A, 0x9D}, "the key that signs documents is never used"


def test_what_was_sealed_to_a_card_another_one_does_not_open() -> None:
    one, other = virtual.PivCard("P010"), virtual.PivCard("P011")
    kept, key = seal.seal(PivCard(one.transmit).public())
    piv = PivCard(other.transmit)
    piv.verify(PIN)
    assert seal.unseal(kept, piv.public(), piv.open) != key


def test_a_card_with_the_certificate_of_another_proves_nothing() -> None:
    card = virtual.PivCard("P010")
    card.objects[bytes.fromhex("5FC105")] = virtual.PivCard("P011").objects[bytes.fromhex("5FC105")]
    piv = PivCard(card.transmit)
    piv.verify(PIN)
    with pytest.raises(CardProblem) as error:
        piv.prove()
    assert code_of(error) == "not_proved"


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_last_ones_ask() -> None:
    card = virtual.PivCard("P010", tries=4)
    card.most = 4
    piv = PivCard(card.transmit)
    with pytest.raises(CardProblem) as error:
        piv.verify("111111")
    assert code_of(error) == "wrong_pin" and "Quedan 3 intentos" in error.value.sentence
    with pytest.raises(CardProblem):
        piv.verify("111111")
    shown = len([command for command in card.seen if command[1] == 0x20 and len(command) > 5])
    with pytest.raises(CardProblem) as error:
        piv.verify(PIN)
    assert code_of(error) == "few_tries" and "Quedan 2 intentos" in error.value.sentence
    assert len([command for command in card.seen if command[1] == 0x20 and len(command) > 5]) == shown
    piv.verify(PIN, insist=True)
    assert piv.tries() in (4, None)


def test_a_blocked_card_is_not_asked_again_even_by_insisting() -> None:
    card = virtual.PivCard("P010", tries=1)
    piv = PivCard(card.transmit)
    with pytest.raises(CardProblem) as error:
        piv.verify("111111", insist=True)
    assert code_of(error) == "blocked"
    seen = len(card.seen)
    with pytest.raises(CardProblem) as error:
        piv.verify(PIN, insist=True)
    assert code_of(error) == "blocked" and len(card.seen) == seen + 1


@pytest.mark.parametrize("pin", ["", "12345", "123456789", "12 456", "ñandúñ"])
def test_what_cannot_be_a_pin_costs_no_try(pin: str) -> None:
    card = virtual.PivCard("P010")
    with pytest.raises(UserError):
        PivCard(card.transmit).verify(pin)
    assert card.tries == 3


def test_the_pin_is_typed_on_the_readers_pad_when_there_is_one() -> None:
    card = virtual.PivCard("P010")
    typed = []

    def pad() -> Answer:
        typed.append(True)
        return send(card.transmit, b"\x00\x20\x00\x80", PIN.encode().ljust(8, b"\xff"))

    PivCard(card.transmit, pad).verify("")
    assert typed and card.verified


def test_the_pads_structure_is_the_standards() -> None:
    listed = bytes([0x07, 4, 0x42, 0, 0, 7, 0x06, 4, 0x42, 0, 0, 6])
    assert pins.feature(listed, 0x06) == 0x42000006
    assert pins.feature(listed[:6], 0x06) is None
    made = pins.verify_structure(b"\x00\x20\x00\x80", least=6, most=8)
    assert made[5:7] == bytes([8, 6]), "wPINMaxExtraDigit: most in the low byte, least in the high one"
    assert made[:5] == bytes([30, 60, 0x82, 8, 0])
    assert made[15:19] == (13).to_bytes(4, "little") and made[19:] == b"\x00\x20\x00\x80\x08" + b"\xff" * 8


@pytest.mark.parametrize(("version", "kind"), [(1, CardKind.DNIE_1), (2, CardKind.DNIE_2), (3, CardKind.DNIE_3)])
def test_each_dnie_is_known_by_its_atr_and_its_application(version: int, kind: CardKind) -> None:
    card = dnie(version)
    assert recognise(card.atr, card.transmit) == kind
    card.applications = ()
    assert recognise(card.atr, card.transmit) == CardKind.UNKNOWN, "the chip alone is sold to others too"
    card = dnie(version)
    assert recognise(bytes.fromhex("3B00"), card.transmit) == CardKind.UNKNOWN


@pytest.mark.parametrize(
    ("name", "kind"),
    [("A00000030800001000", CardKind.PIV), ("D27600012401", CardKind.OPENPGP), ("A0000002471001", CardKind.ICAO)],
)
def test_other_cards_are_known_by_their_application(name: str, kind: CardKind) -> None:
    card = Card("3B00", (bytes.fromhex(name),))
    assert recognise(card.atr, card.transmit) == kind


def test_a_card_of_another_kind_is_not_taken_for_a_staff_card() -> None:
    with pytest.raises(CardProblem) as error:
        PivCard(dnie(2).transmit)
    assert code_of(error) == "not_piv"


def test_a_card_that_answers_nonsense_is_told_and_never_followed() -> None:
    rng = random.Random(8)
    card = virtual.PivCard("P010")
    good = card.objects[bytes.fromhex("5FC105")]
    for _round in range(150):
        at = rng.randrange(8)
        card.objects[bytes.fromhex("5FC105")] = good[:at] + rng.randbytes(rng.randrange(1, 200))
        with pytest.raises(CardProblem):
            PivCard(card.transmit).certificate(Key.AUTHENTICATION)
    for said in (b"", b"\x90", b"\x61\x10"):
        with pytest.raises(CardProblem):
            send(lambda _command, said=said: said, b"\x00\xa4\x04\x00", answer=True)
    with pytest.raises(CardProblem):
        send(lambda _command: bytes(200) + b"\x61\x00", b"\x00\xca\x00\x00", answer=True)


def test_a_wrong_length_is_asked_again_with_the_right_one() -> None:
    asked = []

    def transmit(command: bytes) -> bytes:
        asked.append(command)
        return b"\x6c\x02" if command[-1] != 2 else b"ok\x90\x00"

    assert send(transmit, b"\x00\xca\x00\x00", answer=True).data == b"ok"
    assert len(asked) == 2


def test_objects_are_found_through_long_tags_and_lengths() -> None:
    inside = tlv(0x5FC105, bytes(300)) + tlv(0x81, b"x")
    assert find(tlv(0x7F49, inside), 0x7F49, 0x5FC105) == bytes(300)
    assert find(tlv(0x7F49, inside), 0x7F49, 0x82) is None
