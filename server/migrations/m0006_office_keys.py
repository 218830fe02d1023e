"""Version 6: an invitation remembers which of the office's keys it tells the laptop.

Frozen, like every migration; `tables.py` says what the columns mean.
"""

from __future__ import annotations

STATEMENTS = ("ALTER TABLE invitation ADD COLUMN office_keys BIGINT NOT NULL DEFAULT 1",)
