"""Version 1: every fixed table. Frozen: a later change of `tables.py` is a later migration.

The names in braces are types whose spelling differs by database (`runner.TYPES`).
"""

from __future__ import annotations

STATEMENTS = (
    "CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
    "CREATE TABLE change (position {row_number} PRIMARY KEY, device VARCHAR NOT NULL, seq BIGINT NOT NULL, "
    "record VARCHAR NOT NULL, creates BOOLEAN NOT NULL, kind VARCHAR NOT NULL, scope VARCHAR NOT NULL, "
    "hash {bytes} NOT NULL, data {bytes} NOT NULL, received_at BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX change_place ON change (device, seq)",
    "CREATE INDEX change_amends ON change (record) WHERE NOT creates",
    "CREATE INDEX change_scope ON change (scope, position)",
    "CREATE TABLE ledger (id {row_number} PRIMARY KEY, size BIGINT NOT NULL, frontier {bytes} NOT NULL, "
    "checkpoint VARCHAR NOT NULL)",
    "CREATE TABLE chain (device VARCHAR NOT NULL, branch BIGINT NOT NULL, forked_at BIGINT NOT NULL, "
    "upto BIGINT NOT NULL, head VARCHAR NOT NULL, PRIMARY KEY (device, branch))",
    "CREATE TABLE contact (device VARCHAR PRIMARY KEY, floor BIGINT NOT NULL, seen_at BIGINT NOT NULL, "
    "by_stick BOOLEAN NOT NULL, skew_ms BIGINT, epoch BIGINT NOT NULL, asked VARCHAR NOT NULL)",
    "CREATE TABLE parcel (id {serial} PRIMARY KEY, device VARCHAR NOT NULL, first BIGINT NOT NULL, "
    "last BIGINT NOT NULL, header {bytes} NOT NULL, signature {bytes} NOT NULL, received_at BIGINT NOT NULL)",
    "CREATE INDEX ix_parcel_device ON parcel (device)",
    "CREATE TABLE quarantine (id {serial} PRIMARY KEY, device VARCHAR NOT NULL, seq BIGINT NOT NULL, "
    "branch BIGINT NOT NULL, hash {bytes} NOT NULL, record VARCHAR NOT NULL, kind VARCHAR NOT NULL, "
    "reason VARCHAR NOT NULL, field VARCHAR NOT NULL, sentence VARCHAR NOT NULL, data {bytes} NOT NULL, "
    "received_at BIGINT NOT NULL, decision VARCHAR NOT NULL, decided_at BIGINT, decided_by VARCHAR NOT NULL, "
    "why VARCHAR NOT NULL)",
    "CREATE UNIQUE INDEX quarantine_place ON quarantine (device, seq, hash)",
    "CREATE TABLE parked (id {serial} PRIMARY KEY, device VARCHAR NOT NULL, hash {bytes} NOT NULL UNIQUE, "
    "reason VARCHAR NOT NULL, data {bytes} NOT NULL, received_at BIGINT NOT NULL)",
    "CREATE TABLE conflict (record VARCHAR NOT NULL, field VARCHAR NOT NULL, kind VARCHAR NOT NULL, "
    "scope VARCHAR NOT NULL, base VARCHAR NOT NULL, provisional VARCHAR NOT NULL, candidates VARCHAR NOT NULL, "
    "opened_at BIGINT NOT NULL, PRIMARY KEY (record, field))",
    "CREATE INDEX ix_conflict_scope ON conflict (scope)",
    "CREATE TABLE roster (code VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, brigade VARCHAR NOT NULL, "
    "role VARCHAR NOT NULL)",
    "CREATE INDEX ix_roster_brigade ON roster (brigade)",
    "CREATE TABLE invitation (token_hash {bytes} PRIMARY KEY, device VARCHAR NOT NULL, expires_at BIGINT NOT NULL, "
    "used_at BIGINT, keys {bytes} NOT NULL)",
    "CREATE INDEX ix_invitation_device ON invitation (device)",
    "CREATE TABLE account (code VARCHAR PRIMARY KEY, role VARCHAR NOT NULL, link_hash {bytes} NOT NULL, "
    "link_expires_at BIGINT NOT NULL)",
    "CREATE TABLE access_log (id {serial} PRIMARY KEY, at BIGINT NOT NULL, account VARCHAR NOT NULL, "
    "action VARCHAR NOT NULL, subject VARCHAR NOT NULL, why VARCHAR NOT NULL)",
)
