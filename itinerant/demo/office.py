"""The demonstration's office: a real one, in a process of its own, asked only through its commands.

* It listens on this machine alone, on a port that was free when the demonstration was made.
* Whoever starts it stops it: `close`, or the end of the `with` block, whatever happened inside.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from itinerant.errors import NoConnection, StoreProblem
from itinerant.texts import _

HOST = "127.0.0.1"
_PROGRAM = (sys.executable, "-m", "server.main")
_READY_S = 60.0
_STOP_S = 20.0
_COMMAND_S = 300.0


class DemoOffice:
    """An office in a folder; `start` makes it answer."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where laptops find it."""
        return f"http://{HOST}:{self.port}"

    def command(self, *arguments: str, lines: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
        """Run `itinerant-server ARGUMENTS --json` with `lines` on its input and return what it answered.

        Raises `StoreProblem` with the office's own words when it fails.
        """
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        done = subprocess.run(
            [*_PROGRAM, *arguments, "--json", "--home", str(self.home)],
            input=text,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=_COMMAND_S,
            env=_environment(),
        )
        if done.returncode:
            raise _failed(" ".join(arguments[:2]), done.stderr or done.stdout)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start(self) -> None:
        """Start answering; returns once it does. What it says goes to `serve.log` beside its folder."""
        with (self.home.parent / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_PROGRAM, "serve", "--host", HOST, "--port", str(self.port), "--home", str(self.home)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,  # Ctrl+C on the screen is for the screen
            )
        self._wait(self._process)

    def stop(self) -> None:
        """Stop answering: asked first, forced if it does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + _READY_S
        while process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection((HOST, self.port), timeout=1.0).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        log = (self.home.parent / "serve.log").read_text(encoding="utf-8", errors="replace")
        self.stop()
        raise NoConnection(
            _("La oficina de demostración no arrancó: {reason}").format(reason=log.strip()[-400:]), place=self.url
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """A TCP port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _environment() -> dict[str, str]:
    """This process's environment without what would lead the office elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "ITINERANT_SERVER_HOME")}


def _failed(what: str, reason: str) -> StoreProblem:
    return StoreProblem(
        _("La oficina de demostración no pudo con «{what}»: {reason}").format(what=what, reason=reason.strip()[-400:]),
        code="demo_office",
    )
