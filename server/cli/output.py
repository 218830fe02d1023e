"""What commands print: JSON for scripts on standard output, words for people, and where the office is."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
import platformdirs

from server.office import Office


def folder(args: argparse.Namespace) -> Path:
    """The office's folder: `--home`, `ITINERANT_SERVER_HOME`, or the platform's place for a user's data."""
    chosen = args.home or os.environ.get("ITINERANT_SERVER_HOME")
    return Path(chosen) if chosen else platformdirs.user_data_path("itinerant-server", appauthor=False)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Office]:
    """The office, closed again at the end."""
    office = Office.open(folder(args), database_url=os.environ.get("DATABASE_URL", ""))
    try:
        yield office
    finally:
        office.close()


def answer(args: argparse.Namespace, document: Mapping[str, object], words: str) -> None:
    """The result of a command: the document with `--json`, the words without."""
    if args.json:
        line(document)
    else:
        print(words)


def line(document: Mapping[str, object]) -> None:
    """One JSON document on one line, at once."""
    print(orjson.dumps(document).decode(), flush=True)


def say(words: str) -> None:
    """A message for a person, beside the answer."""
    print(words, file=sys.stderr, flush=True)
