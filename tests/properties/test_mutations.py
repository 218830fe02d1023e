"""Whether the histories would notice: merge is broken in six ways that other systems call features, each is caught.

* Clock: the latest by the laptop's clock wins, as in most systems that keep one value.
* Arrival: whoever synced last wins.
* Office: what the office says leaves no conflict behind, even if it had not seen the other value.
* Void: an annulled record stays annulled, whatever somebody was correcting meanwhile.
* Parents: only what a change was directly based on counts as seen, so that settled fields are in conflict again.
* Echo: two people who say the same are in conflict.
"""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from itinerant.domain.fields import VOID
from itinerant.domain.people import CENTRAL
from itinerant.log import merge
from itinerant.log.change import order
from tests.properties.histories import Histories

SEED = 20261123
"""Fixed: what is asked is whether these histories notice, not which others would."""

conflict, void, graph = merge._conflict, merge._void, merge._graph


def clock(patch):
    patch.setattr(merge._Node, "rank", property(lambda node: (node.change.at, order(node.change.ref))))


def arrival(patch):
    place = {}

    def noticing(unique):
        place.clear()
        place.update((ref, number) for number, ref in enumerate(unique))
        return graph(unique)

    patch.setattr(merge, "_graph", noticing)
    patch.setattr(merge._Node, "rank", property(lambda node: place[node.change.ref]))


def office(patch):
    def silent(name, standing, writers, provisional):
        if all(node.change.device != CENTRAL for node in standing):
            yield from conflict(name, standing, writers, provisional)

    patch.setattr(merge, "_conflict", silent)


def annulled(patch):
    def final(nodes):
        voided, _conflicts = void(nodes)
        return voided or any(node.change.set.get(VOID) is True for node in nodes), []

    patch.setattr(merge, "_void", final)


def parents(patch):
    def standing(writers):
        behind = {base for node in writers for base in node.change.base}
        return [node for node in writers if node.change.ref not in behind]

    patch.setattr(merge, "_standing", standing)


def echo(patch):
    counted = iter(range(10**9))
    patch.setattr(merge, "_key", lambda _value: next(counted))


@pytest.mark.parametrize("broken", [clock, arrival, office, annulled, parents, echo])
def test_the_histories_notice_a_broken_merge(broken, scene, monkeypatch):
    machine = type("Histories", (Histories,), {"scene": scene})
    chosen = settings(
        max_examples=200,
        stateful_step_count=25,
        phases=[Phase.generate],
        backend="plain",
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=r"records|conflicts"):
        run_state_machine_as_test(seed(SEED)(machine), settings=chosen)
