"""Cards on the screen: log-in, lock on removal, the check of a citizen's card, the state of the readers."""

from __future__ import annotations

from itinerant.card.kinds import CardKind
from itinerant.card.readers import Readers
from itinerant.card.staff import CardCheck
from itinerant.tui.day import DRAFT
from tests.screens.fake import FakeLaptop, open_day
from tests.screens.fake_cards import CARD_PIN
from tests.screens.stage import Stage, stage


def ready(on: Stage) -> None:
    """A card with access is in the reader."""

    def opens() -> FakeLaptop:
        laptop = FakeLaptop(on.clock, "P015")
        on.opener.fill(laptop)
        on.opener.laptops.append(laptop)
        return laptop

    on.desk.cards.opens = opens
    on.desk.cards.put_in(CardKind.PIV)


async def by_card(on: Stage, pin: str = CARD_PIN) -> None:
    await on.press("f6")
    await on.type(pin)
    await on.press("enter")


async def test_a_card_and_its_pin_open_the_day_and_its_removal_locks_it() -> None:
    async with stage(open_day, locked=True) as on:
        assert "F6" not in on.text, "without a card nothing is said of cards"
        ready(on)
        await on.settle()
        assert "Tarjeta del personal en el lector: F6" in on.prose
        await by_card(on)
        assert on.where == "VisitScreen"
        await on.press("n")
        on.desk.cards.put_in(None)
        await on.settle()
        assert on.where == "UnlockScreen"
        assert "Se retiró la tarjeta: bloqueado. Su borrador está a salvo." in on.prose
        assert on.laptop.drafts.load(DRAFT) is not None


async def test_the_pin_is_never_shown_and_a_wrong_one_says_what_is_left() -> None:
    async with stage(open_day, locked=True) as on:
        ready(on)
        await by_card(on, "111111")
        assert "111111" not in on.text
        assert "El PIN no es correcto. Quedan 2 intentos." in on.prose
        await on.type(CARD_PIN)
        await on.press("enter")
        assert "Quedan pocos intentos" in on.prose, "the last tries are asked for"
        await on.press("1")
        assert on.where == "UnlockScreen"
        await on.type(CARD_PIN)
        await on.press("enter", "2")
        assert on.where == "VisitScreen"


async def test_who_came_in_by_passphrase_is_not_locked_out_by_a_card() -> None:
    async with stage(open_day) as on:
        on.desk.cards.put_in(CardKind.DNIE_2)
        await on.settle()
        on.desk.cards.put_in(None)
        await on.settle()
        assert on.where == "VisitScreen"


async def test_a_persons_card_is_checked_inside_the_session() -> None:
    async with stage(open_day) as on:
        on.desk.cards.put_in(CardKind.DNIE_3)
        await on.press("n", "f7")
        assert "DNI electrónico 3.0" in on.text
        await on.type(CARD_PIN)
        await on.press("enter")
        assert "✓ La tarjeta demostró su llave." in on.prose
        await on.press("enter")
        form = on.app.screen.form  # type: ignore[attr-defined]  # the session's
        assert form.values()["card"] == "authenticated" and not form.values().get("card_code")
        on.desk.cards.outcome = CardCheck("failed", "6A82", "La tarjeta no tiene la llave.")
        await on.press("f7")
        await on.type(CARD_PIN)
        await on.press("enter", "enter")
        assert (form.values()["card"], form.values()["card_code"]) == ("failed", "6A82")
        kept = repr(on.laptop.drafts.load(DRAFT))
        assert CARD_PIN not in kept


async def test_the_card_of_whoever_works_here_is_not_taken_for_the_persons() -> None:
    async with stage(open_day, locked=True) as on:
        ready(on)
        await by_card(on)
        await on.press("n", "f7")
        await on.type(CARD_PIN)
        await on.press("enter")
        assert on.desk.cards.skipped == "Lector ACR39U"


async def test_the_state_of_the_readers_is_live() -> None:
    async with stage(open_day) as on:
        await on.press("r", "c")
        assert on.where == "CardsScreen" and "No hay ningún lector conectado." in on.text
        for kind, words in ((None, "sin tarjeta"), (CardKind.OPENPGP, "tarjeta OpenPGP"), (CardKind.PIV, "(PIV)")):
            on.desk.cards.put_in(kind)
            await on.settle()
            assert words in on.text
        on.desk.cards.put_in(CardKind.UNKNOWN, busy=True)
        await on.settle()
        assert "otro programa usa la tarjeta" in on.text
        on.desk.cards.put_in(CardKind.UNKNOWN, mute=True)
        await on.settle()
        assert "no responde" in on.text
        on.desk.cards.tell(Readers("no_service"))
        await on.settle()
        assert "No se puede hablar con los lectores" in on.text


async def test_ones_own_card_gets_access_and_loses_it() -> None:
    async with stage(open_day) as on:
        on.desk.cards.put_in(CardKind.PIV)
        await on.press("r", "c")
        assert "Ninguna tarjeta suya" in on.text
        await on.press("a")
        await on.type(CARD_PIN)
        await on.press("enter")
        assert "Su tarjeta y su PIN abren esta laptop" in on.prose
        assert on.laptop.accesses.cards == {"P014": bytes(32)}
        await on.press("x", "2")
        assert on.laptop.accesses.cards == {}
        assert "Ninguna tarjeta suya" in on.text


async def test_the_laptops_state_says_what_readers_lack_and_how_it_is_installed() -> None:
    async with stage(open_day, size=(100, 60)) as on:
        await on.press("r", "e")
        assert "El servicio de lectores no está en marcha." in on.text
        assert "sudo apt-get install pcscd" in on.text


async def test_the_monitor_stops_with_the_program() -> None:
    async with stage(open_day) as on:
        cards = on.desk.cards
        assert cards.watching
    assert not cards.watching
