"""Version 3: laptops witness the ledger: roots of its subtrees, to prove quickly, and what laptops cosigned.

Frozen, like every migration; `tables.py` says what the columns mean.
"""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE node (row BIGINT NOT NULL, number BIGINT NOT NULL, hash {bytes} NOT NULL, PRIMARY KEY (row, number))",
    "CREATE TABLE witness (device VARCHAR NOT NULL, size BIGINT NOT NULL, cosignature {bytes} NOT NULL, "
    "received_at BIGINT NOT NULL, PRIMARY KEY (device, size))",
)
