"""Version 7: national totals of the months that are over, and an index that counts visits without reading them.

Frozen, like every migration; `tables.py` and `folding.py` say what they mean.
"""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE rollup_month (month BIGINT NOT NULL, dim VARCHAR NOT NULL, content VARCHAR NOT NULL, "
    "PRIMARY KEY (month, dim))",
    "DROP INDEX ix_rollup_visit_day",
    "CREATE INDEX rollup_visit_days ON rollup_visit (day, brigade, visit, sessions)",
)
