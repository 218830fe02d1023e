"""The public edition: small cells out, and an attacker who subtracts what can be subtracted."""

import csv
import io
import json
import random
import zipfile
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.errors import UserError
from server.exports import public
from server.exports.suppression import Row, Total, protect
from tests.audit.builder import DAY_MS, World

K = 5

cells = st.dictionaries(
    st.tuples(st.sampled_from("AB"), st.sampled_from("12"), st.sampled_from("xyz"), st.sampled_from("stuv")),
    st.integers(1, 12),
    max_size=30,
)


def total(count):
    return Total(count, count * 60)


def published(counts, k=K):
    return protect({path: total(count) for path, count in counts.items()}, k)


def meaning(rows, counts):
    """Which cells each row is about, as a reader of the labels takes it: «the others» are what no longer row has."""
    owner = {}
    for path in counts:
        longest = max((row.path for row in rows if path[: len(row.path)] == row.path), key=len, default=None)
        if longest is not None:
            owner[path] = longest
    return {row.path: frozenset(path for path, mine in owner.items() if mine == row.path) for row in rows}


def attack(queries, k):
    """Subtract every published number from every other one that contains it, and go on with what that gives.

    `queries`: (cells, count) pairs. Answers with the groups of fewer than `k` that come out.
    """
    known = dict(queries)
    for _round in range(3):
        for (small, few), (large, many) in combinations(sorted(known.items(), key=lambda item: len(item[0])), 2):
            if small < large:
                known.setdefault(large - small, many - few)
    return {group: count for group, count in known.items() if 0 < count < k}


def margins(rows, about):
    """What anybody may add up: the rows, and their sums by every beginning of a path and by the last column."""
    queries = {about[row.path]: row.total.count for row in rows}
    for depth in range(4):
        for prefix in {row.path[:depth] for row in rows if len(row.path) >= depth}:
            mine = [row for row in rows if row.path[:depth] == prefix]
            queries[frozenset().union(*(about[row.path] for row in mine))] = sum(row.total.count for row in mine)
    for service in "stuv":
        mine = [row for row in rows if row.path[3:] == (service,)]
        if mine:
            queries[frozenset().union(*(about[row.path] for row in mine))] = sum(row.total.count for row in mine)
    return queries


@given(cells)
def test_nothing_small_comes_out_by_subtracting(counts):
    rows = published(counts)
    assert attack(margins(rows, meaning(rows, counts)), K) == {}


@given(cells, st.integers(3, 20))
def test_every_row_counts_enough_and_nothing_is_counted_twice_or_lost(counts, k):
    rows = published(counts, k)
    about = meaning(rows, counts)
    assert all(row.total.count >= k for row in rows)
    for row in rows:
        assert row.total == total(sum(counts[path] for path in about[row.path]))
    everything = sum(counts.values())
    assert sum(row.total.count for row in rows) == (everything if everything >= k else 0)


@given(cells)
def test_what_is_large_by_itself_among_large_ones_is_published_as_it_is(counts):
    large = {path: count + K for path, count in counts.items()}
    assert published(large) == [Row(path, total(large[path])) for path in sorted(large)]


def test_the_attack_breaks_cells_that_are_merely_left_out_beside_totals():
    """Without complementary suppression the same attacker wins: the test above is no empty one."""
    counts = {("A", "1", "x", "s"): 20, ("A", "1", "x", "t"): 2, ("A", "1", "y", "s"): 9}
    naive = {frozenset([path]): count for path, count in counts.items() if count >= K}
    naive[frozenset(counts)] = sum(counts.values())
    naive[frozenset(path for path in counts if path[2] == "x")] = 22
    assert attack(naive, K) == {frozenset([("A", "1", "x", "t")]): 2}


# -- the edition itself

NOVEMBER = "2025-11"
AFTER = 9 * DAY_MS


def seeded(folder, seed=3):
    """A month of two brigades' work in five districts, some of them with very little."""
    some = random.Random(seed)
    world = World(folder)
    for code, places in (("LOR07", ["160301", "160302", "160303"]), ("LOR08", ["080101", "080102"])):
        laptop = world.laptop(code)
        for ubigeo in places:
            laptop.open_visit(ubigeo=ubigeo, place="Plaza")
            for _number in range(some.choice([3, 14, 40])):
                laptop.session(
                    service=some.choice(["RENIEC-01"] * 6 + ["SIS-02"] * 3 + ["ONP-01"]),
                    language=some.choice(["spa"] * 9 + ["quz"] * 3 + ["cni"]),
                    sex=some.choice(["f", "m", None]),
                    duration_s=some.randrange(60, 900),
                )
        laptop.send()
    return world


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    world = seeded(folder / "office")
    world.clock.ms += AFTER
    done = public.write_public(world.office, folder / "a.zip", NOVEMBER)
    yield world, folder / "a.zip", done
    world.office.close()


def tables(path):
    with zipfile.ZipFile(path) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def test_every_table_counts_every_attention_of_the_month_in_rows_of_five_or_more(month):
    world, path, done = month
    sent = sum(link.change.kind == "session" for laptop in world.laptops.values() for link in laptop.links)
    assert done.sessions == sent
    for name, rows in tables(path).items():
        assert sum(int(row["sessions"]) for row in rows) == sent, name
        assert all(int(row["sessions"]) >= K for row in rows), name


def test_no_column_of_numbers_stands_in_two_tables(month):
    _world, path, _done = month
    assert [name for name, rows in tables(path).items() if "seconds" in rows[0]] == ["sessions.csv"]


def test_places_are_named_and_the_small_ones_are_with_the_others(month):
    _world, path, _done = month
    rows = tables(path)["sessions.csv"]
    assert {row["department"] for row in rows} <= {"LORETO", "CUSCO", "Loreto", "Cusco", "(otros)"}
    assert any(row["service"] == "(otros)" for row in rows)


def test_the_descriptor_is_of_these_files(month):
    _world, path, _done = month
    with zipfile.ZipFile(path) as archive:
        package = json.loads(archive.read("datapackage.json"))
        readme = archive.read("LEEME.txt").decode()
    found = tables(path)
    for resource in package["resources"]:
        rows = found.pop(resource["path"])
        assert resource["rows"] == len(rows)
        assert [field["name"] for field in resource["schema"]["fields"]] == list(rows[0])
    assert found == {}
    assert "atenciones, no personas" in readme


def test_an_edition_never_changes_and_the_next_one_counts_others(tmp_path):
    world, path = seeded(tmp_path / "office"), tmp_path / "first.zip"
    world.clock.ms += AFTER
    public.write_public(world.office, path, NOVEMBER)
    first = world.laptops["LOR07"].links[1].change.ref
    for _number in range(7):
        world.laptops["LOR07"].session()
    world.laptops["LOR07"].write("session", {"void": True}, record=first, base=[first], why="se anotó dos veces")
    world.laptops["LOR07"].send()
    public.write_public(world.office, tmp_path / "again.zip", NOVEMBER)
    assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()
    world.clock.ms += 31 * DAY_MS
    december = public.write_public(world.office, tmp_path / "next.zip", "2025-12")
    assert december.sessions == 7
    world.office.close()


@pytest.mark.parametrize(
    ("month_", "k"), [("2025-12", 5), ("2025-13", 5), ("ayer", 5), (NOVEMBER, 2), (NOVEMBER, 5000)]
)
def test_what_cannot_be_published_is_refused_and_leaves_nothing(tmp_path, month_, k):
    world = World(tmp_path / "office")
    world.clock.ms = int(date(2025, 12, 5).strftime("%s")) * 1000
    with pytest.raises(UserError):
        public.write_public(world.office, tmp_path / "x.zip", month_, k)
    assert not list(tmp_path.glob("x.zip*"))
    world.office.close()


def test_fewer_than_five_attentions_are_not_published(tmp_path):
    world = World(tmp_path / "office")
    laptop = world.laptop()
    laptop.open_visit()
    for _number in range(4):
        laptop.session()
    laptop.send()
    world.clock.ms += AFTER
    with pytest.raises(UserError) as refused:
        public.write_public(world.office, tmp_path / "x.zip", NOVEMBER)
    assert refused.value.code == "too_few"
    world.office.close()
