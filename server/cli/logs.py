"""What the service writes about itself: a line for people, or a JSON document a line for whoever collects them.

Neither holds a person, an address or a content: requests are told by method, known path, status, bytes and time.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import orjson


class JsonLines(logging.Formatter):
    """A record as one line of JSON. What a record carries as `request` is told by its names."""

    def format(self, record: logging.LogRecord) -> str:
        """`at` (UTC), `level`, `from`, and `text` or the request; an unforeseen error with its trace."""
        document: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
        }
        request = getattr(record, "request", None)
        document |= request if isinstance(request, dict) else {"text": record.getMessage()}
        if record.exc_info:
            document["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(document).decode()


def begin(*, as_json: bool) -> None:
    """Write from now on to standard error."""
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonLines() if as_json else plain)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
