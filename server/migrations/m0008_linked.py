"""Version 8: what an identity provider calls an account.

Frozen, like every migration; `tables.py` says what the columns mean.
"""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE account ADD COLUMN linked VARCHAR NOT NULL DEFAULT ''",
    "CREATE INDEX ix_account_linked ON account (linked)",
)
