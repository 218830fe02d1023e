"""The template of the histories, in memory where the system has such a folder: the disk is not what is tested here."""

import tempfile
from pathlib import Path

import pytest

from tests.properties import template
from tests.properties.world import World

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")  # it eases what the rest of the tests must find as it is
def scene():
    """An office and the homes of its laptops, to be copied for each history."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        place = Path(folder) / "scene"
        with template.eased():
            template.make(place)
            World.begin(place)
            yield place
