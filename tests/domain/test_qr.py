"""A QR code in half blocks is the same code."""

from __future__ import annotations

from itinerant.domain import qr


def test_half_blocks_hold_every_module() -> None:
    modules = qr.matrix("ITINERANT ACTA LOR07-1 LOR07 123")
    lines = qr.half_blocks(modules)
    dark = {"█": (False, False), "▄": (True, False), "▀": (False, True), " ": (True, True)}
    rows: list[list[bool]] = []
    for line in lines:
        rows += [[dark[sign][half] for sign in line] for half in (0, 1)]
    size = len(modules)
    inner = [row[qr.QUIET : qr.QUIET + size] for row in rows[qr.QUIET : qr.QUIET + size]]
    assert inner == modules
    assert not any(any(row) for row in rows[: qr.QUIET] + rows[qr.QUIET + size :])
    assert not any(row[0] or row[-1] for row in rows)


def test_it_fits_beside_text_at_80_by_24() -> None:
    lines = qr.half_blocks(qr.matrix(f"ITINERANT ACTA LOR07-1234 LOR07 1234 {'A' * 32}"))
    assert len(lines) <= 20
    assert len(lines[0]) <= 40
