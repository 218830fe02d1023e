"""The unlocked laptop, as commands and screens use it."""

import threading
from pathlib import Path

import pytest

from itinerant.errors import Locked, StoreProblem, UserError
from itinerant.log.chain import follow
from itinerant.log.change import Draft
from itinerant.store.laptop import Delivery, Laptop
from tests.store.conftest import PASSPHRASE, PLACE, SESSION, identity

DAY_MS = 86_400_000


def test_a_home_is_made_once_and_opened_by_those_who_have_a_slot(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    mine = identity()
    with Laptop.create(home, identity=mine, person="P014", passphrase=PASSPHRASE) as laptop:
        assert (laptop.device, laptop.brigade, laptop.person) == ("LOR07", "B01", "P014")
        laptop.accesses.add("P015", "la frase de otra persona")
        assert laptop.people() == ["P014", "P015"]
    assert Laptop.people_of(home) == ["P014", "P015"]
    assert Laptop.people_of(tmp_path) == []
    with Laptop.unlock(home, "la frase de otra persona") as laptop:
        assert laptop.person == "P015"
        assert laptop.identity.keys.to_bytes() == mine.keys.to_bytes()
        assert laptop.identity.office == mine.office
        laptop.accesses.remove("P014")
    with pytest.raises(Locked):
        Laptop.unlock(home, PASSPHRASE)
    with pytest.raises(UserError) as caught:
        Laptop.create(home, identity=mine, person="P014", passphrase=PASSPHRASE)
    assert caught.value.code == "home_in_use"
    assert home.stat().st_mode & 0o077 == 0


def test_an_enrolment_that_was_cut_starts_over(home: Path) -> None:
    (home / "log.db").rename(home / "log.db.new")
    (home / "log.db.new-wal").write_bytes(b"leftover")
    with Laptop.create(home, identity=identity("LOR09"), person="P014", passphrase=PASSPHRASE) as laptop:
        assert laptop.device == "LOR09"
    assert not (home / "log.db.new").exists()


def test_a_home_without_its_database_is_not_made_anew(home: Path) -> None:
    (home / "log.db").unlink()
    with pytest.raises(StoreProblem) as caught:
        Laptop.unlock(home, PASSPHRASE)
    assert caught.value.code == "no_database"
    with pytest.raises(UserError):
        Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE)


def test_a_day_at_the_table(laptop: Laptop) -> None:
    with pytest.raises(UserError) as caught:
        laptop.add("session", SESSION)
    assert caught.value.code == "no_visit"
    visit = laptop.open_visit({**PLACE, "capacity": 60})
    assert (visit, laptop.current_visit().record) == ("LOR07-1", "LOR07-1")  # type: ignore[union-attr]
    with pytest.raises(UserError) as caught:
        laptop.open_visit(PLACE)
    assert caught.value.code == "visit_open"
    first = laptop.add("session", {**SESSION, "sex": None, "fee_cents": 1_250})
    second = laptop.add("session", {**SESSION, "outcome": "referred", "cause": "no_card", "duration_s": 90})
    third = laptop.add("session", {**SESSION, "service": "SIS-02"})
    laptop.amend(first, {"duration_s": 660}, "se midió mal")
    laptop.void(third, "se anotó dos veces")
    counters = laptop.counters(visit)
    assert (counters.total, counters.void, counters.seconds, counters.minutes) == (2, 1, 750, 12)
    assert counters.by_outcome == {"referred": 1, "resolved": 1}
    assert counters.by_service == {"RENIEC-01": 2}
    assert (counters.fee_cents, counters.by_language) == (1_250, {"": 2})
    assert [item.record for item in laptop.list("session", where={"visit": visit})] == [third, second, first]
    assert [item.record for item in laptop.list("session", text="derivada")] == [second]
    with pytest.raises(UserError):
        laptop.void(second, "  ")
    laptop.close_visit()
    assert laptop.current_visit() is None
    assert [change.why for change in laptop.history(third)] == ["", "se anotó dos veces"]
    assert laptop.get("LOR07-99") is None
    with pytest.raises(UserError):
        laptop.list("cuento")


def test_what_was_annulled_can_be_brought_back(laptop: Laptop) -> None:
    visit = laptop.open_visit(PLACE)
    ref = laptop.add("session", SESSION)
    laptop.void(ref, "se anotó dos veces")
    laptop.amend(ref, {"void": False}, "no estaba repetida")
    assert laptop.counters(visit).total == 1


def test_the_services_are_found_by_name_and_so_are_their_sessions(laptop: Laptop) -> None:
    laptop.write(
        [
            Draft("entity", {"code": "RENIEC", "name": "Registro Nacional de Identificación"}),
            Draft("service", _service("RENIEC-01", "RENIEC", "Acta de nacimiento", frequent=2)),
            Draft("service", _service("RENIEC-02", "RENIEC", "Duplicado de DNI", frequent=1, keywords="perdí carné")),
            Draft("service", _service("SIS-02", "SIS", "Afiliación al seguro integral")),
            Draft("service", {**_service("OLD-01", "SIS", "Seguro de antes"), "active": False}),
        ]
    )
    services = laptop.services
    assert [service.code for service in services.frequent()] == ["RENIEC-02", "RENIEC-01"]
    assert [service.code for service in services.search("identificacion acta")] == ["RENIEC-01"]
    assert [service.code for service in services.search("carne")] == ["RENIEC-02"]
    assert [service.code for service in services.search("seguro")] == ["SIS-02"]
    assert services.get("OLD-01") is None
    assert services.get("RENIEC-01").entity_name == "Registro Nacional de Identificación"  # type: ignore[union-attr]
    laptop.open_visit(PLACE)
    ref = laptop.add("session", SESSION)
    assert [item.record for item in laptop.list("session", text="nacimiento resuelta")] == [ref]
    laptop.amend("LOR07-2", {"name": "Partida de nacimiento"}, "así se llama")
    assert laptop.services.search("partida")[0].code == "RENIEC-01"


def _service(code: str, entity: str, name: str, **more: object) -> dict[str, object]:
    return {"code": code, "entity": entity, "name": name, "access": "procedure", **more}


def test_drafts_survive_and_are_forgotten_when_discarded(home: Path) -> None:
    clock = iter(range(100, 200))
    with Laptop.unlock(home, PASSPHRASE, now_ms=lambda: next(clock)) as laptop:
        laptop.drafts.save("session", {"service": "RENIEC-01", "note": "a medio esc"})
        laptop.drafts.save("session", {"service": "RENIEC-01", "note": "a medio escribir"})
        laptop.drafts.save("amend/LOR07-5", {})
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        draft = laptop.drafts.load("session")
        assert draft is not None
        assert (draft.values["note"], draft.at) == ("a medio escribir", 102)
        assert laptop.drafts.keys() == ["amend/LOR07-5", "session"]
        laptop.drafts.discard("session")
        assert laptop.drafts.load("session") is None


def test_many_threads_save_at_once_and_the_chain_is_whole(laptop: Laptop) -> None:
    laptop.open_visit(PLACE)
    refs: list[str] = []

    def work() -> None:
        refs.extend([laptop.add("session", SESSION) for _ in range(15)])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(refs)) == 90
    assert follow((link.data for link in laptop.links_since(0)), device="LOR07") == laptop.head
    assert laptop.head.seq == 91


def test_a_locked_laptop_answers_nothing(home: Path) -> None:
    laptop = Laptop.unlock(home, PASSPHRASE)
    laptop.lock()
    for ask in (laptop.current_visit, lambda: laptop.add("session", SESSION), laptop.status):
        with pytest.raises(Locked):
            ask()
    assert laptop._opened.key.reveal() == bytes(32)
    laptop.close()  # twice is once
    Laptop.unlock(home, PASSPHRASE).close()


def test_status_says_what_is_pending(laptop: Laptop) -> None:
    laptop.open_visit(PLACE)
    status = laptop.status()
    assert status["head"] == {"seq": 1, "hash": laptop.head.hash}
    assert (status["device"], status["epoch"], status["pending"], status["received_upto"]) == ("LOR07", 1, 1, 0)
    assert laptop.delivery("LOR07-1") is Delivery.PENDING
    assert {"quarantined", "conflicts", "last_receipt_at", "next_try_at", "clock_skew_ms", "last_error"} < set(status)


@pytest.mark.parametrize("years", [-20, 20])
def test_a_clock_off_by_years_is_recorded_and_stops_nothing(home: Path, years: int) -> None:
    now = 1_763_923_200_000 + years * 365 * DAY_MS
    with Laptop.unlock(home, PASSPHRASE, now_ms=lambda: now) as laptop:
        visit = laptop.open_visit(PLACE)
        laptop.add("session", {**SESSION, "started_at": now})
    with Laptop.unlock(home, PASSPHRASE, now_ms=lambda: 1_763_923_200_000) as laptop:
        later = laptop.add("session", SESSION)
        assert [item.record for item in laptop.list("session")] == [later, "LOR07-2"]
        assert laptop.history("LOR07-2")[0].at == now
        assert laptop.counters(visit).total == 2
