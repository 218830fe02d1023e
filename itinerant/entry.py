"""The way in: says a first word at once, then goes to the screen or to a command.

* Standard library only, and nothing imported before the opening line: on an old laptop what comes next takes a while,
  and a person must see that the program heard.
"""

from __future__ import annotations

import sys

OPENING_LINE = "Itinerant · abriendo el cuaderno…"
_WITH_VALUE = ("--home", "--passphrase-file", "--lang")


def main() -> int:
    """Run the program with the process's arguments and return its exit code."""
    arguments = sys.argv[1:]
    if opens_the_screen(arguments) and sys.stdout.isatty():
        print(OPENING_LINE, flush=True)
    from itinerant.cli.main import run

    return run(arguments)


def opens_the_screen(arguments: list[str]) -> bool:
    """Whether the arguments hold global options alone: no command, no request for help."""
    rest = iter(arguments)
    for argument in rest:
        if argument in _WITH_VALUE:
            next(rest, None)
        elif not argument.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
