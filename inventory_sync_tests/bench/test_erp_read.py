"""The ways of reading that are compared deliver the same frame."""

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect

from inventory_sync.bench.erp_read import (
    SCHEMA,
    measure,
    prepared_stock,
    read_by_copy,
    ways_to_read,
)


def test_every_way_reads_the_same_rows(database):
    with prepared_stock(database, 5_000):
        expected = read_by_copy(database)
        assert len(expected) == 5_000
        for read in ways_to_read().values():
            pd.testing.assert_frame_equal(read(database), expected, check_categorical=False)


def test_each_way_is_measured_and_nothing_is_left_behind(database):
    table = measure(database, 100)
    assert [name for name, _ in table] == list(ways_to_read())
    assert all(rows_per_second > 0 for _, rows_per_second in table)
    engine = create_engine(database)
    assert not inspect(engine).has_schema(SCHEMA)
    engine.dispose()


@pytest.mark.parametrize("way", ["COPY as CSV, parsed by pyarrow", "pandas.read_sql"])
def test_the_table_names_the_ways_that_were_weighed(way):
    assert way in ways_to_read()
