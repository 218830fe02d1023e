"""`itinerant-server` as people and scripts run it: words in, answers on standard output, an exit code."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from server.main import main

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "server.main")


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document that it printed."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The documents that it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(home: Path, *arguments: str, stdin: str = "") -> Done:
    """Run one command to its end, in this process: one of its own would cost most of a second of imports."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin.encode()))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["--home", str(home), *arguments])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.stdin = before
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def starting(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command while it runs."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PROGRAM, "--home", str(home), *arguments], stdout=pipe, stderr=pipe, text=True, cwd=ROOT
    ) as it:
        yield it


@dataclass
class Service:
    """A running `serve`."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(home: Path) -> Iterator[Service]:
    """The service while the block runs; it ends in order."""
    process = subprocess.Popen(
        [*PROGRAM, "--home", str(home), "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    out: IO[str] | None = process.stdout
    assert out is not None
    with out:
        try:
            yield Service(process, json.loads(out.readline())["url"])
        finally:
            process.terminate()
            process.wait()
