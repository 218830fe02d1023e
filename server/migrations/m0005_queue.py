"""Version 5: possible duplicates, as last computed, and tokens of programs that read and decide.

Frozen, like every migration; `tables.py` says what the columns mean.
"""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE duplicate (first VARCHAR NOT NULL, second VARCHAR NOT NULL, lost BOOLEAN NOT NULL, "
    "visit VARCHAR NOT NULL, scope VARCHAR NOT NULL, found_at BIGINT NOT NULL, PRIMARY KEY (first, second))",
    "CREATE INDEX ix_duplicate_visit ON duplicate (visit)",
    "CREATE TABLE token (token_hash {bytes} PRIMARY KEY, account VARCHAR NOT NULL, name VARCHAR NOT NULL, "
    "rights VARCHAR NOT NULL, made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX ix_token_account ON token (account)",
)
