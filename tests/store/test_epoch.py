"""The witness file: what it notices, and that it never stands in the way."""

from pathlib import Path

import pytest

from itinerant.log.chain import START, Head
from itinerant.store.disk.epoch import EpochFile, Past

A, B = "aa" * 32, "bb" * 32


@pytest.fixture
def witness(tmp_path: Path) -> EpochFile:
    (tmp_path / "log.db").write_bytes(b"x")
    file = EpochFile(tmp_path / "epoch.json", tmp_path / "log.db")
    note(file, Head(5, A))
    return file


def note(file: EpochFile, head: Head) -> None:
    file.write(head)
    file.close()


def again(witness: EpochFile) -> EpochFile:
    return EpochFile(witness._path, witness._database)


def test_the_same_log_or_a_longer_one_is_the_same(witness: EpochFile) -> None:
    assert again(witness).compare(Head(5, A), A) is Past.SAME
    assert again(witness).compare(Head(9, B), A) is Past.SAME
    note(witness, Head(12, B))
    assert again(witness).read().seq == 12  # type: ignore[union-attr]
    assert again(witness).compare(Head(12, B), B) is Past.SAME


@pytest.mark.parametrize(("head", "at_mark"), [(START, None), (Head(4, B), None), (Head(7, B), B)])
def test_a_shorter_or_another_log_was_restored_and_stays_so(
    witness: EpochFile, head: Head, at_mark: str | None
) -> None:
    file = again(witness)
    assert file.compare(head, at_mark) is Past.RESTORED
    note(file, Head(8, B))
    assert again(file).compare(Head(8, B), B) is Past.RESTORED


def test_a_log_in_another_file_was_copied(witness: EpochFile) -> None:
    database = witness._database
    database.rename(database.with_name("old.db"))
    database.write_bytes(b"x")
    assert again(witness).compare(Head(5, A), A) is Past.COPIED


def test_a_copy_stays_one_until_it_is_believed(witness: EpochFile) -> None:
    database = witness._database
    database.rename(database.with_name("old.db"))
    database.write_bytes(b"x")
    file = again(witness)
    assert file.compare(Head(5, A), A) is Past.COPIED
    note(file, Head(6, B))
    file = again(file)
    assert file.compare(Head(6, B), B) is Past.COPIED
    file.believe()
    note(file, Head(6, B))
    assert again(file).compare(Head(6, B), B) is Past.SAME


def test_a_mark_of_another_code_is_a_former_one_s_or_of_a_log_that_was_put_back(witness: EpochFile) -> None:
    def as_code(code: str) -> EpochFile:
        return EpochFile(witness._path, witness._database, code)

    file = as_code("LOR07")
    file.compare(Head(4, B), None)
    note(file, Head(8, B))
    assert as_code("LOR07").compare(Head(8, B), B) is Past.RESTORED
    assert as_code("LOR09").compare(Head(1, A), None, ["LOR07"]) is Past.SAME, "it took a new code in between"
    note(as_code("LOR09"), Head(1, A))
    assert as_code("LOR07").compare(Head(8, B), A) is Past.RESTORED, "a copy from before the new code"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"seq": "x"}', b"\xff" * 600, b"null"])
def test_a_file_that_cannot_be_read_says_nothing_and_is_written_over(witness: EpochFile, content: bytes) -> None:
    witness._path.write_bytes(content)
    file = again(witness)
    assert file.compare(Head(5, A), A) is Past.UNKNOWN
    note(file, Head(6, B))
    assert again(file).compare(Head(6, B), B) is Past.SAME


def test_without_a_file_nothing_is_known(witness: EpochFile) -> None:
    witness._path.unlink()
    assert again(witness).compare(Head(5, A), A) is Past.UNKNOWN
