"""Version 4: the totals that reports are read from. Frozen, like every migration; `rollups.py` says what they mean."""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE rollup (dim VARCHAR NOT NULL, month BIGINT NOT NULL, brigade VARCHAR NOT NULL, "
    "content VARCHAR NOT NULL, PRIMARY KEY (dim, month, brigade))",
    "CREATE TABLE rollup_visit (visit VARCHAR NOT NULL, day BIGINT NOT NULL, brigade VARCHAR NOT NULL, "
    "sessions BIGINT NOT NULL, content VARCHAR NOT NULL, PRIMARY KEY (visit, day, brigade))",
    "CREATE INDEX ix_rollup_visit_day ON rollup_visit (day)",
)
