"""The command `itinerant-server`: reads the words, runs one command, answers with the exit code of the contract."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from itinerant.errors import ItinerantError
from itinerant.texts import _
from server.cli.arguments import build

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 refused, 4 try later."""
    args = build().parse_args(argv)
    module, _colon, name = args.run.partition(":")
    try:
        run: Callable[[object], int] = getattr(import_module(module), name)
        return run(args)
    except ItinerantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our answer has gone; there is nobody to tell
        return FAILED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        logging.getLogger("itinerant.server").debug("unexpected", exc_info=error)
        print(_("Algo falló: {kind}. Nada quedó a medias.").format(kind=type(error).__name__), file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
