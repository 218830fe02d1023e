"""A laptop that is not as it should be: the day says so, the guide says what to do, and it takes its new code."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from itinerant.errors import UserError
from itinerant.store.office.rejoin import Rejoined
from tests.screens.fake import FakeLaptop, Standing, open_day
from tests.screens.stage import Stage, stage


@dataclass
class FakeRenewal:
    """The office's side of a new code."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    fails: bool = False

    def by_network(self, laptop: Any, file: Path) -> Rejoined:
        self.asked.append(("network", str(file)))
        if self.fails:
            raise UserError("El archivo no es para la laptop LOR07.")
        laptop.close()
        return Rejoined("LOR09", {"LOR07-4": "LOR09-1"}, 0)

    def write(self, laptop: Any, file: Path, folder: Path) -> Path:
        self.asked.append(("write", str(file), str(folder)))
        return folder / "K3VQ7TZA.ITE"

    def read(self, laptop: Any, folder: Path) -> Rejoined:
        self.asked.append(("read", str(folder)))
        return Rejoined("LOR09", {}, 0)


def frozen(laptop: FakeLaptop) -> None:
    open_day(laptop)
    laptop.standing = Standing("frozen")


def renewal(on: Stage) -> FakeRenewal:
    on.sync.renewal = FakeRenewal()  # type: ignore[attr-defined] # only here does the sync have one
    return on.sync.renewal  # type: ignore[attr-defined,no-any-return]


async def test_the_day_says_that_something_is_the_matter_and_the_guide_what_to_do() -> None:
    async with stage(frozen) as on:
        assert "! La oficina observa esta laptop. W dice qué hacer." in on.prose
        await on.press("w")
        for words in ("Qué pasó", "Qué está a salvo", "Qué hacer", "que reemplace el código LOR07"):
            assert words in on.prose


async def test_a_laptop_that_is_well_says_nothing_and_the_guide_says_so() -> None:
    async with stage(open_day) as on:
        assert "W dice" not in on.text
        await on.press("w")
        assert "✓ La oficina reconoce esta laptop" in on.prose


async def test_an_office_that_rewrote_its_history_is_told_of_on_the_day_and_in_the_guide() -> None:
    words = "La oficina reescribió su registro: ya no empieza como el que esta laptop vio."

    def rewritten(laptop: FakeLaptop) -> None:
        open_day(laptop)
        laptop.state = {"ledger": {"size": 40, "at": 1, "alarm": "rewritten", "sentence": words}}

    async with stage(rewritten) as on:
        assert "! El registro de la oficina no es el que esta laptop vio. W dice qué hacer." in on.prose
        await on.press("w")
        for part in (words, "Siga registrando", "itinerant witness show"):
            assert part in on.prose
        assert "T por la red" not in on.prose, "a new code would not mend it"


async def test_a_restored_one_says_so_before_any_sync() -> None:
    def restored(laptop: FakeLaptop) -> None:
        open_day(laptop)
        laptop.state = {"past": "restored"}

    async with stage(restored) as on:
        assert "! Los datos son anteriores a los de la última vez." in on.prose


async def test_over_the_network_it_takes_the_code_and_locks() -> None:
    async with stage(frozen) as on:
        asked = renewal(on).asked
        await on.press("w", "t", *"a.json", "enter")
        assert asked == [("network", "a.json")]
        assert on.where == "UnlockScreen"
        assert "Esta laptop es ahora LOR09; 1 cambio lleva otro número." in on.prose


async def test_by_stick_the_request_goes_and_the_answer_comes() -> None:
    async with stage(frozen) as on:
        asked = renewal(on).asked
        await on.press("w", "e", *"a.json", "enter", *"usb", "enter")
        assert "✓ Escrito K3VQ7TZA.ITE." in on.prose
        await on.press("l", *"usb", "enter")
        assert asked == [("write", "a.json", "usb"), ("read", "usb")]
        assert on.where == "UnlockScreen"


async def test_a_file_that_is_not_for_it_is_said_so_and_nothing_closes() -> None:
    async with stage(frozen) as on:
        renewal(on).fails = True
        await on.press("w", "t", *"a.json", "enter")
        assert "no es para la laptop LOR07" in on.prose
        assert not on.laptop.closed
