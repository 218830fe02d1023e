"""The log on disk: one commit for change and record, a chain that is walked, changes of others kept once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from itinerant.domain.fields import Value
from itinerant.errors import Damaged, UserError
from itinerant.log.chain import START, follow
from itinerant.log.change import GENESIS, Change, Draft
from itinerant.log.merge import merge
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.journal import Journal, Own, follow_stored
from itinerant.store.reading import records

VISIT = {"brigade": "B01", "ubigeo": "160301", "place": "Nauta", "opened_at": 1_763_923_200_000}
SESSION = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": 1_763_923_200_123,
    "duration_s": 600,
    "visit": "LOR07-1",
}


def write(journal: Journal, *drafts: Draft) -> list[str]:
    return [link.change.ref for link in journal.append(drafts, by="P014", at=1_000)]


def session(**values: Value) -> Draft:
    return Draft("session", {**SESSION, **values})


def amend(ref: str, **values: Value) -> Draft:
    return Draft("", values, record=ref, why="se corrige")


def theirs(
    seq: int, record: str, values: Mapping[str, Value], base: tuple[str, ...] = (), kind: str = "session"
) -> Change:
    """A change of LOR08 as a receipt brings it."""
    return Change("LOR08", seq, 2_000, "P020", kind, record, base, values, GENESIS, "se corrige")


def receive(journal: Journal, *changes: Change) -> list[Change]:
    with journal.database.writer() as connection:
        return journal.receive(connection, changes)


def stored(journal: Journal, ref: str) -> StoredRecord:
    with journal.database.reader() as connection:
        record = records.get(connection, ref)
    assert record is not None
    return record


def conflicts(journal: Journal) -> list[str]:
    with journal.database.reader() as connection:
        return [f"{one.record} {one.field}" for one in records.conflicts(connection)]


def test_numbers_have_no_gap_and_the_chain_arrives_at_the_head(journal: Journal) -> None:
    assert journal.head == START
    assert write(journal, Draft("visit", VISIT), session()) == ["LOR07-1", "LOR07-2"]
    assert write(journal, amend("LOR07-2", duration_s=700)) == ["LOR07-3"]
    links = journal.since(0, 10)
    assert follow((link.data for link in links), device="LOR07") == journal.head == links[-1].head
    assert journal.verify() == journal.head
    assert [link.change.seq for link in journal.since(1, 1)] == [2]
    assert journal.head_at(2) == links[1].head
    assert journal.head_at(0) == START
    assert journal.head_at(9) is None


def test_a_draft_that_fails_takes_the_others_of_its_commit_with_it(journal: Journal) -> None:
    with pytest.raises(UserError):
        write(journal, Draft("visit", VISIT), session(outcome="perfecto"))
    assert journal.head == START
    with journal.database.reader() as connection:
        assert records.page(connection, "visit", where={}) == []
    assert write(journal, Draft("visit", VISIT)) == ["LOR07-1"]


@pytest.mark.parametrize(
    ("draft", "place", "code"),
    [
        (Draft("cuento", {}), "kind", "unknown_kind"),
        (session(color="rojo"), "color", "unknown_field"),
        (session(outcome="left"), "outcome", "choice"),
        (session(duration_s=86_401), "duration_s", "bounds"),
        (session(duration_s=True), "duration_s", "type"),
        (session(outcome="partial"), "cause", "together"),
        (session(note="su DNI es 45 678 912"), "note", "personal_data"),
        (session(note="x" * 121), "note", "length"),
        (Draft("session", {"service": "RENIEC-01"}), "access", "required"),
        (Draft("", {"note": "x"}, record="LOR07-99"), "record", "no_record"),
        (Draft("", {"note": "x"}, record="nada"), "record", "no_record"),
        (amend("LOR07-1", duration_s=600), "set", "unchanged"),
        (amend("LOR07-1", outcome="partial"), "cause", "together"),
        (amend("LOR07-1", access=None), "access", "required"),
        (Draft("", {"duration_s": 9}, record="LOR07-1", why="el 987654321 llamó"), "why", "personal_data"),
    ],
)
def test_what_a_person_must_correct_is_named_and_leaves_nothing(
    journal: Journal, draft: Draft, place: str, code: str
) -> None:
    write(journal, session(visit="LOR07-1"))
    with pytest.raises(UserError) as caught:
        write(journal, draft)
    assert (caught.value.place, caught.value.code) == (place, code)
    assert journal.head.seq == 1


def test_texts_are_kept_in_nfc_without_spaces_at_the_ends(journal: Journal) -> None:
    write(journal, session(note="  Se explico\u0301 el trámite "))
    (link,) = journal.since(0, 1)
    assert link.change.set["note"] == stored(journal, "LOR07-1").values["note"] == "Se explicó el trámite"


def test_an_amendment_says_only_what_it_alters_and_what_it_had_seen(journal: Journal) -> None:
    write(journal, session(), amend("LOR07-1", duration_s=700, access="procedure"))
    write(journal, amend("LOR07-1", note="Volvió con su recibo"))
    second, third = (link.change for link in journal.since(1, 5))
    assert (second.kind, second.set, second.base) == ("session", {"duration_s": 700}, ("LOR07-1",))
    assert third.base == ("LOR07-2",)
    record = stored(journal, "LOR07-1")
    assert (record.values["duration_s"], record.heads) == (700, ("LOR07-3",))
    assert [change.seq for change in journal.history("LOR07-1")] == [1, 2, 3]


def test_two_who_did_not_see_each_other_are_a_conflict_that_is_settled_with_both_behind(journal: Journal) -> None:
    write(journal, session(), amend("LOR07-1", duration_s=700))
    receive(journal, theirs(1, "LOR07-1", {"duration_s": 800}, ("LOR07-1",)))
    assert conflicts(journal) == ["LOR07-1 duration_s"]
    assert stored(journal, "LOR07-1").heads == ("LOR07-2", "LOR08-1")
    assert stored(journal, "LOR07-1").conflicts == 1
    write(journal, amend("LOR07-1", duration_s=800))
    assert conflicts(journal) == []
    assert journal.since(2, 1)[0].change.base == ("LOR07-2", "LOR08-1")


def test_changes_of_others_arrive_in_any_order_and_once(journal: Journal) -> None:
    made = theirs(1, "LOR08-1", SESSION)
    amended = theirs(2, "LOR08-1", {"outcome": "partial", "cause": "left"}, ("LOR08-1",))
    assert receive(journal, amended) == [amended]
    assert receive(journal, made, amended, made) == [made]
    assert receive(journal, made, amended) == []
    record = stored(journal, "LOR08-1")
    assert record.values["outcome"] == merge([made, amended]).values["outcome"] == "partial"
    assert (record.made_by, record.n) == ("P020", 1)
    assert journal.head == START


def test_one_s_own_changes_are_never_taken_from_others(journal: Journal) -> None:
    write(journal, session())
    false = replace(theirs(1, "LOR07-1", {**SESSION, "note": "falso"}), device="LOR07")
    assert receive(journal, false, replace(false, seq=7, record="LOR07-7")) == []
    assert stored(journal, "LOR07-1").values["note"] is None
    assert journal.verify().seq == 1


def test_a_kind_or_field_of_a_later_version_is_kept_and_does_not_stop_the_rest(journal: Journal) -> None:
    late = theirs(1, "LOR08-1", {"wings": 2}, kind="drone")
    wider = theirs(2, "LOR08-2", {**SESSION, "mood": "good"})
    assert receive(journal, late, wider) == [late, wider]
    assert stored(journal, "LOR08-2").values["service"] == "RENIEC-01"
    assert journal.history("LOR08-1")[0].set == {"wings": 2}


# -- the walk


def rows(journal: Journal) -> list[Own]:
    with journal.database.reader() as connection:
        return [Own(*row) for row in connection.exec_driver_sql("SELECT seq, hash, body FROM change ORDER BY n")]


@pytest.mark.parametrize("index", range(4))
def test_the_walk_names_where_the_log_breaks(journal: Journal, index: int) -> None:
    write(journal, Draft("visit", VISIT), session(), session(), session())
    good = rows(journal)
    assert follow_stored(good, "LOR07") == journal.head
    seq, hashed, body = good[index]
    assert body is not None
    other = body.replace(b'"at":1000', b'"at":1001')
    for bad in (Own(seq, hashed, other), Own(seq, bytes(32), body), Own(seq + 1, hashed, body)):
        changed = [*good[:index], bad, *good[index + 1 :]]
        with pytest.raises(Damaged) as caught:
            follow_stored(changed, "LOR07")
        assert caught.value.place in (f"LOR07-{index + 1}", f"LOR07-{index + 2}")
    if index < 3:
        with pytest.raises(Damaged, match=f"LOR07-{index + 1}"):
            follow_stored([*good[:index], *good[index + 1 :]], "LOR07")


def test_a_forgotten_body_is_vouched_for_by_the_next_change(journal: Journal) -> None:
    write(journal, Draft("visit", VISIT), session(), session())
    good = rows(journal)
    without = [good[0], good[1]._replace(body=None), good[2]]
    assert follow_stored(without, "LOR07") == journal.head
    with pytest.raises(Damaged, match="LOR07-3"):
        follow_stored([good[0], Own(2, bytes(32), None), good[2]], "LOR07")


def alter(connection: Connection, statement: str, *bound: Any) -> None:
    connection.exec_driver_sql(statement, bound)


def test_a_tail_that_table_and_index_do_not_agree_on_is_noticed(journal: Journal) -> None:
    write(journal, Draft("visit", VISIT), session())
    with journal.database.writer() as connection:
        alter(connection, "UPDATE change SET device = 'LOR09' WHERE seq = 2")
    assert journal.verify().seq == 1  # alone it looks whole: the witness file tells
    with journal.database.writer() as connection:
        alter(connection, "UPDATE change SET device = 'LOR07', seq = 3 WHERE seq = 2")
    with pytest.raises(Damaged, match="LOR07-2"):
        journal.verify()
