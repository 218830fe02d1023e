"""Recovery at the office: two different people, this office's laptop, a believed one, and all of it noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import select

from itinerant.errors import Damaged, ItinerantError, Locked, Refused, UserError
from itinerant.sync import recovery, wrapping
from itinerant.sync.recovery import RecoveryRequest
from server import central
from server.access import accounts
from server.keys import holders
from server.laptops import fleet
from server.laptops import recovery as recoveries
from server.laptops.fleet import DAY_MS
from server.laptops.recovery import Case
from server.office import Office
from server.tables import AccessRow, table
from tests.argon2 import instead
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import START_MS, FakeLaptop

WORDS = {who: f"la frase larga de {who}" for who in ("ana", "beto", "caro")}
ANSWER = X25519PrivateKey.from_private_bytes(b"a" * 32)
KEY = b"k" * 32
"""The database key of the laptop that nobody can unlock."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id is the vault's to test."""
    monkeypatch.setattr(wrapping, "stretch", instead)


@pytest.fixture
def kept(office: Office, laptop: FakeLaptop) -> Iterator[Office]:
    """An office with an enrolled laptop and three accounts, two of them holders."""
    for who, role in (("ana", "administrator"), ("beto", "manager"), ("caro", "reviewer")):
        accounts.invite(office, who, role, "http://127.0.0.1", by="admin")
    for who in ("ana", "beto"):
        holders.add(office.folder, who, WORDS[who])
    yield office


def asked(office: Office, device: str = "LOR07", person: str = "P014", key: bytes = KEY) -> RecoveryRequest:
    """What that laptop would ask, its database key being `key`."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    to = X25519PublicKey.from_public_bytes(office.keys.recovery_public)
    sealed = suite.encrypt(key, to, recovery.vault_info(device))
    public = ANSWER.public_key().public_bytes_raw()
    return RecoveryRequest(device, person, START_MS, public, office.keys.recovery_public, (sealed,))


def received(office: Office, request: RecoveryRequest) -> Case:
    return recoveries.receive(office, request.to_bytes())


def approve(office: Office, case: Case, who: str, *, code: str = "", words: str = "") -> Case:
    return recoveries.approve(office, case, code or case.request.code, who, words or WORDS[who])


def noted(office: Office) -> list[tuple[str, str]]:
    access = table(AccessRow)
    with office.database.reader() as connection:
        statement = select(access.c.account, access.c.action).where(access.c.action.startswith("recovery."))
        return [(account, action) for account, action in connection.execute(statement.order_by(access.c.id))]


def test_two_people_open_what_one_cannot(kept: Office) -> None:
    case = approve(kept, received(kept, asked(kept)), "ana")
    assert (case.accounts, case.answer) == (("ana",), b"")
    case = approve(kept, recoveries.find(kept, case.request.ref), "beto")
    assert case.accounts == ("ana", "beto")
    assert recovery.open_answer(case.answer, case.request, ANSWER) == [KEY]
    assert not case.peeled
    assert noted(kept) == [("ana", "recovery.approve"), ("beto", "recovery.approve"), ("beto", "recovery.give")]
    (incident,) = looking.records(kept, "incident").values()
    assert incident["device"] == "LOR07"
    assert incident["category"] == "security"
    assert all(word in incident["description"] for word in ("P014", "LOR07", "ana", "beto"))
    again = approve(kept, recoveries.find(kept, case.request.ref), "beto")
    assert again.answer == case.answer, "the answer is written as often as asked"
    assert len(looking.records(kept, "incident")) == 1


def test_the_order_of_the_two_does_not_matter(kept: Office) -> None:
    case = approve(kept, approve(kept, received(kept, asked(kept)), "beto"), "ana")
    assert recovery.open_answer(case.answer, case.request, ANSWER) == [KEY]


def test_an_unfinished_change_of_key_gives_both_keys_back(kept: Office) -> None:
    one, two = asked(kept), asked(kept, key=b"n" * 32)
    case = received(kept, replace(one, seals=(*one.seals, *two.seals)))
    case = approve(kept, approve(kept, case, "ana"), "beto")
    assert recovery.open_answer(case.answer, case.request, ANSWER) == [KEY, b"n" * 32]


def test_one_account_twice_is_one(kept: Office) -> None:
    case = approve(kept, received(kept, asked(kept)), "ana")
    with pytest.raises(UserError) as caught:
        approve(kept, case, "ana")
    assert caught.value.code == "same_account"


def test_a_wrong_passphrase_is_refused_and_noted(kept: Office) -> None:
    case = received(kept, asked(kept))
    with pytest.raises(Locked):
        approve(kept, case, "ana", words=WORDS["beto"])
    approved = approve(kept, case, "ana")
    with pytest.raises(Locked):
        approve(kept, approved, "beto", words=WORDS["ana"])
    assert noted(kept) == [("ana", "recovery.refused"), ("ana", "recovery.approve"), ("beto", "recovery.refused")]


@pytest.mark.parametrize("who", ["caro", "nadie"])
def test_who_may_not_recover_cannot_approve(kept: Office, who: str) -> None:
    with pytest.raises(UserError) as caught:
        approve(kept, received(kept, asked(kept)), who, words="una frase larga cualquiera")
    assert caught.value.code == "not_a_holder"


def test_a_closed_account_approves_no_more(kept: Office) -> None:
    accounts.disable(kept, "beto", "se fue", by="admin")
    case = approve(kept, received(kept, asked(kept)), "ana")
    with pytest.raises(UserError):
        approve(kept, case, "beto")


def test_before_two_holders_nobody_approves(office: Office, laptop: FakeLaptop) -> None:
    accounts.invite(office, "ana", "administrator", "http://127.0.0.1", by="admin")
    holders.add(office.folder, "ana", WORDS["ana"])
    with pytest.raises(UserError) as caught:
        approve(office, received(office, asked(office)), "ana")
    assert caught.value.code == "no_holders"


def test_a_request_that_somebody_swapped_has_another_code(kept: Office) -> None:
    request = asked(kept)
    thief = replace(request, key=X25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(UserError) as caught:
        approve(kept, received(kept, thief), "ana", code=request.code)
    assert caught.value.code == "other_code"


def test_seals_that_are_not_that_laptop_s_open_nothing(kept: Office) -> None:
    fleet.invite(kept, "LOR08", "B01", by="admin")
    forged = replace(asked(kept, device="LOR08"), device="LOR07")
    case = approve(kept, received(kept, forged), "ana")
    with pytest.raises(Damaged) as caught:
        approve(kept, case, "beto")
    assert caught.value.code == "recovery_seal"
    assert noted(kept)[-1] == ("beto", "recovery.refused")
    assert not looking.records(kept, "incident")


def test_any_altered_byte_is_another_request_or_none(kept: Office) -> None:
    data = asked(kept).to_bytes()
    code = asked(kept).code
    for index in range(len(data)):
        altered = bytearray(data)
        altered[index] ^= 0x01
        try:
            found = RecoveryRequest.from_bytes(bytes(altered))
        except Damaged:
            continue
        assert found.code != code, index


@pytest.mark.parametrize("lost", [True, False])
def test_a_revoked_laptop_is_not_opened(kept: Office, lost: bool) -> None:
    case = approve(kept, received(kept, asked(kept)), "ana")
    fleet.revoke(kept, "LOR07", "se la llevaron", by="admin", lost=lost)
    with pytest.raises(Refused) as caught:
        approve(kept, case, "beto")
    assert caught.value.code == "revoked"
    with pytest.raises(Refused):
        received(kept, asked(kept, person="P015"))


def test_a_laptop_under_a_new_code_is_known_by_the_one_of_its_vault(kept: Office) -> None:
    with kept.database.writer() as connection:
        record = central.by_code(connection, "device")["LOR07"]
        central.amend(connection, kept, record, {"state": "retired"}, by="admin")
    with pytest.raises(Refused):
        received(kept, asked(kept))
    with kept.database.writer() as connection:
        values = {"code": "LOR09", "brigade": "B01", "state": "enrolled", "replaces": "LOR07"}
        central.create(connection, kept, "device", [values], by="admin")
    case = approve(kept, approve(kept, received(kept, asked(kept)), "ana"), "beto")
    assert recovery.open_answer(case.answer, case.request, ANSWER) == [KEY]


def test_nobody_outside_the_staff_is_let_in(kept: Office) -> None:
    with pytest.raises(Refused) as caught:
        received(kept, asked(kept, person="P099"))
    assert caught.value.code == "person"
    with kept.database.writer() as connection:
        record = central.by_code(connection, "staff")["P014"]
        central.amend(connection, kept, record, {"active": False}, by="admin")
    with pytest.raises(Refused):
        received(kept, asked(kept))


def test_a_laptop_of_another_office_is_told_apart(kept: Office) -> None:
    other = replace(asked(kept), recovery_key=ANSWER.public_key().public_bytes_raw())
    with pytest.raises(Refused) as caught:
        received(kept, other)
    assert caught.value.code == "office"


def test_an_approval_that_nobody_follows_is_forgotten(kept: Office, clock: Clock) -> None:
    case = approve(kept, received(kept, asked(kept)), "ana")
    clock.ms += 7 * DAY_MS + 1
    later = recoveries.find(kept, case.request.ref)
    assert (later.accounts, later.peeled) == ((), {})
    assert approve(kept, later, "beto").accounts == ("beto",)


def test_requests_are_listed_and_kept_from_others(kept: Office, clock: Clock) -> None:
    first = received(kept, asked(kept))
    clock.ms += 1
    second = received(kept, asked(kept))
    assert [case.request.ref for case in recoveries.cases(kept)] == [second.request.ref, first.request.ref]
    for path in (kept.folder / "recovery").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    for ref in ("AAAA", "../keys/recovery", ""):
        with pytest.raises(ItinerantError):
            recoveries.find(kept, ref)
    path = next((kept.folder / "recovery").iterdir())
    path.write_text("{}")
    with pytest.raises(Damaged):
        list(recoveries.cases(kept))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"v":2}', b"x" * 5_000, b"\xff"])
def test_garbage_is_no_request(kept: Office, data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        recoveries.receive(kept, data)
