"""Bring the translations up to date: extract the Spanish source texts, merge them, compile the result.

* `build/itinerant.pot` lists the source texts. It is derived, so it is not committed; a translator starts a
  language with `pybabel init -D itinerant -i build/itinerant.pot -d itinerant/locales -l CODE`.
* Translations and their compiled form are committed: a clean clone and a wheel show them without a step.
* No dates are written into the files, so that a run without changes changes nothing.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "itinerant" / "locales"
POT = ROOT / "build" / "itinerant.pot"
DATE = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date): .*\\n"\n', re.MULTILINE)


def babel(*words: str) -> None:
    """Run one babel command; a failure ends the script with babel's own message."""
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "-q", *words], check=True, cwd=ROOT)


def without_dates(path: Path) -> None:
    """Remove the dates of a catalogue: they differ at each run and tell a reader nothing."""
    path.write_text(DATE.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    """Extract, merge and compile every catalogue."""
    POT.parent.mkdir(exist_ok=True)
    folders = ["itinerant", "server"]
    babel(
        *("extract", "-F", "babel.cfg", "-k", "_ N_ ngettext:1,2", "-o", str(POT)),
        *("--project=itinerant", "--copyright-holder=Itinerant", "--no-location", "--sort-output", *folders),
    )
    without_dates(POT)
    for catalogue in sorted(LOCALES.glob("*/LC_MESSAGES/itinerant.po")):
        language = catalogue.parent.parent.name
        babel("update", "-i", str(POT), "-o", str(catalogue), "-l", language, "--no-fuzzy-matching")
        without_dates(catalogue)
        babel("compile", "-i", str(catalogue), "-o", str(catalogue.with_suffix(".mo")), "-l", language)


if __name__ == "__main__":
    main()
