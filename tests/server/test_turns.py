"""Who is turned away is told when to come back, and finds a place then, whatever came in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from itinerant.errors import NoConnection
from server.api.queue import KEPT_S, LONGEST_S, Queue


class Time:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """Requests that stay at work until they are let go."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._doors: list[threading.Event] = []
        self._tasks: list[asyncio.Task[bool]] = []

    async def come(self, who: str) -> float:
        """Seconds after which `who` should come back; 0 when it found a place."""
        door = threading.Event()
        task = asyncio.create_task(self.queue.run(door.wait, who))
        await asyncio.sleep(0)
        if task.done():
            with pytest.raises(NoConnection) as told:
                task.result()
            assert told.value.retry_after is not None
            return told.value.retry_after
        self._doors.append(door)
        self._tasks.append(task)
        return 0

    async def go(self) -> None:
        """Let the one go that came first."""
        self._doors.pop(0).set()
        assert await self._tasks.pop(0)

    async def all_go(self) -> None:
        while self._doors:
            await self.go()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def crowd(time: Time) -> Crowd:
    return Crowd(Queue(workers=1, waiting=1, clock=time))


def working(time: Time, seconds: float) -> Callable[[], None]:
    """Work that takes so long by the clock."""

    def work() -> None:
        time.now += seconds

    return work


async def at_a_pace(crowd: Crowd, time: Time, seconds: float) -> None:
    """Let the office have worked at that pace for long."""
    for _time in range(100):
        await crowd.queue.run(working(time, seconds))


async def test_each_is_told_to_come_a_turn_later_than_the_one_before_at_the_pace_of_late(
    crowd: Crowd, time: Time
) -> None:
    await at_a_pace(crowd, time, 5.0)
    assert [await crowd.come(name) for name in ("a", "b")] == [0, 0]
    assert [await crowd.come(name) for name in ("c", "d", "e")] == [5, 10, 15]
    await crowd.all_go()


async def test_an_office_that_is_quick_asks_for_a_second(crowd: Crowd, time: Time) -> None:
    await at_a_pace(crowd, time, 0.01)
    assert [await crowd.come(name) for name in ("a", "b", "c", "d")] == [0, 0, 1, 1]
    await crowd.all_go()


async def test_a_turn_is_kept_from_those_who_have_none(crowd: Crowd, time: Time) -> None:
    await at_a_pace(crowd, time, 5.0)
    assert [await crowd.come(name) for name in ("a", "b", "c")] == [0, 0, 5]
    time.now += 5
    await crowd.go()  # a place is free, and it is c's
    assert await crowd.come("a") > 0
    assert await crowd.come("c") == 0
    await crowd.all_go()


async def test_a_turn_is_not_kept_for_ever(crowd: Crowd, time: Time) -> None:
    await at_a_pace(crowd, time, 5.0)
    assert [await crowd.come(name) for name in ("a", "b", "c")] == [0, 0, 5]
    time.now += 5 + KEPT_S + 1
    await crowd.go()
    assert await crowd.come("a") == 0
    await crowd.all_go()


async def test_who_comes_in_its_turn_and_finds_no_place_keeps_its_order(crowd: Crowd, time: Time) -> None:
    await at_a_pace(crowd, time, 5.0)
    assert [await crowd.come(name) for name in ("a", "b", "c", "d")] == [0, 0, 5, 10]
    time.now += 10
    assert await crowd.come("d") == 10
    assert await crowd.come("c") == 5
    await crowd.all_go()


async def test_nobody_is_told_to_wait_longer_than_a_laptop_would(crowd: Crowd, time: Time) -> None:
    await at_a_pace(crowd, time, 60.0)
    await crowd.come("a")
    await crowd.come("b")
    assert max([await crowd.come(f"x{number}") for number in range(20)]) == LONGEST_S
    await crowd.all_go()


async def test_names_that_nobody_has_take_at_most_half_of_the_places(time: Time) -> None:
    crowd = Crowd(Queue(workers=1, waiting=3, clock=time))
    for name in ("a", "b", "c", "d", *(f"x{number}" for number in range(50))):
        await crowd.come(name)
    time.now += 20
    await crowd.go()
    await crowd.go()
    await crowd.go()
    assert await crowd.come("honest") == 0
    await crowd.all_go()
