"""Signed notes and checkpoints: what other people's programs wrote is read, and one altered character is found."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from itinerant.errors import Damaged, UserError
from itinerant.log.notes import COSIGNATURE, Checkpoint, Verifier, cosign, read, read_checkpoint, sign, split

# The example of the documentation of Go's golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ORIGIN = "itinerant.example/registro"
CHECKPOINT = Checkpoint(ORIGIN, 70_000, bytes(range(32)))


def verifier(key, name=ORIGIN, kind=1):
    return Verifier(name, key.public_key().public_bytes_raw(), kind)


def test_a_note_of_go_is_read():
    text, signatures = read(GO_NOTE, [Verifier.from_vkey(GO_VKEY)])
    assert text == GO_TEXT
    assert [item.line for item in signatures] == ["".join(GO_NOTE.splitlines(keepends=True)[-1:])]


def test_a_verifier_key_is_written_as_it_was_read():
    assert Verifier.from_vkey(GO_VKEY).vkey == GO_VKEY
    assert Verifier.from_vkey(f"  {verifier(KEY).vkey}\n") == verifier(KEY)


@given(st.integers(0, len(GO_VKEY) - 1), st.characters(codec="ascii", exclude_categories=("Cc",)))
def test_one_mistyped_character_of_a_verifier_key_is_refused(place, char):
    mistyped = GO_VKEY[:place] + char + GO_VKEY[place + 1 :]
    if mistyped.strip() == GO_VKEY:
        return
    with pytest.raises(UserError):
        Verifier.from_vkey(mistyped)


def test_a_checkpoint_has_the_form_of_the_specification():
    root = base64.b64encode(bytes(range(32))).decode()
    assert CHECKPOINT.text == f"{ORIGIN}\n70000\n{root}\n"
    note = CHECKPOINT.sign(KEY)
    assert note.startswith(f"{CHECKPOINT.text}\n— {ORIGIN} ")
    assert read_checkpoint(note, [verifier(KEY)]) == CHECKPOINT


@given(st.integers(0, 400), st.integers(1, 127))
def test_one_altered_character_of_a_checkpoint_is_found(place, flip):
    note = CHECKPOINT.sign(KEY)
    place %= len(note)
    altered = note[:place] + chr(ord(note[place]) ^ flip) + note[place + 1 :]
    with pytest.raises(Damaged):
        read_checkpoint(altered, [verifier(KEY)])


def test_signatures_of_strangers_are_passed_over():
    note = CHECKPOINT.sign(KEY) + sign(CHECKPOINT.text, "other.example", OTHER).rpartition("\n\n")[2]
    assert len(split(note)[1]) == 2
    assert read_checkpoint(note, [verifier(KEY)]) == CHECKPOINT


def test_a_note_that_no_known_key_signed_is_refused():
    with pytest.raises(Damaged) as refused:
        read(CHECKPOINT.sign(KEY), [verifier(OTHER)])
    assert refused.value.code == "unsigned"


def test_a_known_key_that_signed_something_else_condemns_the_note():
    good = CHECKPOINT.sign(KEY)
    wrong = sign("other\n", "witness.example", OTHER).rpartition("\n\n")[2]
    with pytest.raises(Damaged) as refused:
        read(good + wrong, [verifier(KEY), verifier(OTHER, "witness.example")])
    assert refused.value.code == "signature"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "te\rxt\n\n— name AAAAAAAA\n",
        "te\x00xt\n\n— name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA\n\n",
        "x" * 70_000 + "\n\n— name AAAAAAAA\n",
    ],
)
def test_what_is_not_a_note_is_refused(note):
    with pytest.raises(Damaged):
        split(note)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n5\n",
        f"\n5\n{'A' * 43}=\n",
        f"origin\n05\n{'A' * 43}=\n",
        f"origin\n-5\n{'A' * 43}=\n",
        f"origin\n5\n{'A' * 42}==\n",
        f"origin\n5\n{'A' * 42}B=\n",
        f"origin\n5\n{'A' * 43}=\nextension\n",
        f"origin\n5\n{'A' * 43}=",
        f"origin\n{'9' * 17}\n{'A' * 43}=\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text):
    with pytest.raises(Damaged):
        Checkpoint.from_text(text)


@pytest.mark.parametrize(("text", "name"), [("no end", "name"), ("a\tb\n", "name"), ("a\n", "na me"), ("a\n", "")])
def test_what_cannot_be_a_note_is_not_signed(text, name):
    with pytest.raises(Damaged):
        sign(text, name, KEY)


def test_a_witness_s_cosignature_stands_beside_the_office_s():
    note = CHECKPOINT.sign(KEY)
    cosignature = cosign(note, "LOR07", OTHER, 1_763_923_200)
    witness = verifier(OTHER, "LOR07", COSIGNATURE)
    text, good = read(note + cosignature.line, [verifier(KEY), Verifier.from_vkey(witness.vkey)])
    assert text == CHECKPOINT.text
    assert [item.name for item in good] == [ORIGIN, "LOR07"]
    assert good[1].seconds == 1_763_923_200


def test_a_cosignature_with_another_time_or_on_another_checkpoint_is_wrong():
    witness = verifier(OTHER, "LOR07", COSIGNATURE)
    value = cosign(CHECKPOINT.sign(KEY), "LOR07", OTHER, 100).value
    assert witness.accepts(CHECKPOINT.text, value)
    assert not witness.accepts(CHECKPOINT.text, (101).to_bytes(8, "big") + value[8:])
    assert not witness.accepts(Checkpoint(ORIGIN, 70_001, bytes(32)).text, value)
    assert not witness.accepts(CHECKPOINT.text, value[8:])
    assert not verifier(OTHER, "LOR07").accepts(CHECKPOINT.text, value[8:])
