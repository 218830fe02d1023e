"""Any order, any repetition, any accident: the same records and conflicts everywhere, nothing lost, nothing twice.

* `make test` walks 300 histories, `make soak` 20,000 (`HISTORIES=n` another number), of up to 60 steps, in parts that
  the processes of a run share.
* `make test` walks the same ones each time, so that what fails is what one changed; `make soak` looks for new ones.
* The seed is printed when a history fails; `SEED=n` walks others, or the same again.
"""

import gc
import multiprocessing
import os
import secrets
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties import template
from tests.properties.histories import Histories

USUAL = 2026
PARTS = 10
A_PART = 50
LENGTHS = {10: 6, 25: 3, 60: 1}
"""Steps of a history, and how many of ten are so long. Short ones cost little; what fails in them is easy to read."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_ends_in_agreement(scene, part):
    number = int(os.environ.get("SEED") or USUAL)
    told(walk(scene, number + part, 300 // PARTS), number)


@pytest.mark.soak
def test_very_many_histories_end_in_agreement(scene, capsys):
    """Shared among processes in parts, each with a seed that follows from the one that is printed. What one part finds
    is told at once; the others go on, because each may find something else."""
    histories = int(os.environ.get("HISTORIES", "20000"))
    number = int(os.environ.get("SEED") or secrets.randbits(32))
    say = partial(aloud, capsys)
    say(f"\n{histories} histories: SEED={number}")
    parts = range(-(-histories // A_PART))
    failed = {}
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"), initializer=settle) as pool:
        running = {pool.submit(walk, scene, number + part, A_PART): number + part for part in parts}
        for done, future in enumerate(as_completed(running), 1):
            if text := future.result():
                failed[running[future]] = text
                say(f"SEED={running[future]} HISTORIES={A_PART}\n{text}")
            if done % 10 == 0:
                say(f"{done * A_PART} walked")
    assert not failed, f"these seeds find something: {sorted(failed)}"


def settle():
    """What the imports made stays for good: looking for garbage in it again and again takes an eighth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def aloud(capsys, text):
    """Whoever waits for an hour wants to see how far it is, and whoever sees it fail needs the seed."""
    with capsys.disabled():
        print(text, flush=True)  # noqa: T201


def told(failure, number):
    """Fail with what `walk` found, and with the seed that finds it again."""
    if failure:
        pytest.fail(f"SEED={number}\n{failure}", pytrace=False)


def walk(scene, number, histories):
    """Walk histories in this process: what failed, as text with the shortest history that fails, or nothing."""
    machine = type("Histories", (Histories,), {"scene": scene})
    common = settings(backend="plain", database=None, deadline=None, suppress_health_check=list(HealthCheck))
    with template.eased():
        for steps, of_ten in LENGTHS.items():
            chosen = settings(common, max_examples=-(-histories * of_ten // 10), stateful_step_count=steps)
            try:
                run_state_machine_as_test(seed(number)(machine), settings=chosen)
            except Exception:  # noqa: BLE001 - told by the process that started this one
                return traceback.format_exc()
    return ""
