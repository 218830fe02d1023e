"""What a machine for the public gives out besides its screen: a voice and paper. Both are there or not.

* Programs are started with fixed arguments; what is said or printed goes in by their input, never by their arguments.
* Nothing waits for them: a voice speaks on while the screen answers, and falls silent when it is told to.
"""

from __future__ import annotations

import shutil
import subprocess
import threading

_VOICES = {"es": "es-419", "quz": "qu", "en": "en"}
"""espeak-ng's names of languages."""


class Outlets:
    """The voice and the printer of this machine. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speaking: subprocess.Popen[bytes] | None = None

    @property
    def has_voice(self) -> bool:
        """Whether espeak-ng is installed."""
        return shutil.which("espeak-ng") is not None

    @property
    def has_printer(self) -> bool:
        """Whether papers can be sent to a printer: `lp` is there."""
        return shutil.which("lp") is not None

    def say(self, text: str, language: str) -> None:
        """Speak a text, in place of what is being spoken; silence where there is no voice."""
        program = shutil.which("espeak-ng")
        self.hush()
        if program is None:
            return
        with self._lock:
            self._speaking = _start(
                [program, "-v", _VOICES.get(language, "es-419"), "-s", "140", "--stdin"], text.encode()
            )

    def hush(self) -> None:
        """Stop speaking."""
        with self._lock:
            spoken, self._speaking = self._speaking, None
        if spoken is not None:
            if spoken.poll() is None:
                spoken.kill()
            spoken.wait()

    def print_out(self, paper: bytes) -> bool:
        """Send a PDF to the printer; False where none takes it. Waits until it is handed over: call it in a worker."""
        program = shutil.which("lp")
        if program is None:
            return False
        try:
            done = subprocess.run([program, "-s"], input=paper, capture_output=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def _start(command: list[str], text: bytes) -> subprocess.Popen[bytes] | None:
    try:
        started = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert started.stdin is not None
        started.stdin.write(text)  # a screen of text: less than a pipe holds
        started.stdin.close()
    except OSError:
        return None  # no sound device, or the program went away
    return started
