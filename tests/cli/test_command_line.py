"""The command line itself: options, words, exit codes, and how fast it answers."""

import argparse
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from itinerant import argparse_es, entry
from itinerant.cli import main
from itinerant.cli.parser import VERBS
from itinerant.errors import StoreProblem
from itinerant.store.laptop import Laptop
from tests.cli.conftest import PASSPHRASE, Itinerant, make_laptop

ITINERANT = Path(sys.executable).parent / "itinerant"


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ITINERANT, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # no terminal to ask at
        env={**os.environ, **environment},
        timeout=60,
    )


def test_help_is_spanish_complete_and_loads_no_store() -> None:
    program = (
        "import sys; from itinerant.cli.main import run; code = run(['--help']);"
        "heavy = {'sqlmodel', 'sqlalchemy', 'textual', 'httpx', 'cryptography', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("uso: itinerant")
    for verb in VERBS:
        assert re.search(rf"^ +{verb} ", done.stdout, re.MULTILINE), verb


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(command: Itinerant, verb: str) -> None:
    done = command(verb, "--help")
    assert done.code == 0, done.err
    assert "--passphrase-file" in done.out
    assert not re.search(r"\b(usage|options|positional|show this|commands)\b", done.out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sesion"], "'sesion' no es una opción"),
        (["session"], "falta: ORDEN"),
        (["session", "void", "LOR07-1"], "falta: --why"),
        (["session", "list", "--limit", "0"], "no tiene la forma debida"),
        (["session", "list", "--limit"], "necesita un valor"),
        (["status", "--jso"], "no se reconoce"),
        (["record", "shoe", "list"], "no es una opción"),
        (["conflict", "resolve", "LOR07-1", "outcome", "--value", "resolved", "--why", "x"], "no es JSON"),
        (["report"], "no es una opción"),
    ],
)
def test_wrong_usage_is_told_in_spanish(command: Itinerant, arguments: list[str], says: str) -> None:
    done = command(*arguments)
    assert done.code == 2
    assert says.lower() in done.err.lower()
    assert done.out == ""


def test_every_text_of_argparse_that_a_person_can_meet_is_translated() -> None:
    source = inspect.getsource(argparse)
    texts = set(re.findall(r"(?<![a-z])_\(\s*'((?:[^'\\]|\\.)+)'|(?<![a-z])_\(\s*\"((?:[^\"\\]|\\.)+)\"", source))
    found = {(one or other).replace("\\n", "\n") for one, other in texts}
    assert "usage: " in found
    assert {text for text in found if not re.search(_FOR_PROGRAMMERS, text)} <= argparse_es.TEXTS.keys()


_FOR_PROGRAMMERS = (
    r"invalid argument for positionals|callable|__call__|with mode|cannot |conflicting|dest=|conflict_resolution"
    r"|invalid option string|must be optional|is deprecated|warning|^subcommands$"
)


def test_global_options_are_taken_anywhere(tmp_path: Path, passphrase_file: Path) -> None:
    home = tmp_path / "laptop"
    make_laptop(home)
    options = ["--home", str(home), "--passphrase-file", str(passphrase_file), "--json"]
    before = process(*options, "status")
    after = process("status", *options)
    variables = process("status", "--json", ITINERANT_HOME=str(home), ITINERANT_PASSPHRASE_FILE=str(passphrase_file))
    assert before.returncode == 0, before.stderr
    status = json.loads(before.stdout)
    assert status == json.loads(after.stdout) == json.loads(variables.stdout)
    assert status["device"] == "LOR07"
    assert status["head"]["seq"] == status["pending"] == 3
    assert {"epoch", "received_upto", "quarantined", "conflicts", "last_receipt_at", "next_try_at"} <= status.keys()
    assert {"clock_skew_ms", "last_error"} <= status.keys()


def test_a_locked_home_says_so(tmp_path: Path) -> None:
    home = tmp_path / "laptop"
    make_laptop(home)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(PASSPHRASE + " no", encoding="utf-8")
    assert process("status", "--home", str(home), "--passphrase-file", str(wrong)).returncode == 5
    nobody = process("status", "--home", str(home))
    assert nobody.returncode == 5
    assert "--passphrase-file" in nobody.stderr
    missing = process("status", "--home", str(home), "--passphrase-file", str(tmp_path / "none"))
    assert missing.returncode == 2


def test_a_folder_without_a_laptop_says_how_to_enrol(command: Itinerant, tmp_path: Path) -> None:
    done = command("status", "--home", str(tmp_path / "nothing"))
    assert done.code == 2
    assert "itinerant enrol" in done.err
    assert not (tmp_path / "nothing").exists()


def test_the_screen_needs_a_terminal(tmp_path: Path) -> None:
    make_laptop(tmp_path / "laptop")
    done = process("--home", str(tmp_path / "laptop"))
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert done.stdout == ""


def test_a_person_gets_a_slot_of_their_own(laptop: Itinerant, command: Itinerant, tmp_path: Path) -> None:
    frase = tmp_path / "frase2.txt"
    frase.write_text("otra frase distinta y larga", encoding="utf-8")
    added = laptop("person", "add", "P015", "--new-passphrase-file", str(frase))
    assert added.json["people"] == ["P014", "P015"]
    own = command("status", "--home", str(tmp_path / "laptop"), "--passphrase-file", str(frase))
    assert own.code == 0
    assert laptop("person", "add", "P016", stdin="corta\n").code == 2
    assert laptop("person", "add", "P016", stdin="una tercera frase bien larga\n").code == 0
    assert laptop("person", "add", "no vale", stdin="una tercera frase bien larga\n").code == 2


def test_a_second_program_on_the_same_home_is_told_so(laptop: Itinerant, tmp_path: Path) -> None:
    with Laptop.unlock(tmp_path / "laptop", PASSPHRASE):
        done = laptop("status", "--json")
    assert (done.code, done.out) == (1, "")
    assert "ya está abierto" in done.err
    assert laptop("status", "--json").code == 0


def test_a_disk_that_takes_no_more_ends_the_input(laptop: Itinerant, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop("visit", "open", "--stop", "LOR07-3")
    real, full = Laptop.add, StoreProblem("El disco está lleno.")
    taken: list[object] = []

    def add(self: Laptop, kind: str, values: dict[str, object]) -> str:
        taken.append(values)
        if len(taken) > 1:
            raise full
        return real(self, kind, values)

    monkeypatch.setattr("itinerant.store.laptop.Laptop.add", add)
    done = laptop("session", "add", stdin='{"service":"RENIEC-01","duration_s":9}\n' * 3)
    assert done.code == 1
    assert [(item["ok"], item.get("line")) for item in done.lines] == [(True, None), (False, 2)]
    assert "lleno" in done.err


def test_an_error_of_the_program_shows_a_code_and_no_values(laptop: Itinerant, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise KeyError("el nombre de una persona")

    monkeypatch.setattr("itinerant.store.laptop.Laptop.status", fail)
    done = laptop("status")
    assert done.code == 1
    assert "Algo falló" in done.err
    assert "KeyError-status-" in done.err
    assert "el nombre" not in done.err
    assert "Traceback" not in done.err


def test_each_error_has_its_exit_code(laptop: Itinerant, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise StoreProblem("El disco está lleno.", next_step="Libere espacio.")

    monkeypatch.setattr("itinerant.store.laptop.Laptop.status", fail)
    done = laptop("status")
    assert (done.code, done.err) == (1, "No se pudo guardar: El disco está lleno. Libere espacio.\n")


@pytest.mark.parametrize(
    ("arguments", "screen"),
    [
        ([], True),
        (["--home", "demo"], True),
        (["--home=x", "--passphrase-file", "y"], True),
        (["--help"], False),
        (["demo"], False),
        (["--home", "x", "status"], False),
    ],
)
def test_the_opening_line_is_for_the_screen_alone(arguments: list[str], screen: bool) -> None:
    assert entry.opens_the_screen(arguments) is screen


def test_version(command: Itinerant) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", command("--version").out)


def test_fault_code_names_the_last_line_of_ours() -> None:
    try:
        int("x")
    except ValueError as error:
        assert re.fullmatch(r"ValueError-test_command_line-\d+", main.fault_code(error))


def test_each_line_is_answered_before_the_next_one_comes(tmp_path: Path, passphrase_file: Path) -> None:
    """A program that records one attention and waits for its number must not wait for ever."""
    home = tmp_path / "laptop"
    make_laptop(home)
    with Laptop.unlock(home, PASSPHRASE) as opened:
        opened.open_visit({"stop": "LOR07-3"})
    words = [ITINERANT, "session", "add", "--home", home, "--passphrase-file", passphrase_file]
    session = {"service": "RENIEC-01", "duration_s": 60}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as adding:
        assert adding.stdin is not None
        assert adding.stdout is not None
        for number in (5, 6, 7):
            adding.stdin.write(json.dumps(session) + "\n")
            adding.stdin.flush()
            assert json.loads(adding.stdout.readline()) == {"ok": True, "record": f"LOR07-{number}"}
        adding.stdin.close()
        assert adding.wait(60) == 0


def test_output_that_nobody_reads_any_more_is_no_error(tmp_path: Path, passphrase_file: Path) -> None:
    home = tmp_path / "laptop"
    make_laptop(home)
    words = [ITINERANT, "record", "service", "list", "--json", "--home", home, "--passphrase-file", passphrase_file]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.wait(60) == 0
        assert listing.stderr.read() == ""
