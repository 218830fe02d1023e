"""The office's queue: conflicts decided, decided twice, undone; duplicates; by command's functions and by token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from itinerant.errors import UserError
from itinerant.log.change import Change
from server import conflicts, duplicates
from server.access import accounts, tokens
from server.app import create_app
from server.exchange import quarantine
from server.office import Office
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, START_MS, FakeLaptop, enrolled


@pytest.fixture
def peer(office: Office) -> FakeLaptop:
    return enrolled(office, "LOR08")


@pytest.fixture
def disputed(laptop: FakeLaptop, peer: FakeLaptop) -> Change:
    """A session whose duration is 1 on LOR07 and 2 on LOR08."""
    made = laptop.write()
    laptop.sync()
    for one, seconds in ((laptop, 1), (peer, 2)):
        one.write(values={"duration_s": seconds}, record=made.ref, base=[made.ref])
        one.sync()
    return made


@pytest.fixture
def twice(laptop: FakeLaptop, peer: FakeLaptop) -> tuple[str, str]:
    """The same attention on two laptops."""
    refs = []
    for one, later in ((laptop, 0), (peer, 30_000)):
        refs.append(one.write(values={**SESSION, "started_at": START_MS + later}).ref)
        one.sync()
    return refs[0], refs[1]


# -- conflicts


def test_the_list_says_the_visit_that_each_belongs_to(office: Office, disputed: Change) -> None:
    (one,) = looking.conflicts(office)
    assert (one["record"], one["field"], one["visit"]) == (disputed.ref, "duration_s", "LOR07-1")


def test_of_two_who_decide_at_once_the_second_is_told(office: Office, disputed: Change) -> None:
    seen = [item["change"] for item in looking.conflicts(office)[0]["candidates"]]
    first = conflicts.resolve(office, disputed.ref, "duration_s", 1, "acta", by="rev1", seen=seen)
    with pytest.raises(UserError, match=rf"ya lo decidió rev1: 1 \({first}\)") as told:
        conflicts.resolve(office, disputed.ref, "duration_s", 2, "acta", by="rev2", seen=seen)
    assert told.value.code == "no_conflict"
    assert looking.records(office)[disputed.ref]["duration_s"] == 1


def test_who_decides_on_what_has_changed_meanwhile_looks_again(
    office: Office, disputed: Change, laptop: FakeLaptop
) -> None:
    seen = [item["change"] for item in looking.conflicts(office)[0]["candidates"]]
    third = enrolled(office, "LOR09")
    third.write(values={"duration_s": 3}, record=disputed.ref, base=[disputed.ref])
    third.sync()
    with pytest.raises(UserError, match="cambió mientras") as told:
        conflicts.resolve(office, disputed.ref, "duration_s", 1, "acta", by="rev1", seen=seen)
    assert told.value.code == "changed_meanwhile"
    assert len(looking.conflicts(office)[0]["candidates"]) == 3


def test_a_decision_is_undone_by_another_change_and_the_laptops_learn_it(
    office: Office, disputed: Change, laptop: FakeLaptop
) -> None:
    change = conflicts.resolve(office, disputed.ref, "duration_s", 1, "acta", by="rev1")
    with office.database.reader() as connection:
        (told,) = map(conflicts.as_dict, conflicts.decided(connection))
    assert (told["value"], told["change"], told["by"], told["why"], told["undo"]) == (1, change, "rev1", "acta", 2)
    with pytest.raises(UserError) as other:
        conflicts.undo(office, disputed.ref, "duration_s", "era otra", by="rev2", seen="CENTRAL-1")
    assert other.value.code == "changed_meanwhile"
    undone = conflicts.undo(office, disputed.ref, "duration_s", "era otra", by="rev2", seen=change)
    assert looking.records(office)[disputed.ref]["duration_s"] == 2
    assert looking.conflicts(office) == []
    laptop.sync()
    assert {change, undone} <= {each.ref for each in laptop.seen}
    with pytest.raises(UserError) as none:
        conflicts.undo(office, disputed.ref, "duration_s", "otra vez", by="rev2")
    assert none.value.code == "no_decision"
    with office.database.reader() as connection:
        assert conflicts.decided(connection) == []


def test_a_laptops_decision_can_be_undone_at_the_office(office: Office, disputed: Change, laptop: FakeLaptop) -> None:
    bases = [item["change"] for item in looking.conflicts(office)[0]["candidates"]]
    laptop.write(values={"duration_s": 1}, record=disputed.ref, base=bases, why="hablamos")
    laptop.sync()
    conflicts.undo(office, disputed.ref, "duration_s", "no fue así", by="rev1")
    assert looking.records(office)[disputed.ref]["duration_s"] == 2


@pytest.mark.parametrize("wrong", ["mucho", -1, 1.5, True, ["1"], None])
def test_a_value_of_another_type_decides_nothing(office: Office, disputed: Change, wrong: Any) -> None:
    with pytest.raises(UserError):
        conflicts.resolve(office, disputed.ref, "duration_s", wrong, "acta", by="rev1")
    assert len(looking.conflicts(office)) == 1


def test_what_was_left_out_for_good_is_told_to_its_laptop_for_a_while(
    office: Office, laptop: FakeLaptop, clock: Clock
) -> None:
    bad = laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    (item,) = looking.quarantine(office)
    quarantine.discard(office, item["item"], "dato personal", by="rev1")
    told = laptop.sync().standing
    assert told is not None
    assert (list(told.quarantined), list(told.discarded)) == ([], [(bad.ref, "dato personal")])
    clock.ms += 100 * 86_400_000
    told = laptop.sync().standing
    assert told is not None
    assert list(told.discarded) == []


# -- duplicates


def pairs(office: Office) -> list[tuple[object, object]]:
    return [(one["first"], one["second"]) for one in duplicates.listed(office)]


def test_the_same_attention_on_two_laptops_is_proposed_once_and_never_merged(
    office: Office, twice: tuple[str, str], clock: Clock
) -> None:
    (one,) = duplicates.listed(office)
    assert one == {
        "first": twice[0],
        "second": twice[1],
        "lost": False,
        "visit": "LOR07-1",
        "scope": "B01",
        "found_at": clock.ms,
    }
    assert [document["void"] for document in looking.records(office).values()] == [False, False]
    clock.ms += 1_000
    assert duplicates.listed(office) == [one]


def test_a_long_ledger_is_looked_through_a_stretch_at_a_time(
    office: Office, twice: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "STRETCH", 1)
    with office.database.reader() as connection:
        left = duplicates.behind(connection)
    assert left > 2
    for look in range(left):
        assert not duplicates.refresh(office, stretches=1), look
        with office.database.reader() as connection:
            assert duplicates.behind(connection) == left - look - 1
    assert duplicates.refresh(office, stretches=1)
    assert pairs(office) == [twice]


def test_confirming_annuls_one_with_a_reference(office: Office, twice: tuple[str, str], laptop: FakeLaptop) -> None:
    first, second = twice
    duplicates.listed(office)
    (change,) = duplicates.confirm(office, second, first, "la anotaron dos veces", by="rev1")
    kept, gone = looking.records(office)[first], looking.records(office)[second]
    assert (kept["void"], gone["void"], gone["duplicate_of"]) == (False, True, first)
    assert pairs(office) == []
    with pytest.raises(UserError, match="ya lo decidió") as told:
        duplicates.confirm(office, first, second, "al revés", by="rev2")
    assert told.value.code == "no_duplicate"
    laptop.sync()
    assert change in {each.ref for each in laptop.seen}


def test_dismissing_is_remembered_whatever_arrives_later(
    office: Office, twice: tuple[str, str], laptop: FakeLaptop
) -> None:
    duplicates.dismiss(office, *twice, "eran hermanas", by="rev1")
    assert pairs(office) == []
    laptop.write(values={"duration_s": 500}, record=twice[0], base=[twice[0]])
    laptop.sync()
    assert pairs(office) == []


def test_a_session_that_moves_to_another_visit_takes_its_proposals_along(
    office: Office, twice: tuple[str, str], laptop: FakeLaptop
) -> None:
    assert pairs(office) == [twice]
    laptop.write(values={"visit": "LOR07-99"}, record=twice[0], base=[twice[0]])
    laptop.sync()
    assert pairs(office) == []


def test_both_ways_at_once_on_two_laptops_is_asked_again(
    office: Office, twice: tuple[str, str], laptop: FakeLaptop, peer: FakeLaptop
) -> None:
    first, second = twice
    laptop.write(values={"void": True, "duplicate_of": second}, record=first, base=[first], why="la suya")
    peer.write(values={"void": True, "duplicate_of": first}, record=second, base=[second], why="la suya")
    laptop.sync()
    peer.sync()
    (one,) = duplicates.listed(office)
    assert one["lost"] is True
    duplicates.confirm(office, second, first, "queda la primera", by="rev1")
    assert [looking.records(office)[ref]["void"] for ref in twice] == [False, True]
    assert pairs(office) == []


def test_nothing_is_decided_without_a_reason(office: Office, twice: tuple[str, str]) -> None:
    with pytest.raises(UserError, match="motivo"):
        duplicates.confirm(office, *twice, " ", by="rev1")
    assert pairs(office) == [twice]


# -- by token


@pytest.fixture
async def client(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    for code, role in (("rev1", "reviewer"), ("aud1", "auditor")):
        accounts.invite(office, code, role, "http://office", by="admin")
    transport = httpx.ASGITransport(create_app(office), client=("10.0.0.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://office") as client:
        yield client


def bearing(office: Office, account: str = "rev1", *rights: str) -> dict[str, str]:
    token = tokens.add(office, account, "", rights or ["read", "decide"], 30, by="admin")
    return {"authorization": f"Bearer {token}"}


async def test_a_program_reads_and_decides_in_an_accounts_name(
    office: Office, client: httpx.AsyncClient, disputed: Change
) -> None:
    headers = bearing(office)
    (one,) = (await client.get("/api/v1/conflicts", headers=headers)).json()["conflicts"]
    seen = [item["change"] for item in one["candidates"]]
    place = f"/api/v1/conflicts/{one['record']}/{one['field']}"
    body = {"value": 1, "why": "según el acta", "seen": seen}
    done = await client.post(place, headers=headers, json=body)
    assert done.status_code == 200
    late = await client.post(place, headers=headers, json=body)
    assert (late.status_code, late.json()["code"]) == (409, "no_conflict")
    (told,) = (await client.get("/api/v1/conflicts/decided", headers=headers)).json()["decisions"]
    assert (told["change"], told["by"]) == (done.json()["change"], "rev1")
    undone = await client.post(f"{place}/undo", headers=headers, json={"why": "no era", "seen": told["change"]})
    assert undone.status_code == 200
    assert looking.records(office)[disputed.ref]["duration_s"] == 2


async def test_duplicates_by_token(office: Office, client: httpx.AsyncClient, twice: tuple[str, str]) -> None:
    headers = bearing(office)
    (one,) = (await client.get("/api/v1/duplicates", headers=headers)).json()["duplicates"]
    body = {"record": one["second"], "of": one["first"], "why": "la misma"}
    assert (await client.post("/api/v1/duplicates/confirm", headers=headers, json=body)).status_code == 200
    late = await client.post("/api/v1/duplicates/dismiss", headers=headers, json=body | {"other": one["first"]})
    assert (late.status_code, late.json()["code"]) == (409, "no_duplicate")


async def test_a_token_opens_only_what_it_is_for_and_only_while_it_lasts(
    office: Office, client: httpx.AsyncClient, disputed: Change, clock: Clock
) -> None:
    place = f"/api/v1/conflicts/{disputed.ref}/duration_s"
    body = {"value": 1, "why": "según el acta"}
    reading = bearing(office, "aud1", "read")
    assert (await client.get("/api/v1/conflicts", headers=reading)).status_code == 200
    assert (await client.post(place, headers=reading, json=body)).status_code == 403
    for headers in ({}, {"authorization": "Bearer itn_nada"}, {"authorization": reading["authorization"][7:]}):
        refused = await client.get("/api/v1/conflicts", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert len(looking.conflicts(office)) == 1
    deciding = bearing(office)
    accounts.disable(office, "rev1", "se fue", by="admin")
    assert (await client.post(place, headers=deciding, json=body)).status_code == 401
    tokens.remove(office, "aud1", "", by="admin")
    assert (await client.get("/api/v1/conflicts", headers=reading)).status_code == 401
    again = bearing(office, "aud1", "read")
    clock.ms += 31 * 86_400_000
    assert (await client.get("/api/v1/conflicts", headers=again)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"why":"x"}', b'{"value":1}', b'{"value":1,"why":2}'])
async def test_a_body_that_is_no_decision_is_refused_in_words(
    office: Office, client: httpx.AsyncClient, disputed: Change, body: bytes
) -> None:
    refused = await client.post(f"/api/v1/conflicts/{disputed.ref}/duration_s", headers=bearing(office), content=body)
    assert (refused.status_code, bool(refused.json()["sentence"])) == (400, True)
    assert len(looking.conflicts(office)) == 1


def test_a_token_is_made_only_with_rights_that_the_role_has(office: Office) -> None:
    accounts.invite(office, "aud1", "auditor", "http://office", by="admin")
    for account, rights, days in (
        ("aud1", ["decide"], 30),
        ("nadie", ["read"], 30),
        ("aud1", ["magia"], 30),
        ("aud1", ["read"], 0),
    ):
        with pytest.raises(UserError):
            tokens.add(office, account, "", rights, days, by="admin")
    assert tokens.listed(office) == []
