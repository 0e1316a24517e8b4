"""Building the demo ERP in an empty PostgreSQL database, and telling whether it is there.

Put what happens once here. Keep what happens daily out: that is ``acme.py``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files

from sqlalchemy import Connection, Engine, column, create_engine, insert, table, text

from inventory_sync.sandbox.company.seed import write_books
from inventory_sync.sandbox.company.seed_books import Row


class CompanyExists(Exception):
    """The database holds a demo ERP already."""


def create(database: Engine | str, *, seed: int, now: datetime) -> None:
    """Build the demo ERP in one transaction: schema, seeded rows, then triggers.

    ``database`` is an engine or a ``postgresql+psycopg`` URL of a database that is there. The same
    ``seed`` and ``now`` (with a time zone) give the same company. Raises ``CompanyExists`` rather
    than touch a demo ERP that people have worked in.
    """
    books = write_books(seed, now)
    with engine_of(database) as engine, engine.begin() as connection:
        refuse_existing(connection)
        run_script(connection, "schema.sql")
        for table_name, rows in books.rows.items():
            _insert(connection, table_name, rows)
        finish(connection)


def finish(connection: Connection) -> None:
    """Add what comes after the rows: indexes, and triggers, so that history makes no events."""
    for script in ("indexes.sql", "parts.sql", "triggers.sql", "requests.sql"):
        run_script(connection, script)
    connection.execute(text("ANALYZE"))


def exists(database: Engine | str) -> bool:
    """Whether the database holds the demo ERP; ``create`` leaves it whole or not at all."""
    with engine_of(database) as engine, engine.connect() as connection:
        return _is_there(connection)


def refuse_existing(connection: Connection) -> None:
    """Raise ``CompanyExists`` if there is a demo ERP."""
    if _is_there(connection):
        raise CompanyExists(
            "The database holds a demo ERP already: use it, or drop the database first."
        )


def _is_there(connection: Connection) -> bool:
    schema = connection.execute(text("SELECT to_regnamespace('erp_contract')")).scalar()
    return schema is not None


@contextmanager
def engine_of(database: Engine | str) -> Iterator[Engine]:
    """The engine as given, or one for the URL that is disposed of at the end."""
    if isinstance(database, Engine):
        yield database
        return
    engine = create_engine(database)
    try:
        yield engine
    finally:
        engine.dispose()


def run_script(connection: Connection, name: str) -> None:
    """Run a file of this folder, straight by the driver: SQLAlchemy runs one statement only."""
    script = files(__package__).joinpath(name).read_text(encoding="utf-8")
    connection.connection.cursor().execute(script)


def _insert(connection: Connection, table_name: str, rows: Sequence[Row]) -> None:
    target = table(table_name, *(column(name) for name in rows[0]), schema="acme")
    connection.execute(insert(target), rows)
