"""Brings a database to this program's version, on SQLite and PostgreSQL alike.

* A migration is a list of statements; it and the row that records it are one transaction.
* Record tables follow the domain's declarations: what a newer declaration adds (a kind, a field, an index) is added
  here too, and nothing is ever dropped.
* A database of a newer program is refused untouched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, inspect, select
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from itinerant.errors import StoreProblem
from itinerant.texts import _
from server.migrations import (
    m0001_start,
    m0002_accounts,
    m0003_witnesses,
    m0004_rollups,
    m0005_queue,
    m0006_office_keys,
    m0007_months,
    m0008_linked,
)
from server.tables import RECORDS, Meta, table

MIGRATIONS: Sequence[Sequence[str]] = (
    m0001_start.STATEMENTS,
    m0002_accounts.STATEMENTS,
    m0003_witnesses.STATEMENTS,
    m0004_rollups.STATEMENTS,
    m0005_queue.STATEMENTS,
    m0006_office_keys.STATEMENTS,
    m0007_months.STATEMENTS,
    m0008_linked.STATEMENTS,
)
"""Version n is at index n - 1."""

TYPES: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"bytes": "BLOB", "serial": "INTEGER", "row_number": "INTEGER"},
    "postgresql": {"bytes": "BYTEA", "serial": "BIGSERIAL", "row_number": "BIGINT"},
}

_RECORDS = "records"
_meta = table(Meta)


def migrate(connection: Connection) -> None:
    """Apply what is missing, inside the caller's transaction (one writer at a time)."""
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY, name VARCHAR NOT NULL)"
    )
    done: int = connection.exec_driver_sql("SELECT coalesce(max(version), 0) FROM migration").scalar_one()
    if done > len(MIGRATIONS):
        raise StoreProblem(
            _("La base de datos es de una versión más nueva del programa (esquema {n}).").format(n=done),
            next_step=_("Actualice el programa; no se tocó nada."),
            code="newer_database",
        )
    types = TYPES[connection.dialect.name]
    for version, statements in enumerate(MIGRATIONS[done:], start=done + 1):
        for statement in statements:
            connection.exec_driver_sql(statement.format_map(types))
        connection.exec_driver_sql(f"INSERT INTO migration VALUES ({version}, 'm{version:04}')")  # noqa: S608 - an integer
    _follow_declarations(connection)


def _follow_declarations(connection: Connection) -> None:
    declared = _fingerprint()
    known = connection.scalar(select(_meta.c.value).where(_meta.c.name == _RECORDS))
    if known == declared:
        return
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    for wanted in RECORDS.values():
        if wanted.name not in present:
            connection.execute(CreateTable(wanted))
            missing = set(wanted.indexes)
        else:
            columns = {column["name"] for column in inspector.get_columns(wanted.name)}
            for column in wanted.columns:
                if column.name not in columns:
                    spelled = CreateColumn(column).compile(dialect=connection.dialect)
                    connection.exec_driver_sql(f"ALTER TABLE {wanted.name} ADD COLUMN {spelled}")
            indexes = {index["name"] for index in inspector.get_indexes(wanted.name)}
            missing = {index for index in wanted.indexes if index.name not in indexes}
        for index in missing:
            connection.execute(CreateIndex(index))
    connection.execute(_meta.delete().where(_meta.c.name == _RECORDS))
    connection.execute(_meta.insert().values(name=_RECORDS, value=declared))


def _fingerprint() -> str:
    """Changes when any declared column does."""
    columns = sorted(
        f"{column.table.name}.{column.name}:{column.index}" for t in RECORDS.values() for column in t.columns
    )
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()
