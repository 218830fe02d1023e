"""Each device's chain: its changes follow one from the other, and lead to heads that the device signed.

* `prev` of each change is the hash of the device's change before it, be it in the ledger or set apart (quarantine).
* A change is covered when a signed head comes after it on its chain: then the device itself vouches for its bytes.
* The office's own changes (CENTRAL) have no other signature than the checkpoint's. Its numbers leap when a copy of its
  database was put back; `prev` does not.
"""

from __future__ import annotations

from typing import NamedTuple

from itinerant.audit.report import Report

CENTRAL = "CENTRAL"
GENESIS = bytes(32)


class Kept(NamedTuple):
    """A change that the office set apart: its hash, the hash of the one before it, and the branch that it is on."""

    hash: bytes
    prev: bytes
    branch: int


class Chains:
    """What is known of every device's log. `add` changes of the ledger, `set_apart` the others, then ask."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[int, bytes]] = {}
        """Hash of each change of the ledger, by device and number."""
        self.apart: dict[tuple[str, int], list[Kept]] = {}
        self.branched: set[tuple[str, int]] = set()
        """Changes of the ledger that come from a copied laptop's branch."""
        self._odd: dict[tuple[str, int], bytes] = {}
        self._loose: list[tuple[int, str, int, bytes]] = []

    def add(self, row: int, device: str, seq: int, prev: bytes, leaf: bytes, report: Report) -> None:
        """Take the next change of the ledger; `prev`: the hash that it says was before it."""
        log = self.devices.setdefault(device, {})
        if seq in log:
            report.add("fork", "Hay dos cambios con el mismo número.", "changes.jsonl", row, f"{device}-{seq}")
            return
        log[seq] = leaf
        if prev != (log.get(seq - 1) if seq > 1 else GENESIS):
            self._loose.append((row, device, seq, prev))

    def set_apart(self, device: str, seq: int, kept: Kept) -> None:
        """Take a change of the quarantine list."""
        self.apart.setdefault((device, seq), []).append(kept)

    def join(self, report: Report) -> list[tuple[int, str, int, bytes]]:
        """Find what each change follows; answers with those whose previous change is nowhere in the export."""
        nowhere = []
        for row, device, seq, prev in self._loose:
            before = self.devices[device].get(seq - 1) if seq > 1 else GENESIS
            apart = [kept.hash for kept in self.apart.get((device, seq - 1), [])]
            if prev == before:
                continue
            self._odd[device, seq] = prev
            if prev in apart or (device == CENTRAL and prev == self._before(seq)):
                continue
            if before is None and not apart and seq > 1:
                nowhere.append((row, device, seq, prev))
            else:
                report.add("chain", "No sigue al cambio anterior del equipo.", "changes.jsonl", row, f"{device}-{seq}")
        return nowhere

    def _before(self, seq: int) -> bytes | None:
        """Hash of the office's own change before that number: it leaps over numbers after a copy was put back."""
        log = self.devices[CENTRAL]
        return log.get(max((number for number in log if number < seq), default=0))

    def end_of(self, device: str) -> int:
        """The last number of the device's first branch."""
        recorded = (seq for seq in self.devices.get(device, ()) if (device, seq) not in self.branched)
        apart = (
            seq for (other, seq), kept in self.apart.items() if other == device and any(not k.branch for k in kept)
        )
        return max((*recorded, *apart), default=0)

    def known(self, device: str, seq: int, hash_: bytes) -> bool:
        """Whether the device's log had this head."""
        if seq == 0:
            return hash_ == GENESIS
        return self.devices.get(device, {}).get(seq) == hash_ or any(
            kept.hash == hash_ for kept in self.apart.get((device, seq), [])
        )

    def uncovered(self, device: str, heads: dict[int, set[bytes]]) -> list[int]:
        """Numbers of the device's changes in the ledger that no signed head comes after."""
        log = self.devices.get(device, {})
        bare: list[int] = []
        reached: set[bytes] = set()
        for seq in range(max([*log, *heads], default=0), 0, -1):
            reached |= heads.get(seq, set())
            mine = log.get(seq)
            if mine is not None and mine not in reached:
                bare.append(seq)
            before = set()
            for hash_ in reached:
                if hash_ == mine:
                    before.add(self._odd.get((device, seq)) or log.get(seq - 1, b""))
                else:
                    before |= {kept.prev for kept in self.apart.get((device, seq), []) if kept.hash == hash_}
            reached = before
        return bare[::-1]
