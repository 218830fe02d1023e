"""Both verifiers at once: the installed one, and the packed file with nothing but the standard library."""

import sys
import types
from functools import cache
from unittest import mock

from itinerant.audit import verify as installed
from server.exports import verifier

ABSENT = ("orjson", "cryptography", "cryptography.exceptions", "cryptography.hazmat.primitives.asymmetric.ed25519")


@cache
def packed():
    """The packed verifier as a module, made where no library is installed."""
    module = types.ModuleType("packed_verifier")
    with mock.patch.dict(sys.modules, dict.fromkeys(ABSENT)):
        sys.modules[module.__name__] = module
        exec(compile(verifier.pack(), "verify.py", "exec"), module.__dict__)
    sys.modules[module.__name__] = module
    return module


def verify(path, key="", previous=None):
    """What both say, which is the same."""
    report = installed.verify(path, key, previous)
    assert packed().verify(path, key, previous).to_json() == report.to_json()
    return report
