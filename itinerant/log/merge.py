"""Merge: changes of one record -> the record and its conflicts. Pure, and the same everywhere.

* A writer of a field is superseded when another writer of that field has it among its ancestors (through `base`).
* The writers left are the field's candidates. One distinct value: settled. Several: a conflict, every candidate kept.
* The provisional value follows a fixed rule that no clock and no arrival order can change: CENTRAL first, then the
  greater depth, then the greater reference.
* Voiding a record while somebody else amends it is a conflict about `void`.
* A base that is not here yet counts as already behind its author; bases that form a cycle count as not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from itinerant.domain.fields import VOID, Value
from itinerant.domain.people import CENTRAL
from itinerant.log.change import Change, order


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the values that nobody has superseded, and who wrote it when (`at`: ms, that laptop's clock)."""

    value: Value
    change: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field with several candidates. `base` is the value that all candidates had seen, or None."""

    record: str
    kind: str
    field: str
    base: Value
    provisional: Value
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A conflict as it was, and the change that settled it: the last word on that field."""

    conflict: Conflict
    change: Change


@dataclass(frozen=True, slots=True)
class Record:
    """A record as its changes make it. `heads` is the base of the next change; `missing`, bases that are not here."""

    ref: str
    kind: str
    values: Mapping[str, Value]
    void: bool
    heads: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Node:
    change: Change
    bit: int
    ancestors: int
    """Bit set of the changes behind this one, itself excluded."""
    depth: int

    @property
    def rank(self) -> tuple[bool, int, tuple[str, int]]:
        return self.change.device == CENTRAL, self.depth, order(self.change.ref)


def merge(changes: Iterable[Change]) -> Record:
    """The record that `changes` make; they all name one record, in any order, repeated or not.

    A lone creating change, by far the usual case, is answered without building the graph.
    """
    unique = {change.ref: change for change in changes}
    if len(unique) == 1:
        (only,) = unique.values()
        if only.creates and not only.base:
            own = dict(only.set)
            void = own.pop(VOID, False)
            return Record(only.record, only.kind, own, void is True, (only.ref,))
    nodes = _graph(unique)
    first = nodes[0].change
    fields = sorted({name for node in nodes for name in node.change.set if name != VOID})
    values: dict[str, Value] = {}
    conflicts: list[Conflict] = []
    for name in fields:
        writers = [node for node in nodes if name in node.change.set]
        standing = _standing(writers)
        values[name] = max(standing, key=lambda node: node.rank).change.set[name]
        conflicts.extend(_conflict(name, standing, writers, values[name]))
    void, about_void = _void(nodes)
    behind = _union(nodes)
    return Record(
        ref=first.record,
        kind=_kind(unique),
        values=values,
        void=void,
        heads=tuple(sorted((node.change.ref for node in nodes if not node.bit & behind), key=order)),
        conflicts=(*about_void, *conflicts),
        missing=tuple(sorted({ref for change in unique.values() for ref in change.base} - unique.keys(), key=order)),
    )


def _kind(unique: Mapping[str, Change]) -> str:
    """The kind that the creating change gave; while that one is not here, the smallest reference's."""
    some = min(unique.values(), key=lambda change: order(change.ref))
    return unique.get(some.record, some).kind


def _graph(unique: Mapping[str, Change]) -> list[_Node]:
    """Nodes in an order where each follows its bases; ties and cycles are broken by reference."""
    unique = dict(sorted(unique.items(), key=lambda item: order(item[0])))
    done: dict[str, _Node] = {}
    for change in _topological(unique):
        bases = [done[ref] for ref in change.base if ref in done]
        done[change.ref] = _Node(
            change=change,
            bit=1 << len(done),
            ancestors=_union(bases) | reduce(or_, (node.bit for node in bases), 0),
            depth=max((node.depth + 1 for node in bases), default=0),
        )
    return list(done.values())


def _topological(unique: Mapping[str, Change]) -> Iterator[Change]:
    waiting = {ref: sum(base in unique for base in change.base) for ref, change in unique.items()}
    followers: dict[str, list[str]] = {}
    for ref, change in unique.items():
        for base in change.base:
            followers.setdefault(base, []).append(ref)
    ready = sorted((ref for ref, count in waiting.items() if not count), key=order, reverse=True)
    while ready:
        ref = ready.pop()
        del waiting[ref]
        yield unique[ref]
        for follower in followers.get(ref, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    yield from (unique[ref] for ref in sorted(waiting, key=order))


def _union(nodes: Iterable[_Node]) -> int:
    return reduce(or_, (node.ancestors for node in nodes), 0)


def _standing(writers: list[_Node]) -> list[_Node]:
    """The writers that no other writer has among its ancestors."""
    behind = _union(writers)
    return [node for node in writers if not node.bit & behind]


def _conflict(name: str, standing: list[_Node], writers: list[_Node], provisional: Value) -> Iterator[Conflict]:
    candidates = [(node, node.change.set[name]) for node in standing]
    if len({_key(value) for _node, value in candidates}) > 1:
        yield _as_conflict(name, candidates, _common(name, standing, writers), provisional)


def _common(name: str, standing: list[_Node], writers: list[_Node]) -> Value:
    """The value that all candidates had seen: the standing one among the writers behind every candidate."""
    shared = reduce(lambda seen, node: seen & node.ancestors, standing, -1)
    behind = _standing([node for node in writers if node.bit & shared])
    return max(behind, key=lambda node: node.rank).change.set[name] if behind else None


def _void(nodes: list[_Node]) -> tuple[bool, list[Conflict]]:
    """Whether the record is void, and the conflict about it. An amendment made beside a void speaks for `false`."""
    writers = [node for node in nodes if VOID in node.change.set]
    if not writers:
        return False, []
    standing = _standing(writers)
    candidates: list[tuple[_Node, Value]] = [(node, node.change.set[VOID]) for node in standing]
    voids = [node for node in standing if node.change.set[VOID] is True]
    beside = [
        node
        for node in nodes
        if VOID not in node.change.set
        and any(not (node.bit & void.ancestors or void.bit & node.ancestors) for void in voids)
    ]
    candidates.extend((node, False) for node in _standing(beside))
    provisional = max(candidates, key=lambda pair: pair[0].rank)[1]
    if len({_key(value) for _node, value in candidates}) == 1:
        return provisional is True, []
    base = _common(VOID, [node for node, _value in candidates], writers) is True
    return provisional is True, [_as_conflict(VOID, candidates, base, provisional)]


def _as_conflict(name: str, candidates: list[tuple[_Node, Value]], base: Value, provisional: Value) -> Conflict:
    first = candidates[0][0].change
    listed = sorted(
        (Candidate(value, node.change.ref, node.change.by, node.change.at) for node, value in candidates),
        key=lambda candidate: order(candidate.change),
    )
    return Conflict(first.record, first.kind, name, base, provisional, tuple(listed))


def _key(value: Value) -> str:
    """Values as they are told apart: true is not 1, and a list is its contents in order."""
    return json.dumps(value)


def settled(changes: Iterable[Change], ref: str) -> list[Conflict]:
    """The conflicts that the change `ref` found open and wrote over, as its author saw them; `changes` are all of the
    record's that are known."""
    nodes = _graph({change.ref: change for change in changes})
    node = next((node for node in nodes if node.change.ref == ref), None)
    return [] if node is None else [found for name in node.change.set for found in _seen_by(node, name, nodes)]


def decisions(changes: Iterable[Change]) -> list[Decision]:
    """The decisions that stand: what was in conflict, and the last change of that field settled it."""
    nodes = _graph({change.ref: change for change in changes})
    found: list[Decision] = []
    for name in sorted({name for node in nodes if node.change.base for name in node.change.set}):
        standing = _standing([node for node in nodes if name in node.change.set])
        if len({_key(node.change.set[name]) for node in standing}) > 1 or (name == VOID and _void(nodes)[1]):
            continue
        last = max(standing, key=lambda node: node.rank)
        found.extend(Decision(conflict, last.change) for conflict in _seen_by(last, name, nodes))
    return found


def _seen_by(node: _Node, name: str, nodes: list[_Node]) -> Iterator[Conflict]:
    """The conflict about a field among what is behind a change, if there was one."""
    behind = [each for each in nodes if each.bit & node.ancestors]
    if name == VOID:
        yield from _void(behind)[1]
        return
    writers = [each for each in behind if name in each.change.set]
    if len(writers) > 1:
        standing = _standing(writers)
        provisional = max(standing, key=lambda each: each.rank).change.set[name]
        yield from _conflict(name, standing, writers, provisional)


def before(decision: Decision) -> Value:
    """What undoing a decision goes back to: the value that was shown until then; the other one, if the decision took
    that; the first of the others, if there were several."""
    values = [decision.conflict.provisional, *(item.value for item in decision.conflict.candidates)]
    now = _key(decision.change.set[decision.conflict.field])
    return next((value for value in values if _key(value) != now), decision.conflict.provisional)


def history(changes: Iterable[Change]) -> list[Change]:
    """The changes of one record, each after what it was based on: how a person reads them."""
    return [node.change for node in _graph({change.ref: change for change in changes})]
