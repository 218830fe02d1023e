"""Changes of one record -> the record, its open conflicts, and the decisions that settled earlier ones.

Written apart from the program that it checks, from `docs/protocol.md`:

* A writer of a field is superseded when another writer of that field has it among its ancestors (through `base`).
* The writers left are the candidates. One distinct value: settled. Several: a conflict.
* Provisional value: CENTRAL first, then the greater depth, then the greater reference.
* An amendment made beside a void, by somebody who did not see it, speaks for `void` = false.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from itinerant.audit.archive import canonical

Fact = dict[str, Any]
"""A change, as its JSON object."""


class Dispute(NamedTuple):
    """A field with several candidates: (value, change) pairs, the provisional value, and what all had seen."""

    field: str
    base: Any
    provisional: Any
    candidates: list[Fact]


class Merged(NamedTuple):
    """A record as its changes make it. `changes` counts them; `first` made it, None while it is not here."""

    record: str
    kind: str
    values: Fact
    void: bool
    heads: list[str]
    changes: int
    first: Fact | None
    disputes: list[Dispute]


class Node(NamedTuple):
    """A change in its record's history: its bit, the bits behind it, its depth."""

    change: Fact
    bit: int
    behind: int
    depth: int


def ref_of(change: Fact) -> str:
    """`LOR07-123`."""
    return f"{change['device']}-{change['seq']}"


def ref_order(ref: str) -> tuple[str, int]:
    """Sorting key of references."""
    device, _dash, number = ref.rpartition("-")
    return device, int(number)


def merge_record(changes: Iterable[Fact]) -> Merged:
    """The record that `changes`, all of one record, make."""
    nodes = graph({ref_of(change): change for change in changes})
    return merge_nodes(nodes)


def merge_nodes(nodes: list[Node]) -> Merged:
    """The record of a history, each change after those it was based on."""
    by_ref = {ref_of(node.change): node.change for node in nodes}
    record = nodes[0].change["record"]
    smallest = by_ref[min(by_ref, key=ref_order)]
    values: Fact = {}
    disputes: list[Dispute] = []
    for name in sorted({name for node in nodes for name in node.change["set"]} - {"void"}):
        writers = [node for node in nodes if name in node.change["set"]]
        claims = [(node, node.change["set"][name]) for node in standing(writers)]
        values[name] = strongest(claims)
        if disagree(claims):
            disputes.append(dispute(name, claims, writers, None))
    void, about = void_of(nodes)
    behind = union(nodes)
    heads = sorted((ref_of(node.change) for node in nodes if not node.bit & behind), key=ref_order)
    kind = by_ref.get(smallest["record"], smallest)["kind"]
    return Merged(record, kind, values, void, heads, len(nodes), by_ref.get(record), about + disputes)


def decisions(nodes: list[Node]) -> list[tuple[Dispute, Fact]]:
    """Every dispute that a later change settled, with that change, in the order of the history."""
    found: list[tuple[Dispute, Fact]] = []
    for node in nodes:
        seen = [other for other in nodes if other.bit & node.behind]
        if len(seen) < 2 or is_line(seen):
            continue
        found += [(item, node.change) for item in merge_nodes(seen).disputes if item.field in node.change["set"]]
    return found


def is_line(nodes: list[Node]) -> bool:
    """Whether each change of a history had seen all before it: then nothing was ever in dispute."""
    bits = 0
    for node in nodes:
        if node.behind != bits:
            return False
        bits |= node.bit
    return True


def graph(by_ref: dict[str, Fact]) -> list[Node]:
    """The history in an order where each change follows its bases; cycles are broken by reference."""
    done: dict[str, Node] = {}
    for ref in topological(by_ref):
        bases = [done[base] for base in by_ref[ref]["base"] if base in done]
        behind = union(bases)
        for base in bases:
            behind |= base.bit
        depth = max((base.depth + 1 for base in bases), default=0)
        done[ref] = Node(by_ref[ref], 1 << len(done), behind, depth)
    return list(done.values())


def topological(by_ref: dict[str, Fact]) -> list[str]:
    """References, each after its bases where that is possible."""
    refs = sorted(by_ref, key=ref_order)
    waiting = {ref: sum(base in by_ref for base in by_ref[ref]["base"]) for ref in refs}
    followers: dict[str, list[str]] = {}
    for ref in refs:
        for base in by_ref[ref]["base"]:
            followers.setdefault(base, []).append(ref)
    ready = [ref for ref in reversed(refs) if not waiting[ref]]
    placed: list[str] = []
    while ready:
        ref = ready.pop()
        del waiting[ref]
        placed.append(ref)
        for follower in followers.get(ref, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    return placed + [ref for ref in refs if ref in waiting]


def union(nodes: Iterable[Node]) -> int:
    """The bits behind any of the nodes."""
    bits = 0
    for node in nodes:
        bits |= node.behind
    return bits


def standing(writers: list[Node]) -> list[Node]:
    """The writers that no other of them has behind it."""
    behind = union(writers)
    return [node for node in writers if not node.bit & behind]


def strongest(claims: list[tuple[Node, Any]]) -> Any:
    """The provisional value: CENTRAL's, else the deepest, else the greatest reference's."""
    return max(claims, key=lambda claim: rank(claim[0]))[1]


def rank(node: Node) -> tuple[bool, int, tuple[str, int]]:
    """What decides between candidates."""
    return node.change["device"] == "CENTRAL", node.depth, ref_order(ref_of(node.change))


def disagree(claims: list[tuple[Node, Any]]) -> bool:
    """Whether the candidates say different things (true is not 1)."""
    return len({canonical(value) for _node, value in claims}) > 1


def dispute(name: str, claims: list[tuple[Node, Any]], writers: list[Node], default: Any) -> Dispute:
    """The dispute about a field. Its base is the value that all candidates had seen."""
    shared = -1
    for node, _value in claims:
        shared &= node.behind
    seen = standing([node for node in writers if node.bit & shared])
    base = max(seen, key=rank).change["set"][name] if seen else default
    listed = [
        {"at": node.change["at"], "by": node.change["by"], "change": ref_of(node.change), "value": value}
        for node, value in claims
    ]
    listed.sort(key=lambda item: ref_order(item["change"]))
    return Dispute(name, base, strongest(claims), listed)


def void_of(nodes: list[Node]) -> tuple[bool, list[Dispute]]:
    """Whether the record is void, and the dispute about it."""
    writers = [node for node in nodes if "void" in node.change["set"]]
    if not writers:
        return False, []
    claims = [(node, node.change["set"]["void"]) for node in standing(writers)]
    voids = [node for node, value in claims if value is True]
    beside = [
        node
        for node in nodes
        if "void" not in node.change["set"]
        and any(not (node.bit & void.behind or void.bit & node.behind) for void in voids)
    ]
    claims += [(node, False) for node in standing(beside)]
    return strongest(claims) is True, [dispute("void", claims, writers, False)] if disagree(claims) else []
