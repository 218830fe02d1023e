"""Readers with the real daemon: cards in and out, the daemon stopped, another program, and OpenSC's opinion of ours."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from itinerant.card import readers, seal
from itinerant.card.kinds import CardKind
from itinerant.card.piv import PivCard
from itinerant.card.readers import Monitor, Readers
from itinerant.errors import CardProblem
from tests.card import virtual
from tests.card.conftest import Daemon
from tests.card.virtual import PIN, dnie

Waits = Callable[[Callable[[Readers], bool]], Readers]


@pytest.fixture
def told(pcscd: Daemon) -> Iterator[Waits]:
    """Waits until the monitor tells what is wanted."""
    news: queue.Queue[Readers] = queue.Queue()
    monitor = Monitor(news.put)
    monitor.start()

    def until(wanted: Callable[[Readers], bool]) -> Readers:
        deadline = time.monotonic() + 15
        while True:
            now = news.get(timeout=max(0.01, deadline - time.monotonic()))
            if wanted(now):
                return now

    yield until
    monitor.stop()


def cards(now: Readers) -> list[CardKind | None]:
    return [reader.card for reader in now.readers]


def test_the_monitor_tells_of_cards_and_of_a_daemon_that_restarts(pcscd: Daemon, told: Waits) -> None:
    told(lambda now: cards(now) == [None, None])
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    told(lambda now: cards(now) == [CardKind.PIV, None])
    pcscd.slots[1].insert(dnie(3))
    told(lambda now: cards(now) == [CardKind.PIV, CardKind.DNIE_3])
    pcscd.slots[0].remove()
    told(lambda now: cards(now) == [None, CardKind.DNIE_3])
    pcscd.stop()
    told(lambda now: now.problem == "no_service")
    pcscd.start()
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    told(lambda now: now.problem == "" and CardKind.PIV in cards(now))


def test_another_card_put_in_quickly_is_another_insertion(pcscd: Daemon, told: Waits) -> None:
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    first = told(lambda now: CardKind.PIV in cards(now)).readers[0].inserted
    pcscd.slots[0].remove()
    told(lambda now: now.readers[0].card is None)
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    assert told(lambda now: CardKind.PIV in cards(now)).readers[0].inserted > first


def test_a_card_pulled_out_in_the_middle_is_told_as_such(pcscd: Daemon) -> None:
    card = virtual.PivCard("P010")
    pcscd.slots[0].insert(card)
    name = _with_card(CardKind.PIV)
    with pytest.raises(CardProblem) as error, readers.card(name) as opened:
        piv = PivCard(opened.transmit)
        piv.verify(PIN)
        card.before = lambda command: pcscd.slots[0].remove() if command[1] == 0x87 else None
        piv.prove()
    assert error.value.code == "removed"
    assert _with_card() == ""


def test_a_card_that_another_program_holds_is_told_and_serves_when_it_is_free(pcscd: Daemon, told: Waits) -> None:
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    name = told(lambda now: CardKind.PIV in cards(now)).readers[0].name
    pc = readers.pcsc()
    _result, context = pc.SCardEstablishContext(pc.SCARD_SCOPE_USER)
    _result, handle, _protocol = pc.SCardConnect(context, name, pc.SCARD_SHARE_EXCLUSIVE, pc.SCARD_PROTOCOL_T1)
    with pytest.raises(CardProblem) as error, readers.card(name):
        pass
    assert error.value.code == "in_use"
    pc.SCardDisconnect(handle, pc.SCARD_LEAVE_CARD)
    pc.SCardReleaseContext(context)
    with readers.card(name) as opened:
        assert PivCard(opened.transmit).tries() == 3


def test_a_verified_pin_serves_nobody_after_the_transaction(pcscd: Daemon) -> None:
    card = virtual.PivCard("P010")
    pcscd.slots[0].insert(card)
    with readers.card(_with_card(CardKind.PIV)) as opened:
        PivCard(opened.transmit).verify(PIN)
        assert card.verified
    with readers.card(_with_card(CardKind.PIV)) as opened, pytest.raises(CardProblem):
        PivCard(opened.transmit).prove()


def test_a_slow_card_freezes_nobody_else(pcscd: Daemon) -> None:
    card = virtual.PivCard("P010")
    pcscd.slots[0].insert(card)
    name = _with_card(CardKind.PIV)
    going, seen = threading.Event(), threading.Event()
    card.before = lambda _command: (going.set(), seen.wait())[1]
    worker = threading.Thread(target=readers.look)
    worker.start()
    assert going.wait(5)
    assert worker.is_alive(), "the interpreter goes on here while a card is waited for there"
    seen.set()
    worker.join()
    card.before = lambda _command: None
    assert name


def test_opensc_agrees_about_our_virtual_card_and_opens_what_we_sealed(pcscd: Daemon) -> None:
    card = virtual.PivCard("P010")
    pcscd.slots[0].insert(card)
    with readers.card(_with_card(CardKind.PIV)) as opened:
        piv = PivCard(opened.transmit)
        piv.verify(PIN)
        assert piv.prove() == card.certificates[0x9A]
        kept, key = seal.seal(piv.public())
        assert seal.unseal(kept, piv.public(), piv.open) == key
    for command, words in (
        (["opensc-tool", "-r", "0", "-n"], "Personal Identity Verification"),
        (["piv-tool", "-r", "0", "-n"], "Personal Identity Verification"),
        (["pkcs15-tool", "-r", "0", "--list-certificates"], "Certificate for PIV Authentication"),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and words in done.stdout, done.stdout + done.stderr


def test_without_a_daemon_or_a_library_it_is_said() -> None:
    script = """
import sys
sys.modules["smartcard"] = None
from itinerant.card import readers
assert readers.look().problem == "no_library", readers.look()
heard = []
monitor = readers.Monitor(heard.append)
monitor.start(); monitor.stop()
assert heard == [readers.Readers("no_library")] or heard == []
print("said")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "said", done.stderr


def _with_card(*kinds: CardKind) -> str:
    """The reader that has a card, once the daemon has seen it."""
    deadline = time.monotonic() + (10 if kinds else 0)
    while True:
        found = readers.look().with_card(*kinds)
        if found is not None or time.monotonic() > deadline:
            return found.name if found else ""
        threading.Event().wait(0.05)
