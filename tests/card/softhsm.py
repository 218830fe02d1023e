"""A token of SoftHSM2, made once a process: the real part behind PKCS#11."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.card.pki import Holder, pki

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "246810"


@cache
def module() -> str:
    """The module's path; its tokens live in a folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix="itinerant-softhsm-"))
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", encoding="ascii")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    return next(path for path in MODULES if Path(path).is_file())


@cache
def dni() -> str:
    """The module, once it has a token with a key for authenticating and one for documents, as a DNIe does."""
    made = pki()
    add("dni", made.holder, made.signer)
    return module()


def add(label: str, *holders: Holder) -> None:
    """A token with these keys and certificates."""
    path = module()
    made = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN]
    _run(made)
    for number, holder in enumerate(holders, 1):
        with tempfile.TemporaryDirectory() as folder:
            for kind, content in (("privkey", holder.key_der), ("cert", holder.der)):
                file = Path(folder) / kind
                file.write_bytes(content)
                where = ["--module", path, "--token-label", label, "--login", "--pin", PIN]
                usage = ["--usage-sign"] if kind == "privkey" else []
                _run(
                    ["pkcs11-tool", *where, "--write-object", str(file), "--type", kind, "--id", f"{number:02}", *usage]
                )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
