"""Runs one command line: the only place that turns an error into words and an exit code.

* 0 done, 1 a check failed, 2 wrong usage or bad input, 3 refused by the other side, 4 no connection, 5 locked.
* Words for people go to standard error. A mistake of the program itself shows a code to report, never a traceback: its
  values could hold what a form held.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import TracebackType

from itinerant.cli import output
from itinerant.errors import ItinerantError
from itinerant.texts import SOURCE_LANGUAGE, _, set_language

INTERRUPTED = 130


def run(arguments: list[str]) -> int:
    """Run the command line `arguments` and return its exit code."""
    _write_utf8()
    try:
        return _run(arguments)
    except ItinerantError as error:
        output.say(str(error))
        return error.exit_code
    except BrokenPipeError:
        _drop_output()
        return 0
    except KeyboardInterrupt:
        output.say(_("Interrumpido. Lo guardado sigue guardado."))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the door of the command line: whatever is left has no words yet
        output.say(_("Algo falló: es un error del programa. Lo guardado sigue guardado."))
        output.say(_("Avise a la oficina con este código: {code}").format(code=fault_code(error)))
        return 1


def _run(arguments: list[str]) -> int:
    from itinerant.cli.parser import build

    _speak(arguments)
    parser = build(arguments)
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as leaving:  # argparse leaves after --help
        return int(leaving.code or 0)
    if asked.version:
        from importlib.metadata import version

        output.line(version("itinerant"))
        return 0
    code: int = asked.run(asked)
    return code


def _speak(arguments: list[str]) -> None:
    """Choose the language before the first word; `--lang` goes before the environment."""
    for place, word in enumerate(arguments):
        if word == "--lang":
            os.environ["ITINERANT_LANG"] = "".join(arguments[place + 1 : place + 2])
        elif word.startswith("--lang="):
            os.environ["ITINERANT_LANG"] = word.removeprefix("--lang=")
    set_language(os.environ.get("ITINERANT_LANG") or SOURCE_LANGUAGE)


def fault_code(error: BaseException) -> str:
    """Where the program failed, without any value: `KeyError-journal-88`."""
    place = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if not place or "itinerant" in path.parts:
            place = f"{path.stem}-{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}-{place}"


def _write_utf8() -> None:
    """JSON is UTF-8 and Spanish has accents, whatever the console was set to."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _drop_output() -> None:
    """Whoever read the output left (`| head`): let Python's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
