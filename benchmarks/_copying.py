"""The least that storing changes costs PostgreSQL: what intake on it is measured against."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Table, select

from itinerant.log.tree import Frontier
from server.office import Office
from server.tables import RECORDS, ChangeRow, NodeRow, ParcelRow, RollupRow, RollupVisitRow, table

LEDGER = (table(ChangeRow),)
STORED = (*LEDGER, *map(table, (NodeRow, ParcelRow, RollupRow, RollupVisitRow)), *RECORDS.values())
"""All that an office stores of changes that nobody corrects."""


def copy_and_tree(office: Office, tables: tuple[Table, ...]) -> float:
    """Changes a second when the rows of `tables`, as the office has them now, go by COPY into tables like them (keys
    and indexes too) in one transaction, and the tree is made: no parcel, no check, no merge, no total, no receipt."""
    database = office.database
    with database.reader() as connection:
        rows = {each: _rows(connection, each) for each in tables}
        leaves = list(connection.scalars(select(LEDGER[0].c.hash).order_by(LEDGER[0].c.position)))
    with database.writer() as connection:
        connection.exec_driver_sql("CREATE SCHEMA beside")
        for each in tables:
            connection.exec_driver_sql(f'CREATE TABLE beside."{each.name}" (LIKE "{each.name}" INCLUDING ALL)')
    started = time.perf_counter()
    with database.writer() as connection:
        connection.exec_driver_sql("SET LOCAL search_path TO beside")
        for each, some in rows.items():
            database.insert(connection, each, some)
        Frontier().append(leaves).root()
    seconds = time.perf_counter() - started
    with database.writer() as connection:
        connection.exec_driver_sql("DROP SCHEMA beside CASCADE")
    return len(leaves) / seconds


def _rows(connection: Connection, source: Table) -> list[tuple[object, ...]]:
    numbered = source.autoincrement_column
    columns = [column for column in source.columns if column is not numbered]
    return [tuple(row) for row in connection.execute(select(*columns))]
