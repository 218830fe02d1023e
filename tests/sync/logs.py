"""Logs to test with: a day's sessions and amendments, and any changes that a log may hold."""

import csv
import math
import random
import unicodedata

from hypothesis import strategies as st

from itinerant.demo.sample import correction, services_from, sessions
from itinerant.domain.kinds import KINDS
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import GENESIS, Change, Draft, seal
from itinerant.reference import starter_catalogue
from itinerant.sync.keys import DeviceKeys

DEVICE = "LOR07"
START_MS = 1_763_982_000_000


def keys_of(name):
    """Fixed keys for a name: the same in every run."""
    return DeviceKeys.from_bytes(random.Random(name).randbytes(64))


LAPTOP_KEYS = keys_of("laptop")
OFFICE_KEYS = keys_of("office")


def starter_services():
    return services_from(csv.DictReader(starter_catalogue().splitlines()))


def write(drafts, head=START, device=DEVICE, by="P014"):
    """Links of (draft, at) after `head`."""
    links = []
    for draft, at in drafts:
        link = Link.of(seal(draft, device=device, seq=head.seq + 1, prev=head.hash, by=by, at=at))
        links.append(link)
        head = link.head
    return links


def session_log(count, seed=1, head=START, device=DEVICE):
    """Sessions as a stopwatch and a person save them: some seconds after each ended."""
    rng = random.Random(seed)
    drafts = []
    for values in sessions(count, seed, START_MS, starter_services(), f"{device}-1"):
        saved = values["started_at"] + values["duration_s"] * 1_000 + int(rng.lognormvariate(math.log(9_000), 0.7))
        drafts.append((Draft("session", values), saved))
    return write(drafts, head, device)


def amendment_log(links, count, seed=1):
    """Corrections of some of the sessions of a log, after it."""
    rng = random.Random(seed)
    at = links[-1].change.at
    drafts = []
    for link in rng.sample(links, count):
        at += int(rng.lognormvariate(math.log(60_000), 0.8))
        values, why = correction(rng, link.change.set)
        drafts.append((Draft("session", values, link.change.record, (link.change.ref,), why), at))
    return write(drafts, links[-1].head)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(
    lambda text: unicodedata.normalize("NFC", text)
)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.none() | st.booleans() | integers | st.integers(0, 300) | texts | st.lists(texts, max_size=4)
devices = st.sampled_from(["LOR07", "LOR08", "CENTRAL", "A1"])
refs = st.builds("{}-{}".format, devices, st.integers(1, 9_999_999))
some_names = sorted({field.name for kind in KINDS.values() for field in kind.fields})
names = st.sampled_from(some_names) | st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)


@st.composite
def changes(draw):
    """Any change that is well formed, whatever its fields mean."""
    device, seq = draw(devices), draw(st.integers(1, 9_999_999) | st.integers(1, 30))
    own = f"{device}-{seq}"
    record = draw(st.just(own) | refs)
    base = draw(
        st.just(()) | st.just((record,)) | st.lists(refs, max_size=4).map(lambda some: tuple(sorted(set(some))))
    )
    return Change(
        device=device,
        seq=seq,
        at=draw(integers | st.integers(START_MS, START_MS + 10**9)),
        by=draw(st.sampled_from(["P014", "P015"]) | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", fullmatch=True)),
        kind=draw(st.sampled_from(sorted(KINDS)) | st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)),
        record=record,
        base=tuple(ref for ref in base if ref != own),
        set=draw(st.dictionaries(names, values, max_size=8)),
        prev=GENESIS,
        why=draw(st.just("") | texts),
        v=draw(st.just(1) | st.integers(1, 9)),
    )


@st.composite
def logs(draw, min_size=1, max_size=6):
    """A run of one device's log after some head, chained."""
    head = draw(st.just(START) | st.builds(Head, st.integers(1, 9_999), st.just("ab" * 32)))
    return head, write(draw(st.lists(st.tuples(drafts(), integers), min_size=min_size, max_size=max_size)), head)


@st.composite
def drafts(draw):
    """Any draft that a log takes."""
    record = draw(st.just("") | st.builds("LOR08-{}".format, st.integers(1, 99)))
    return Draft(
        kind=draw(st.sampled_from(sorted(KINDS))),
        set=draw(st.dictionaries(st.sampled_from(some_names), values, max_size=5)),
        record=record,
        base=(record,) if record else (),
        why=draw(st.just("") | texts),
    )
