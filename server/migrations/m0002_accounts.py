"""Version 2: people of the office log in: passphrase, second factor, passkeys, sessions, slowed guesses.

Frozen, like every migration; `tables.py` says what the columns mean.
"""

from __future__ import annotations

STATEMENTS = (
    "ALTER TABLE account ADD COLUMN active BOOLEAN NOT NULL DEFAULT true",
    "ALTER TABLE account ADD COLUMN passphrase VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE account ADD COLUMN totp VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE account ADD COLUMN totp_used BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN reviewed_at BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE passkey (credential {bytes} PRIMARY KEY, account VARCHAR NOT NULL, public_key {bytes} NOT NULL, "
    "uses BIGINT NOT NULL, name VARCHAR NOT NULL, added_at BIGINT NOT NULL)",
    "CREATE INDEX ix_passkey_account ON passkey (account)",
    "CREATE TABLE web_session (token_hash {bytes} PRIMARY KEY, account VARCHAR NOT NULL, verified BOOLEAN NOT NULL, "
    "challenge VARCHAR NOT NULL, started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL)",
    "CREATE INDEX ix_web_session_account ON web_session (account)",
    "CREATE TABLE guess (about {bytes} PRIMARY KEY, count BIGINT NOT NULL, until BIGINT NOT NULL)",
)
