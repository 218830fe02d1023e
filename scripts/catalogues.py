"""Bring the translations up to date: extract the Spanish source texts, merge them, compile the result.

* `python scripts/catalogues.py` writes; with `--check` it writes nothing and fails when something would change.
* A language is a folder in `itinerant/locales` with an `itinerant.po`; to start one, make it with a header that names
  the language (`Language: CODE`) and run this. What has no translation is shown in Spanish.
* Translations and their compiled form are committed: a clean clone and a wheel show them without a step.
* No dates and no places are written into the files, so that a run without changes changes nothing.
* Code is read by its syntax tree: Babel's own reader does not see `_()` inside the braces of an f-string.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "itinerant" / "locales"
FOLDERS = ("itinerant", "server")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
DROPPED = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator): .*\\n"\n', re.MULTILINE
)
NO_DAY = datetime(1970, 1, 1, tzinfo=UTC)


def in_code(path: Path) -> Iterator[str | tuple[str, ...]]:
    """The texts (a singular with its plural) that a module marks."""
    for call in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS:
            forms = call.args[: 2 if call.func.id == "ngettext" else 1]
            words = tuple(one.value for one in forms if isinstance(one, ast.Constant) and isinstance(one.value, str))
            if any(words):
                yield words if len(words) > 1 else words[0]


def source() -> Catalog:
    """Every text that people read, as the code and the templates have it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="itinerant")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for text in in_code(path):
                found.add(text)
        for _name, _line, text, _comments, _context in extract_from_dir(ROOT / folder, methods, options, KEYWORDS):
            found.add(text)
    return found


def read(path: Path) -> Catalog:
    """A catalogue of translations, without the days that differ at each run and tell a reader nothing."""
    with path.open("rb") as file:
        catalogue = read_po(file, ignore_obsolete=True)
    catalogue.creation_date = catalogue.revision_date = NO_DAY
    return catalogue


def texts(catalogue: Catalog) -> bytes:
    """The bytes of `itinerant.po`."""
    out = io.BytesIO()
    write_po(out, catalogue, width=119, no_location=True, sort_output=True, ignore_obsolete=True)
    return DROPPED.sub("", out.getvalue().decode()).encode()


def compiled(catalogue: Catalog) -> bytes:
    """The bytes of `itinerant.mo`."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def files() -> Iterator[tuple[Path, bytes]]:
    """What every file of the translations should hold."""
    template = source()
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/itinerant.po")):
        catalogue = read(path)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        yield path, texts(catalogue)
        yield path.with_suffix(".mo"), compiled(catalogue)


def main(*, check: bool) -> int:
    """Write what changed, or name it; 1 when `check` found something to write."""
    changed = [(path, data) for path, data in files() if not path.exists() or path.read_bytes() != data]
    for path, data in changed:
        if check:
            print(f"{path.relative_to(ROOT)} no está al día: make catalogues", file=sys.stderr)
        else:
            path.write_bytes(data)
    return 1 if check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main(check="--check" in sys.argv[1:]))
