"""How the schema came to be, step by step; each step and its record are one transaction.

* A step that was released is never edited: the SQL below is what is on people's disks.
* Tables of records are no part of it: they are derived from the domain and can be made anew from the log
  (`views.adapt`).
* A database that knows more steps than the program is refused: an older program would lose what it cannot read.
"""

from __future__ import annotations

from itinerant.errors import StoreProblem
from itinerant.store.disk.database import Database
from itinerant.store.disk.faults import ruined
from itinerant.texts import _

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "log, drafts and what the office answered",
        (
            "CREATE TABLE meta (name VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)",
            "CREATE TABLE change (n INTEGER NOT NULL PRIMARY KEY, device VARCHAR NOT NULL, seq INTEGER NOT NULL,"
            " amends VARCHAR NOT NULL, hash BLOB NOT NULL, body BLOB, UNIQUE (device, seq))",
            "CREATE INDEX change_amends ON change (amends) WHERE amends <> ''",
            "CREATE TABLE conflict (record VARCHAR NOT NULL, field VARCHAR NOT NULL, kind VARCHAR NOT NULL,"
            " base VARCHAR NOT NULL, provisional VARCHAR NOT NULL, candidates VARCHAR NOT NULL,"
            " PRIMARY KEY (record, field))",
            "CREATE TABLE draft (key VARCHAR NOT NULL PRIMARY KEY, content VARCHAR NOT NULL, at INTEGER NOT NULL)",
            "CREATE TABLE receipt (upto INTEGER NOT NULL, arrived INTEGER NOT NULL, at INTEGER NOT NULL,"
            " PRIMARY KEY (upto, arrived))",
            "CREATE TABLE visit_total (visit VARCHAR NOT NULL PRIMARY KEY, content VARCHAR NOT NULL)",
        ),
    ),
    (
        "laptops of the brigade, and what they brought by stick",
        (
            "CREATE TABLE peer (device VARCHAR NOT NULL PRIMARY KEY, own VARCHAR NOT NULL, told INTEGER NOT NULL,"
            " head_seq INTEGER NOT NULL, head_hash BLOB NOT NULL)",
            "CREATE TABLE peer_change (device VARCHAR NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
            " counted BOOLEAN NOT NULL, n INTEGER, body BLOB, PRIMARY KEY (device, seq))",
        ),
    ),
    (
        "logs under former codes",
        (
            "CREATE TABLE former (device VARCHAR NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB,"
            " became VARCHAR NOT NULL, PRIMARY KEY (device, seq))",
        ),
    ),
    (
        "notices",
        (
            "CREATE TABLE notice (n INTEGER NOT NULL PRIMARY KEY, what VARCHAR NOT NULL, record VARCHAR NOT NULL,"
            " kind VARCHAR NOT NULL, field VARCHAR NOT NULL, change VARCHAR NOT NULL, at INTEGER NOT NULL,"
            " shown BOOLEAN NOT NULL, UNIQUE (what, record, field, change))",
        ),
    ),
    (
        "what every sync came to",
        (
            "CREATE TABLE sync_try (n INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, ended INTEGER NOT NULL,"
            " times INTEGER NOT NULL DEFAULT 1, code VARCHAR NOT NULL, sentence VARCHAR NOT NULL,"
            " safe VARCHAR NOT NULL, next_step VARCHAR NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL,"
            " bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL, automatic BOOLEAN NOT NULL)",
        ),
    ),
    (
        "the places that what is kept out had",
        ("CREATE INDEX peer_change_n ON peer_change (n) WHERE n IS NOT NULL",),
    ),
)

_OWN_TABLE = (
    "CREATE TABLE IF NOT EXISTS migration"
    " (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, at INTEGER NOT NULL)"
)


def migrate(database: Database, now_ms: int, *, new: bool = False) -> None:
    """Take the steps that are missing. Raises `StoreProblem` for a database of a later version.

    Only a `new` database may have no step at all; another one that has none lost its content: `Damaged`.
    """
    done = _done(database)
    if not done and not new:
        raise ruined(database.path)
    if done > len(MIGRATIONS):
        raise StoreProblem(
            _("Los datos son de una versión posterior del programa."),
            safe=_("Nada se cambió."),
            next_step=_("Actualice el programa en esta laptop."),
            place=str(database.path),
            code="newer_database",
        )
    for number, (name, statements) in enumerate(MIGRATIONS[done:], start=done + 1):
        with database.writer() as connection:
            connection.exec_driver_sql(_OWN_TABLE)
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("INSERT INTO migration VALUES (?, ?, ?)", (number, name, now_ms))


def _done(database: Database) -> int:
    with database.reader() as connection:
        known = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'"
        if not connection.exec_driver_sql(known).scalar_one():
            return 0
        return int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM migration").scalar_one())
