"""zstd (RFC 8878), with bounds that a hostile frame cannot talk its way out of.

* One frame without checksum: the envelope's signature covers every bit.
* Primed with `dictionary-1.bin` (raw content, no dictionary number in the frame): a day's ten sessions shrink by a
  third, a thousand by a fortieth. It is part of suite 1 for ever.
* The frame's own idea of its size is never believed: it is read in small steps and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

import zstandard

from itinerant.errors import Damaged
from itinerant.sync.limits import Limits
from itinerant.texts import _

_LEVEL = 19
_FAST_LEVEL = 9
_FAST_FROM = 1 << 20
"""Above this many bytes level 19 costs seconds and gains little."""

_STEP = 128
"""Compressed bytes fed at once: at most some 4 MiB come out of them before they are counted."""


@cache
def dictionary() -> zstandard.ZstdCompressionDict:
    """What bodies repeat: names of fields, choices, codes of the starter catalogue (`scripts/dictionary.py`)."""
    content = (resources.files("itinerant.sync") / "dictionary-1.bin").read_bytes()
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def compress(blocks: Iterable[bytes], window: int) -> bytes:
    """One frame; each block begins a zstd block of its own, so that it gets an entropy table of its own."""
    parts = list(blocks)
    size = sum(map(len, parts)) + len(dictionary())
    settings = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL if size < _FAST_FROM else _FAST_LEVEL,
        # As large as the content, no larger: clearing the tables of a large window costs 60 ms, whatever is in it.
        window_log=min(window.bit_length() - 1, size.bit_length()),
        source_size=size,
        write_content_size=0,
        write_checksum=0,
        write_dict_id=0,
    )
    stream = zstandard.ZstdCompressor(compression_params=settings, dict_data=dictionary()).compressobj()
    output = []
    for part in parts[:-1]:
        output.append(stream.compress(part))
        output.append(stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
    output.append(stream.compress(parts[-1]))
    output.append(stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH))
    return b"".join(output)


def decompress(data: bytes, limits: Limits) -> bytes:
    """The content of exactly one frame. Raises `Damaged` for a bomb, a cut frame or bytes after it."""
    allowed = min(limits.plain, limits.free + limits.ratio * len(data))
    stream = zstandard.ZstdDecompressor(dict_data=dictionary(), max_window_size=limits.window).decompressobj()
    output, size = [], 0
    try:
        for start in range(0, len(data), _STEP):
            if stream.eof:
                raise Damaged(_("Sobran bytes después del contenido comprimido."), code="compression")
            part = stream.decompress(data[start : start + _STEP])
            size += len(part)
            if size > allowed:
                raise Damaged(_("El contenido se expande más de lo permitido."), code="bomb")
            output.append(part)
    except zstandard.ZstdError as error:
        raise Damaged(_("El contenido comprimido no se puede leer."), code="compression") from error
    if not stream.eof or stream.unused_data:
        raise Damaged(_("El contenido comprimido está cortado o le sobran bytes."), code="compression")
    return b"".join(output)
