"""What the operating system must not keep of this process: no core dump with a key or a note in it."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4
"""`prctl(2)`: with 0 the kernel writes no core dump and lets no other process of the same user read our memory."""


def forbid_core_dumps() -> None:
    """Ask for no core dumps from here on; called before the first key is in memory. Windows keeps none by default."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        # A pipe as core_pattern ignores the limit; this it respects.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
