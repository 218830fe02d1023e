"""Three verifiers that others wrote, each asked the same: is this ledger what the key's owner signed?"""

import subprocess
import sys
import zipfile
from pathlib import Path

import metamorphic_log

from itinerant.log import tree
from itinerant.log.canonical import leaf_hash

HERE = Path(__file__).parent
MODULES = Path("/usr/share/gocode")
"""Where Debian puts the sources of Go's modules (golang-golang-x-mod-dev)."""


def build(folder):
    """Compile the Go program; answers with its path."""
    program = folder / "verifier"
    environment = {
        "PATH": "/usr/bin:/bin",
        "GO111MODULE": "off",
        "GOPATH": str(MODULES),
        "GOCACHE": str(Path(".cache/go").absolute()),
        "GOFLAGS": "-trimpath",
        "HOME": str(folder),
    }
    command = ["go", "build", "-o", str(program), str(HERE / "main.go")]
    subprocess.run(command, env=environment, check=True, timeout=300)
    return program


class Ledger:
    """The part of an export that is a C2SP log."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            self.note = archive.read("checkpoint").decode()
            self.lines = archive.read("changes.jsonl").split(b"\n")[:-1]
            self.tiles = {name: archive.read(name) for name in archive.namelist() if name.startswith("tile/")}


def go(program, path, key, previous=None):
    """Go's golang.org/x/mod/sumdb note and tlog."""
    command = [str(program), str(path), key, *([str(previous)] if previous else [])]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def metamorphic(path, key, previous=None):
    """PyPI's metamorphic-log (Rust)."""
    ledger = Ledger(path)
    try:
        head = metamorphic_log.checkpoint_verify(ledger.note, [key])
        fetch = tree.from_tiles(lambda tile: ledger.tiles[tile.path], head.size)
        if head.size != len(ledger.lines):
            return False
        for place, line in enumerate(ledger.lines):
            proof = tree.inclusion_proof(place, head.size, fetch)
            metamorphic_log.checkpoint_verify_inclusion(ledger.note, [key], place, leaf_hash(line), proof)
        if previous:
            older = Ledger(previous)
            size = metamorphic_log.checkpoint_verify(older.note, [key]).size
            proof = tree.consistency_proof(size, head.size, fetch)
            metamorphic_log.checkpoint_verify_consistency(older.note, ledger.note, [key], proof)
    except (metamorphic_log.VerifyError, metamorphic_log.InternalError, KeyError):
        return False
    return True


def aics(path, key, previous=None):
    """PyPI's aics-tlog, which needs Python 3.12."""
    import aics_tlog

    ledger = Ledger(path)
    resources = dict(ledger.tiles)
    for start in range(0, len(ledger.lines), 256):
        entries = ledger.lines[start : start + 256]
        resources[aics_tlog.tiles.entry_bundle_path(start // 256, None if len(entries) == 256 else len(entries))] = (
            aics_tlog.tiles.build_entry_bundle(entries)
        )
    reader = aics_tlog.MemoryTileReader(resources)
    mine = aics_tlog.parse_vkey(key)
    try:
        head = aics_tlog.verify_checkpoint(aics_tlog.parse_note(ledger.note), mine)
        if not head.ok or head.size != len(ledger.lines):
            return False
        aics_tlog.audit_tiles(reader, head.size, head.root)
        if previous:
            older = aics_tlog.verify_checkpoint(aics_tlog.parse_note(Ledger(previous).note), mine)
            proof = aics_tlog.consistency_proof_from_tiles(reader, older.size, head.size)
            return older.ok and aics_tlog.verify_consistency(older.size, head.size, older.root, head.root, proof)
    except (ValueError, OSError):
        return False
    return True


PYTHON = {"metamorphic-log": metamorphic}
if sys.version_info >= (3, 12):
    PYTHON["aics-tlog"] = aics
