"""A PDF of plain lines on A4, with the fonts that every reader has; the same text gives the same bytes.

PDF 1.4 (ISO 32000-1): Helvetica and Courier in WinAnsi, which holds every letter of Spanish. No date stands in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LINES = 62
"""Lines of a page."""

WIDTH = 94
"""Characters of a line in the small fixed-width font: a hash and a file's name."""

_FONTS = {"text": "F1", "bold": "F2", "code": "F3"}
_SIZES = {"text": 10, "bold": 11, "code": 8.5}
_NAMES = ("Helvetica", "Helvetica-Bold", "Courier")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, and how it looks: `text`, `bold` or `code`."""

    text: str
    style: str = "text"


Modules = Sequence[Sequence[bool]]
"""A QR code: true for dark."""

_QR_SIZE = 110
"""Points of its side: 39 mm, which a telephone reads from an arm's length."""


def write(lines: Sequence[Line], title: str, qr: Modules | None = None) -> bytes:
    """The document's bytes. Letters that WinAnsi has not become question marks. `qr` stands at the top right of the
    first page, beside lines that leave it room."""
    pages = [lines[at : at + LINES] for at in range(0, len(lines), LINES)]
    fonts = 3
    first_page = 3 + fonts
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    resources = " ".join(f"/F{number + 1} {3 + number} 0 R" for number in range(fonts))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
    ]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode() for name in _NAMES
    ]
    for number, page in enumerate(pages):
        content = _content(page, number + 1, len(pages), title)
        if qr and not number:
            content += b"\n" + _drawn(qr)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << {resources} >> >> "
            f"/Contents {first_page + 2 * number + 1} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return _file(objects)


def _content(page: Sequence[Line], number: int, count: int, title: str) -> bytes:
    out = [b"BT 12 TL 50 790 Td"]
    out += [f"/{_FONTS[line.style]} {_SIZES[line.style]} Tf ".encode() + _text(line.text) + b" Tj T*" for line in page]
    out.append(b"ET BT /F1 8 Tf 50 30 Td " + _text(f"{title} · {number}/{count}") + b" Tj ET")
    return b"\n".join(out)


def _drawn(qr: Modules) -> bytes:
    """Runs of dark modules as rectangles."""
    side = _QR_SIZE / len(qr)
    out = []
    for down, row in enumerate(qr):
        at = 0
        while at < len(row):
            length = next((n for n in range(at, len(row)) if not row[n]), len(row)) - at
            if length:
                x, y = 550 - _QR_SIZE + at * side, 800 - (down + 1) * side
                out.append(f"{x:.2f} {y:.2f} {length * side:.2f} {side + 0.05:.2f} re")
            at += max(1, length)
    return ("\n".join(out) + "\nf").encode()


def _text(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
