"""The direction of imports: the contracts of `pyproject.toml`, and what a process really loads."""

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Distributions that touch a disk, a network, a screen or a card; each costs start-up time too.
HEAVY = (
    "textual",
    "rich",
    "sqlmodel",
    "sqlalchemy",
    "sqlcipher3",
    "sqlite3",
    "pydantic",
    "httpx",
    "fastapi",
    "uvicorn",
    "smartcard",
    "pkcs11",
    "pyhanko",
    "psycopg",
    "server",
)


SIGNING = {"pyhanko", "pyhanko_certvalidator", "pkcs11", "signxml", "lxml", "asn1crypto", "aiohttp"}
"""Half a second of imports that only signatures need."""


def loaded_by(modules: Sequence[str]) -> set[str]:
    """Top-level names in `sys.modules` after a fresh process imported `modules`."""
    program = f"import sys, {', '.join(modules)}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def modules_of(package: str) -> list[str]:
    """Every module of a package, by its files, so that a new one is covered at once."""
    folder = ROOT / package.replace(".", "/")
    assert folder.is_dir(), folder
    files = (path.relative_to(ROOT) for path in folder.rglob("*.py") if path.stem != "__init__")
    return sorted(".".join(path.with_suffix("").parts) for path in files)


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["itinerant.domain", "itinerant.log"])
def test_the_pure_packages_load_nothing_that_touches_the_world(package: str) -> None:
    modules = modules_of(package)
    assert modules, f"{package} is empty"
    assert not loaded_by(modules) & set(HEAVY)


def test_the_first_screen_waits_for_no_network_card_or_office() -> None:
    loaded = loaded_by(["itinerant.tui.app"])
    assert "textual" in loaded
    assert not loaded & {"httpx", "smartcard", "server", "fastapi", "uvicorn", "sqlmodel", "sqlalchemy", *SIGNING}


def test_what_signs_and_checks_is_loaded_when_somebody_does() -> None:
    ports = [
        "itinerant.cli.desk",
        "itinerant.cli.sign",
        "itinerant.cli.check_signature",
        "itinerant.tui.screens.signing",
    ]
    assert not loaded_by([*ports, "server.app", "server.cli.arguments"]) & SIGNING


def test_cards_and_signatures_wait_until_they_are_used() -> None:
    loaded = loaded_by(["itinerant.cli.screen", "itinerant.cli.desk", "itinerant.store.laptop"])
    assert not loaded & {"smartcard", "pkcs11", "pyhanko", "pyhanko_certvalidator", "asn1crypto", "lxml", "signxml"}


def test_the_entry_point_loads_only_the_standard_library() -> None:
    before = loaded_by(["sys"])
    assert loaded_by(["itinerant.entry"]) - before <= sys.stdlib_module_names | {"itinerant"}


INITS = [*sorted(ROOT.glob("itinerant/**/__init__.py")), *sorted(ROOT.glob("server/**/__init__.py"))]


@pytest.mark.parametrize("path", INITS, ids=[str(path.relative_to(ROOT)) for path in INITS])
def test_a_package_runs_nothing_when_imported(path: Path) -> None:
    """A statement in `__init__` is paid by everyone who imports anything below it."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    docstring = body[:1] if body and isinstance(body[0], ast.Expr) else []
    assert body == docstring, f"line {body[-1].lineno}"
