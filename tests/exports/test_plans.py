"""What an export asks for each amended record is found by an index: its cost does not grow with the ledger's."""

from sqlalchemy import event

from server import ledger
from server.exports.source import EVERYTHING, Source


def test_no_question_about_one_record_reads_the_whole_ledger(world):
    asked = []
    with world.office.database.reader() as connection:
        source = Source(connection, ledger.size(connection), EVERYTHING)

        def heard(_connection, _cursor, statement, parameters, _context, _many):
            asked.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", heard)
        record = sorted(source.amended())[0]
        assert len(source.history(record)) > 1
        event.remove(connection, "before_cursor_execute", heard)
        assert len(asked) == 3
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert all("INDEX change_" in row[3] for row in plan if "change" in row[3]), (statement, plan)
