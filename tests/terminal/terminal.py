"""A real terminal of 80x24 (tmux) with a program in it: press keys, read what a person would see, pull the plug."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE_S = 60.0
"""How long something may take on a busy machine before it counts as never coming."""


class Terminal:
    """A tmux server of its own, on a socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = 0

    @property
    def _socket(self) -> str:
        """Another one each time: a server that is ending may still hold the last."""
        return str(self._folder / f"tmux{self._opened}")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def run(self, program: Sequence[str], **variables: str) -> None:
        """Open the terminal with `program` in it; it stays open, dead, when the program ends."""
        self._opened += 1
        environment = {"TERM": "screen-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TMPDIR": str(self._folder)}
        environment |= variables
        names = [f"{name}={value}" for name, value in environment.items()]
        command = shlex.join(["exec", "env", *names, *program]).removeprefix("exec ")
        self._tmux("new-session", "-d", "-x", "80", "-y", "24", "-s", "day", f"exec {command}")
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    @property
    def screen(self) -> str:
        """What is on the terminal, and what its last words pushed off the top."""
        return self._tmux("capture-pane", "-p", "-S", "-", "-t", "day")

    def until(self, *words: str) -> str:
        """Wait for all these words and return the screen; fails with the screen when they do not come."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            seen = self.screen
            if all(word in seen for word in words):
                return seen
        raise AssertionError(f"{words} never came:\n{self.screen}")

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-t", "day", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names (`Enter`, `C-s`, `F1`)."""
        self._tmux("send-keys", "-t", "day", *keys)

    def ended(self) -> bool:
        """Whether the program has ended."""
        return self._tmux("display-message", "-p", "-t", "day", "#{pane_dead}").strip() == "1"

    def wait_for_the_end(self) -> None:
        """Wait until the program has ended."""
        end = time.monotonic() + PATIENCE_S
        while not self.ended():
            assert time.monotonic() < end, self.screen

    def pull_the_plug(self) -> None:
        """Kill the program as a power cut would."""
        os.kill(int(self._tmux("display-message", "-p", "-t", "day", "#{pane_pid}")), signal.SIGKILL)
        self.wait_for_the_end()
        self.close()

    def close(self) -> None:
        """End the terminal and what is in it."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)
