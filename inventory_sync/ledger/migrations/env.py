"""What Alembic runs to migrate: on the connection and in the transaction of ``database.migrate``.

Put nothing else here. There is no ``alembic.ini``: a step is written by hand and a test compares
the migrated database with ``schema``.
"""

from alembic import context

from inventory_sync.ledger.schema import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
context.run_migrations()
