import pytest

from server.exports.export import write_export
from tests.audit.builder import ordinary


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """An office with an ordinary day in it. Nobody changes it."""
    world = ordinary(tmp_path_factory.mktemp("office") / "office")
    yield world
    world.office.close()


@pytest.fixture(scope="session")
def export(world, tmp_path_factory):
    """The export of that day."""
    path = tmp_path_factory.mktemp("export") / "export.zip"
    write_export(world.office, path)
    return path
