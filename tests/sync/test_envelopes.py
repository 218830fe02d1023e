"""Parcels, receipts and requests: what was signed arrives, and one flipped bit anywhere is refused by name."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itinerant.errors import Damaged, UserError
from itinerant.log import canonical
from itinerant.log.chain import START, Head
from itinerant.sync import enrolment, envelope, keys, parcel, receipt
from itinerant.sync.enrolment import Invitation, OfficeIdentity
from itinerant.sync.envelope import PARCEL, FutureVersion
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.limits import Limits
from itinerant.sync.parcel import ParcelHeader
from itinerant.sync.receipt import Receipt, ReceiptHeader
from itinerant.sync.standing import MAX_LISTED, Disputed, Person, Quarantined, Revoked, Standing
from itinerant.sync.testimony import Shown
from tests.sync import logs
from tests.sync.logs import LAPTOP_KEYS, OFFICE_KEYS, keys_of

STRANGER = keys_of("stranger")
OFFICE = OfficeIdentity("Oficina", *(OFFICE_KEYS.public.seal for _key in range(3)), vkey="oficina+1+AA")
INVITATION = Invitation("LOR07", "B01", "http://office.test", "a-token", OFFICE, 1_763_982_000_000)
LINKS = logs.session_log(6)
STANDING = Standing(
    "frozen",
    3,
    (Quarantined("LOR07-2", "schema", "No se entiende."),),
    (Disputed("LOR07-1", "note"),),
    (Person("P014", "Ana Ñahui", "orientador", "B01"),),
    (Revoked("LOR09", 12),),
)


def parcel_of(links, before=START, sign=LAPTOP_KEYS.sign, **fields):
    head = links[-1].head if links else before
    header = ParcelHeader("LOR07", before, head, have=12, at=1_763_982_000_123, standing="abcdefgh", **fields)
    return header, parcel.pack(header, [link.change for link in links], sign, OFFICE_KEYS.public.seal)


def unpack_parcel(data):
    _header, sealed = parcel.peek(data)
    return parcel.unpack(sealed, LAPTOP_KEYS.public.sign, OFFICE_KEYS.seal)


def receipt_of(**parts):
    header = ReceiptHeader("LOR07", LINKS[-1].head, since=12, have=99, at=1_763_982_000_456, re="A" * 16)
    given = Receipt(header, **parts)
    return given, receipt.pack(given, OFFICE_KEYS.sign, LAPTOP_KEYS.public.seal)


def unpack_receipt(data, to="LOR07"):
    _header, sealed = receipt.peek(data)
    return receipt.unpack(sealed, OFFICE_KEYS.public.sign, LAPTOP_KEYS.seal, to)


def unpack_request(data):
    return enrolment.unpack(enrolment.peek(data), OFFICE_KEYS.seal)


SHOWN = Shown(7, b"r" * 32, b"s" * 64)
FULL = receipt_of(
    changes=[link.change for link in LINKS], standing=STANDING, more=True, checkpoint=SHOWN, proofs={3: [b"p" * 32]}
)
ENVELOPES = {
    "parcel": (parcel_of(LINKS)[1], unpack_parcel),
    "idle parcel": (parcel_of([], LINKS[-1].head)[1], unpack_parcel),
    "receipt": (FULL[1], unpack_receipt),
    "idle receipt": (receipt_of()[1], unpack_receipt),
    "request": (enrolment.pack(INVITATION, LAPTOP_KEYS, "P014", 5), unpack_request),
}
each = pytest.mark.parametrize(("data", "unpack"), ENVELOPES.values(), ids=ENVELOPES)


# -- what was said arrives


@given(logs.logs())
@settings(max_examples=50)
def test_a_parcel_brings_its_run_of_the_log(run):
    before, links = run
    header, data = parcel_of(links, before, epoch=3, room=5_000)
    got = unpack_parcel(data)
    assert (got.header, list(got.links)) == (header, links)
    assert got.header.first == links[0].change.seq
    assert got.header.last == links[-1].change.seq


def test_an_idle_parcel_is_small_and_says_how_far_the_log_goes():
    header, data = parcel_of([], Head(123_456, "ab" * 32))
    assert unpack_parcel(data).header == header
    assert header.is_idle
    assert (header.first, header.last) == (123_457, 123_456)
    assert len(data) < 330


def test_a_parcel_of_the_very_first_change_begins_at_zeros():
    got = unpack_parcel(parcel_of(LINKS[:1])[1])
    assert got.header.before == START


def test_a_receipt_brings_all_it_has():
    given, data = FULL
    got = unpack_receipt(data)
    assert got.header == given.header
    assert [change.set for change in got.changes] == [link.change.set for link in LINKS]
    assert (got.standing, got.more, got.checkpoint, got.size) == (STANDING, True, SHOWN, len(data))
    assert got.proofs == {3: [b"p" * 32]}


def test_an_idle_receipt_is_small():
    given, data = receipt_of()
    assert replace(unpack_receipt(data), size=0, reads=0, changes=()) == given
    assert len(data) < 300


def test_a_request_brings_keys_token_and_person():
    data = enrolment.pack(INVITATION, LAPTOP_KEYS, "P014", 5)
    got = unpack_request(data)
    assert (got.device, got.keys, got.token, got.person, got.at) == ("LOR07", LAPTOP_KEYS.public, "a-token", "P014", 5)
    assert got.ref == envelope.name(data)
    assert b"a-token" not in data


def test_an_invitation_survives_its_file():
    text = INVITATION.to_json()
    assert Invitation.from_json(text) == INVITATION
    assert "a-token" not in repr(INVITATION)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 3_000, '{"v":1}', INVITATION.to_json()[:-9], "x" * 9_000])
def test_a_file_that_is_no_invitation_is_refused_with_words(text):
    with pytest.raises(UserError):
        Invitation.from_json(text)


def test_an_invitation_of_a_later_program_is_told_apart():
    with pytest.raises(FutureVersion):
        Invitation.from_json(INVITATION.to_json().replace('"v": 1', '"v": 2'))


def test_a_body_says_nothing_to_whom_it_is_not_for():
    for data, _unpack in ENVELOPES.values():
        assert b"RENIEC" not in data
        assert b"Ana" not in data


# -- hostile input


@each
def test_one_flipped_bit_anywhere_is_refused(data, unpack):
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            unpack(bytes(damaged))


@each
def test_every_cut_is_refused(data, unpack):
    for end in range(len(data)):
        with pytest.raises(Damaged):
            unpack(data[:end])


@each
def test_bytes_after_the_end_are_refused(data, unpack):
    with pytest.raises(Damaged):
        unpack(data + b"\x00")


@given(st.binary(max_size=300))
def test_noise_is_refused(noise):
    for read in (parcel.peek, receipt.peek, enrolment.peek):
        with pytest.raises(Damaged):
            read(noise)
        with pytest.raises(Damaged):
            read(ENVELOPES["parcel"][0][:6] + noise)


def test_another_s_signature_is_refused_by_name():
    with pytest.raises(Damaged) as caught:
        unpack_parcel(parcel_of(LINKS, sign=STRANGER.sign)[1])
    assert caught.value.code == "signature"
    assert "LOR07" in caught.value.place


def test_a_parcel_is_no_receipt():
    with pytest.raises(Damaged):
        receipt.peek(ENVELOPES["parcel"][0])
    with pytest.raises(Damaged):
        parcel.peek(ENVELOPES["receipt"][0])


def test_a_receipt_for_another_laptop_is_refused():
    with pytest.raises(Damaged) as caught:
        unpack_receipt(FULL[1], to="LOR08")
    assert caught.value.code == "recipient"


def test_a_signed_body_cannot_be_moved_under_another_header():
    one, other = (envelope.read(parcel_of(links)[1], PARCEL) for links in (LINKS[:3], LINKS))
    header = canonical.encode({**one.header, "body": other.header["body"]})
    signature = LAPTOP_KEYS.sign.sign(PARCEL.signing + header)
    data = b"ITP1" + len(header).to_bytes(2, "big") + header + signature + other.body
    with pytest.raises(Damaged) as caught:
        unpack_parcel(data)
    assert caught.value.code == "seal"


def signed(header_fields, changes):
    """A parcel with a header of one's own, rightly signed and sealed."""
    _header, sealed = parcel.peek(parcel_of(LINKS)[1])
    named = {key: value for key, value in sealed.header.items() if key not in ("v", "suite", "body")}
    plain = parcel.columns.encode(changes)
    return envelope.write(PARCEL, {**named, **header_fields}, plain, LAPTOP_KEYS.sign, OFFICE_KEYS.public.seal)


CHANGES = [link.change for link in LINKS]


@pytest.mark.parametrize(
    ("fields", "changes", "code"),
    [
        ({"head": keys.encode(bytes(31) + b"\x01")}, CHANGES, "chain"),
        ({}, CHANGES[:-1], "run"),
        ({"first": 2, "prev": keys.encode(b"\x01" * 32)}, CHANGES[1:] + CHANGES[:1], "run"),
        ({"from": "LOR08"}, CHANGES, "run"),
        ({"first": 5}, CHANGES, "run"),
        ({"first": 0}, CHANGES, "header"),
        ({"last": 10**9}, CHANGES, "header"),
        ({"last": -1}, CHANGES, "header"),
        ({"prev": ""}, CHANGES, "header"),
        ({"prev": keys.encode(b"\x01" * 32)}, CHANGES, "header"),
        ({"have": -1}, CHANGES, "header"),
        ({"have": True}, CHANGES, "header"),
        ({"at": "now"}, CHANGES, "header"),
        ({"epoch": 0}, CHANGES, "header"),
        ({"standing": "x" * 65}, CHANGES, "header"),
        ({"first": 7, "last": 6}, CHANGES, "header"),
    ],
)
def test_a_signed_header_that_lies_is_refused(fields, changes, code):
    with pytest.raises(Damaged) as caught:
        _header, sealed = parcel.peek(signed(fields, changes))
        parcel.unpack(sealed, LAPTOP_KEYS.public.sign, OFFICE_KEYS.seal)
    assert caught.value.code == code


def test_a_signed_name_that_is_not_known_is_left_aside():
    header, sealed = parcel.peek(signed({"weather": "rain", "zone": 7}, CHANGES))
    opened = parcel.unpack(sealed, LAPTOP_KEYS.public.sign, OFFICE_KEYS.seal)
    assert (opened.header, opened.links) == (header, LINKS)


def test_a_name_that_is_missing_is_not():
    _header, sealed = parcel.peek(parcel_of(LINKS)[1])
    lacking = {key: value for key, value in sealed.header.items() if key not in ("v", "suite", "body", "room")}
    with pytest.raises(Damaged) as caught:
        parcel.peek(envelope.write(PARCEL, lacking, b"", LAPTOP_KEYS.sign, None))
    assert caught.value.code == "header"


def test_changes_too_large_together_are_refused():
    _header, sealed = parcel.peek(parcel_of(LINKS)[1])
    with pytest.raises(Damaged) as caught:
        parcel.unpack(sealed, LAPTOP_KEYS.public.sign, OFFICE_KEYS.seal, Limits(canonical=1_000))
    assert caught.value.code == "size"


def test_one_change_above_8_kib_is_refused():
    long = logs.write([(logs.Draft("session", {f"x{number}": "ñ" * 4_000 for number in range(2)}), 5)])
    with pytest.raises(Damaged) as caught:
        unpack_parcel(parcel_of(long)[1])
    assert caught.value.code == "size"


def test_what_is_longer_than_allowed_is_not_even_parsed():
    with pytest.raises(Damaged) as caught:
        parcel.peek(bytes(2 << 20))
    assert caught.value.code == "size"


def later(**fields):
    """A parcel of a later version, signed as every version is."""
    header = canonical.encode({"body": "", "from": "LOR07", "suite": 1, "to": "CENTRAL", "v": 1, "new": [1], **fields})
    return b"ITP1" + len(header).to_bytes(2, "big") + header + LAPTOP_KEYS.sign.sign(PARCEL.signing + header)


@pytest.mark.parametrize("fields", [{"v": 2}, {"suite": 2}])
def test_a_later_version_is_told_apart_and_its_signer_known(fields):
    with pytest.raises(FutureVersion) as caught:
        parcel.peek(later(**fields))
    sealed = caught.value.envelope
    assert sealed.sender == "LOR07"
    sealed.verify(LAPTOP_KEYS.public.sign)
    with pytest.raises(Damaged):
        sealed.verify(STRANGER.public.sign)


def test_a_later_layout_is_told_apart():
    with pytest.raises(FutureVersion) as caught:
        parcel.peek(b"ITP2" + b"whatever")
    assert caught.value.envelope is None


# -- standing


def test_a_standing_has_one_digest_whatever_its_containers():
    listed = Standing(STANDING.state, 3, *(list(getattr(STANDING, name)) for name in
                      ("quarantined", "conflicts", "roster", "revoked")))  # fmt: skip
    assert listed.digest == STANDING.digest != Standing().digest
    assert Standing.from_dict(STANDING.as_dict()) == STANDING


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"state": "enrolled"},
        {"state": 1, "retention_d": 7},
        {"state": "enrolled", "retention_d": True},
        {"state": "enrolled", "retention_d": 7, "roster": [["P1"]]},
        {"state": "enrolled", "retention_d": 7, "roster": {}},
        {"state": "enrolled", "retention_d": 7, "revoked": [["A1", "2"]]},
        {"state": "enrolled", "retention_d": 7, "peers": [["A1", "key"]]},
        {"state": "enrolled", "retention_d": 7, "aside": [["A1", 1, "2"]]},
        {"state": "enrolled", "retention_d": 7, "conflicts": [["A1-1", "x"]] * (MAX_LISTED + 1)},
    ],
)
def test_a_standing_of_another_shape_is_refused(value):
    with pytest.raises(Damaged):
        Standing.from_dict(value)


def test_a_standing_keeps_names_that_it_does_not_know_and_has_the_office_s_digest():
    value = {"state": "enrolled", "retention_d": 7, "weather": [["rain", 3]]}
    told = Standing.from_dict(value)
    assert (told.state, told.roster) == ("enrolled", ())
    assert told.as_dict() == value
    assert told.digest != Standing().digest


# -- keys


def test_keys_survive_their_bytes_and_never_show():
    own = DeviceKeys.generate()
    assert DeviceKeys.from_bytes(own.to_bytes()).public == own.public
    assert repr(own) == "DeviceKeys(…)"
    with pytest.raises(Damaged):
        DeviceKeys.from_bytes(bytes(63))


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "=", "é" * 43, None, 5])
def test_base64url_has_one_form(text):
    with pytest.raises(Damaged):
        keys.decode(text)
