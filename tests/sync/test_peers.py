"""Laptop to laptop by stick: what one wrote, another has, once, by whatever road, and as far as the office lets it."""

import random
from dataclasses import replace

import pytest

from itinerant.errors import Damaged
from itinerant.log.chain import Link
from itinerant.log.change import Draft, seal
from itinerant.sync import courier, folder, parcel, wrapping
from itinerant.sync.courier import ForPeer, FromPeer, read_stick
from itinerant.sync.parcel import ParcelHeader
from itinerant.sync.standing import Revoked, SetAside
from tests.sync.brigade import SESSION, Brigade, records, stretch
from tests.sync.logs import keys_of

WHOLE = {**SESSION, "visit": "LOR07-1"}
"""A session as it may be saved."""
PLACE = {"ubigeo": "160301", "place": "Nauta"}


@pytest.fixture
def brigade(tmp_path, monkeypatch):
    monkeypatch.setattr(wrapping, "stretch", stretch)
    made = Brigade(tmp_path / "homes")
    (tmp_path / "homes").mkdir()
    made.enrol("LOR07", "LOR08")
    yield made
    made.close()


@pytest.fixture
def one(brigade):
    return brigade.laptops["LOR07"]


@pytest.fixture
def other(brigade):
    return brigade.laptops["LOR08"]


@pytest.fixture
def stick(tmp_path):
    place = tmp_path / "stick"
    place.mkdir()
    return place


def headers(stick):
    return [parcel.peek(folder.read(path))[0] for path in folder.paths(stick, folder.PARCELS)]


def hand_over(brigade, giver, taker, stick):
    brigade.write(giver, stick)
    return read_stick(taker, stick)


def shared(brigade, giver, taker, stick, counted, out=0):
    got = hand_over(brigade, giver, taker, stick)
    assert got.damaged == []
    assert got.peers == [FromPeer(giver.device, counted, out, ahead=False)]


def test_a_brigade_shares_its_day_with_no_office_in_between(brigade, one, other, stick):
    one.open_visit(PLACE)
    one.add("session", SESSION)
    one.add("ally", {"name": "Municipalidad de Nauta", "sector": "public"})
    written = brigade.write(one, stick)
    assert (written.changes, written.peers) == (3, [ForPeer("LOR08", 3)])
    got = read_stick(other, stick)
    assert (got.peers, got.receipts, got.foreign) == ([FromPeer("LOR07", 3, 0, ahead=False)], 0, 1)
    assert other.current_visit().record == "LOR07-1"
    other.add("session", {**SESSION, "note": "en la misma jornada"})
    shared(brigade, other, one, stick, 1)
    assert records(one) == records(other)
    assert one.counters("LOR07-1").total == 2


def test_what_the_other_has_is_not_written_again(brigade, one, other, stick):
    one.open_visit(PLACE)
    shared(brigade, one, other, stick, 1)
    one.add("session", SESSION)
    assert brigade.write(one, stick).peers == [ForPeer("LOR08", 2)], "it has not said yet that it has the first"
    hand_over(brigade, other, one, stick)
    assert brigade.write(one, stick).peers == [ForPeer("LOR08", 1)]
    shared(brigade, one, other, stick, 1)
    hand_over(brigade, other, one, stick)
    assert brigade.write(one, stick).peers == [ForPeer("LOR08", 0)]


def test_both_corrected_the_same_session_and_both_see_it(brigade, one, other, stick):
    one.open_visit(PLACE)
    ref = one.add("session", SESSION)
    shared(brigade, one, other, stick, 2)
    one.amend(ref, {"language": "quz"}, "habló quechua")
    other.amend(ref, {"language": "spa"}, "habló castellano")
    shared(brigade, one, other, stick, 1)
    shared(brigade, other, one, stick, 1)
    assert records(one) == records(other)
    assert [conflict.field for conflict in one.conflicts()] == ["language"]
    one.resolve(ref, "language", "quz", "lo confirmó el orientador")
    shared(brigade, one, other, stick, 1)
    assert other.conflicts() == []


def test_the_office_brings_the_same_changes_later_once_each(brigade, one, other, stick):
    one.open_visit(PLACE)
    one.add("session", SESSION)
    shared(brigade, one, other, stick, 2)
    before = records(other)
    brigade.sync(one)
    brigade.sync(other)
    assert records(other) == before
    assert [change.ref for change in brigade.office.ledger] == ["LOR07-1", "LOR07-2"]
    other.add("session", SESSION)
    assert [link.change.ref for link in other.links_since(0)] == ["LOR08-1"]
    brigade.sync(other)
    shared(brigade, one, other, stick, 0)
    assert [change.ref for change in brigade.office.ledger] == ["LOR07-1", "LOR07-2", "LOR08-1"]


def test_changes_that_come_before_what_they_amend_wait_for_it(brigade, one, other, stick, tmp_path):
    (third,) = brigade.enrol("LOR09")
    one.open_visit(PLACE)
    ref = one.add("session", SESSION)
    first = tmp_path / "first"
    brigade.write(one, first)
    shared(brigade, one, other, stick, 2)
    other.amend(ref, {"duration_s": 900}, "duró más")
    brigade.write(other, stick)
    for path in folder.paths(stick, folder.PARCELS):
        if parcel.peek(folder.read(path))[0].sender == "LOR07":
            path.unlink()
    assert read_stick(third, stick).peers == [FromPeer("LOR08", 1, 0, ahead=False)]
    assert read_stick(third, first).peers == [FromPeer("LOR07", 2, 0, ahead=False)]
    hand_over(brigade, other, one, stick)
    assert third.get(ref).values["duration_s"] == 900
    assert records(third) == records(one) == records(other)


def test_a_long_log_takes_several_files_read_in_any_order(brigade, one, other, stick, monkeypatch):
    monkeypatch.setattr(courier, "MAX_CHANGES", 10)
    one.open_visit(PLACE)
    one.write([Draft("session", {**SESSION, "visit": "LOR07-1"})] * 24)
    said = []
    written = courier.write_parcels(one, stick, 0, progress=lambda done, total: said.append((done, total)))
    assert (len(written.files), written.peers) == (6, [ForPeer("LOR08", 25)])
    assert said[0] == (0, 50)
    assert said[-1] == (50, 50)
    seen = []
    read = read_stick(other, stick, progress=lambda done, total: seen.append((done, total)))
    assert read.peers == [FromPeer("LOR07", 25, 0, ahead=False)]
    assert seen[-1] == (6, 6)
    assert records(other) == records(one)


def test_what_was_forgotten_here_does_not_travel_and_the_rest_does(brigade, one, other, stick):
    visit = one.open_visit(PLACE)
    one.add("session", SESSION)
    one.close_visit(visit)
    one.add("ally", {"name": "Municipalidad", "sector": "public"})
    brigade.sync(one)
    brigade.tell(retention_d=0)
    brigade.sync(one)
    one.forget()
    assert one.get(visit) is None
    assert brigade.write(one, stick).peers == [ForPeer("LOR08", 1)]
    (header,) = [each for each in headers(stick) if each.to == "LOR08"]
    assert (header.before, header.first, header.last) == (one.head_at(3), 4, 4)
    assert read_stick(other, stick).damaged == []


def test_a_visit_that_the_office_has_not_confirmed_is_not_forgotten(brigade, one, other, stick):
    visit = one.open_visit(PLACE)
    one.close_visit(visit)
    shared(brigade, one, other, stick, 2)
    brigade.tell(retention_d=0)
    brigade.hear(other)
    assert other.get(visit) is not None, "its author may be lost: this is a copy of it"
    brigade.sync(one)
    brigade.sync(other)
    brigade.hear(other)
    assert other.get(visit) is None


# -- whom it is from


def test_a_leader_carries_sticks_and_reads_none(brigade, one, other, stick):
    (leader,) = brigade.enrol("LOR09")
    one.open_visit(PLACE)
    brigade.write(one, stick)
    for path in folder.paths(stick, folder.PARCELS):
        header, sealed = parcel.peek(folder.read(path))
        if header.to != "LOR09":
            with pytest.raises(Damaged) as caught:
                sealed.unseal(leader.identity.keys.seal)
            assert caught.value.code == "seal"
    assert read_stick(leader, stick).foreign == 2


def test_only_the_brigade_s_laptops_are_believed(brigade, one, other, stick):
    one.open_visit(PLACE)
    brigade.write(one, stick)
    stranger = forged("PUN01", keys_of("PUN01"), to=other)
    folder.write(stick, stranger, folder.PARCELS)
    brigade.tell(peers=[peer for peer in brigade.peers() if peer.code != "LOR07"])
    read = read_stick(other, stick)
    assert (read.peers, read.foreign, read.damaged) == ([], 3, [])
    assert records(other) == {}


def test_a_signature_of_somebody_else_is_refused_by_file(brigade, one, other, stick):
    path = folder.write(stick, forged("LOR07", keys_of("thief"), to=other), folder.PARCELS)
    (problem,) = read_stick(other, stick).damaged
    assert problem.code == "signature"
    assert path.name in problem.place
    assert records(other) == {}


def test_one_flipped_bit_anywhere_and_nothing_of_it_is_kept(brigade, one, other, stick, tmp_path):
    one.open_visit(PLACE)
    brigade.write(one, stick)
    (good,) = [data for data in map(folder.read, stick.iterdir()) if parcel.peek(data)[0].to == "LOR08"]
    rng = random.Random(20261124)
    for number, position in enumerate(rng.sample(range(len(good)), 60)):
        bad = bytearray(good)
        bad[position] ^= 1 << rng.randrange(8)
        place = tmp_path / f"bad{number}"
        place.mkdir()
        folder.write(place, bytes(bad), folder.PARCELS)
        read = read_stick(other, place)
        assert read.peers == [], position
        assert len(read.damaged) + read.foreign == 1, position
    assert records(other) == {}


def forged(sender, device_keys, to, drafts=(("session", WHOLE),), first=1):
    """A parcel to a laptop that says it is of `sender`, whoever signs it."""
    head, links = replace(to.head_at(0)), []
    for offset, (kind, values) in enumerate(drafts):
        draft = Draft(kind, values)
        change = seal(draft, device=sender, seq=first + offset, prev=head.hash, by="P020", at=1)
        links.append(Link.of(change))
        head = links[-1].head
    header = ParcelHeader(sender=sender, to=to.device, before=to.head_at(0), head=head, have=0, at=1)
    seal_key = to.identity.keys.public.seal
    return parcel.pack(header, [link.change for link in links], device_keys.sign, seal_key)


# -- what does not count


def test_what_the_office_set_aside_leaves_the_records_and_its_release_brings_it_back(brigade, one, other, stick):
    one.open_visit(PLACE)
    ref = one.add("session", SESSION)
    one.amend(ref, {"duration_s": 30}, "fue corta")
    shared(brigade, one, other, stick, 3)
    brigade.tell(aside=[SetAside("LOR07", 3, 3)])
    assert other.get(ref).values["duration_s"] == 600
    assert other.list("session", text="RENIEC-01")[0].heads == (ref,)
    shared(brigade, one, other, stick, 0)
    assert other.get(ref).values["duration_s"] == 600, "the same stick again does not bring it back"
    brigade.tell(aside=[SetAside("LOR07", 2, 3)])
    assert [row.record for row in other.list("session")] == []
    assert other.get(ref) is None
    brigade.tell(aside=[])
    assert other.get(ref) is None, "its bytes are gone from here"
    brigade.sync(one)
    brigade.sync(other)
    assert records(other) == records(one)
    assert other.get(ref).values["duration_s"] == 30


def test_what_is_set_aside_already_is_not_let_in(brigade, one, other, stick):
    visit = one.open_visit(PLACE)
    brigade.tell(aside=[SetAside("LOR07", 1, 1)])
    shared(brigade, one, other, stick, 0, out=1)
    assert other.current_visit() is None
    assert other.peers.held("LOR07") == 1, "it need not be sent again"
    assert one.current_visit().record == visit


def test_a_revoked_laptop_is_believed_up_to_its_last_change(brigade, one, other, stick):
    one.open_visit(PLACE)
    ref = one.add("session", SESSION)
    one.amend(ref, {"duration_s": 30}, "después")
    brigade.tell(revoked=[Revoked("LOR07", 2)])
    shared(brigade, one, other, stick, 2, out=1)
    assert other.get(ref).values["duration_s"] == 600
    brigade.tell(revoked=[Revoked("LOR07", 1)])
    assert other.get(ref) is None, "it is taken out even when it had counted"
    brigade.tell(revoked=[])
    assert other.get(ref).values["duration_s"] == 30, "this may be the only copy: it was kept, and counts again"


def test_nothing_is_written_for_a_laptop_that_is_gone(brigade, one, other, stick):
    brigade.tell(peers=brigade.peers(LOR08="lost"))
    assert brigade.write(one, stick).peers == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("service", {"code": "X-1", "entity": "X", "name": "Falso", "access": "procedure"}),
        ("session", {**WHOLE, "note": "llamar al 987654321"}),
        ("session", {**WHOLE, "outcome": "magic"}),
        ("session", {**WHOLE, "duration_s": ["uno"]}),
        ("session", {}),
    ],
)
def test_what_a_laptop_would_not_let_its_own_person_save_stays_out(brigade, one, other, stick, kind, values):
    folder.write(stick, forged("LOR07", one.identity.keys, to=other, drafts=((kind, values),)), folder.PARCELS)
    assert read_stick(other, stick).peers == [FromPeer("LOR07", 0, 1, ahead=False)]
    assert records(other) == {}
    folder.write(stick, forged("LOR07", one.identity.keys, to=other, drafts=((kind, values),)), folder.PARCELS)
    assert read_stick(other, stick).damaged == [], "twice is the same as once"
    assert b"987654321" not in b"".join(body or b"" for (body,) in rows(other, "SELECT body FROM peer_change")), (
        "not even aside"
    )


def rows(laptop, statement):
    with laptop._database.reader() as connection:
        return connection.exec_driver_sql(statement).all()


# -- two laptops under one code


def test_of_two_logs_under_one_code_the_first_stays(brigade, one, other, stick, tmp_path):
    one.open_visit(PLACE)
    shared(brigade, one, other, stick, 1)
    before = records(other)
    twin = forged("LOR07", one.identity.keys, to=other, drafts=(("session", WHOLE), ("session", WHOLE)))
    path = folder.write(tmp_path / "stick", twin, folder.PARCELS)
    (problem,) = read_stick(other, stick).damaged
    assert (problem.code, problem.place) == ("peer_fork", "LOR07-1")
    assert path.exists()
    assert records(other) == before


def test_a_log_that_goes_on_from_another_past_is_a_fork_too(brigade, one, other, stick, tmp_path):
    one.open_visit(PLACE)
    shared(brigade, one, other, stick, 1)
    before = replace(one.head, hash="ab" * 32)
    link = Link.of(seal(Draft("session", SESSION), device="LOR07", seq=2, prev=before.hash, by="P014", at=1))
    header = ParcelHeader(sender="LOR07", to="LOR08", before=before, head=link.head, have=0, at=1)
    data = parcel.pack(header, [link.change], one.identity.keys.sign, other.identity.keys.public.seal)
    folder.write(stick, data, folder.PARCELS)
    assert [problem.code for problem in read_stick(other, stick).damaged] == ["peer_fork"]
    assert other.get("LOR07-2") is None


def test_the_office_s_word_replaces_another_branch_that_came_by_stick(brigade, one, other, stick):
    twin = forged("LOR07", one.identity.keys, to=other, drafts=(("session", WHOLE), ("session", WHOLE)))
    folder.write(stick, twin, folder.PARCELS)
    assert read_stick(other, stick).peers == [FromPeer("LOR07", 2, 0, ahead=False)]
    assert other.list("session", text="RENIEC") == other.list("session")
    visit = one.open_visit(PLACE)
    ref = one.add("session", {**SESSION, "duration_s": 60})
    brigade.sync(one)
    brigade.sync(other)
    assert other.get(visit).kind == "visit"
    assert other.get(ref).values["duration_s"] == 60
    assert records(other) == records(one)
    assert [row.record for row in other.list("session", text="RENIEC")] == [ref]


def test_a_peer_that_holds_more_of_this_log_than_there_is_here_is_said(brigade, one, other, stick):
    header = ParcelHeader(sender="LOR07", to="LOR08", before=one.head, head=one.head, have=9, at=1)
    folder.write(
        stick, parcel.pack(header, [], one.identity.keys.sign, other.identity.keys.public.seal), folder.PARCELS
    )
    assert read_stick(other, stick).peers == [FromPeer("LOR07", 0, 0, ahead=True)]


# -- everything at once


@pytest.mark.parametrize("seed", range(4))
def test_any_road_in_any_order_gives_the_same_records(brigade, stick, tmp_path, seed):
    rng = random.Random(seed)
    brigade.enrol("LOR09")
    laptops = list(brigade.laptops.values())
    laptops[0].open_visit(PLACE)
    sticks = [tmp_path / f"stick{number}" for number in range(3)]
    for _step in range(40):
        laptop, place = rng.choice(laptops), rng.choice(sticks)
        step = rng.randrange(5)
        if step == 0:
            laptop.add("session", {**SESSION, "visit": "LOR07-1"})
        elif step == 1:
            some = laptop.list("session", limit=100)
            if some:
                value = rng.randrange(1, 10_000)
                laptop.amend(rng.choice(some).record, {"duration_s": value}, "corrijo")
        elif step == 2:
            brigade.write(laptop, place)
        elif step == 3 and place.exists():
            assert read_stick(laptop, place).damaged == [], f"seed {seed}"
        else:
            brigade.sync(laptop)
    for _round in range(2):
        for laptop in laptops:
            brigade.sync(laptop)
    for laptop in laptops[1:]:
        assert records(laptop) == records(laptops[0]), f"seed {seed}"
        assert rows(laptop, "SELECT * FROM peer_change") == [], f"seed {seed}: all is confirmed"
    refs = [change.ref for change in brigade.office.ledger]
    written = [f"{laptop.device}-{seq + 1}" for laptop in laptops for seq in range(laptop.head.seq)]
    assert sorted(refs) == sorted(written), f"seed {seed}: once each"
