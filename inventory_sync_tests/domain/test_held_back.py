"""What the guard holds back leaves the plan; what the ERP's own rows tell may fall."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.domain.decision import StorePlan
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.held_back import HELD_BACK, counted_levels, hold
from inventory_sync.domain.stops import ALL_MOVES, Held, moves_of


class TestHolding:
    def rows(self, *changes):
        frame = pd.DataFrame(changes, columns=["observed_units", "quantity_units"])
        frame["action"] = ["keep" if a == b else "write" for a, b in changes]
        frame["sku"] = [f"OAK-TABLE-{at}" for at in range(len(changes))]
        return frame.assign(reason="", store_location_id="NYC-SHOP")

    def held(self, *changes, moves, counted=()):
        nothing = joined([], FINDING_COLUMNS)
        plan = StorePlan(self.rows(*changes), nothing, nothing)
        held = moves if isinstance(moves, Held) else Held.everywhere(*moves)
        return hold(plan, held, counted=counted).rows

    def test_only_the_moves_that_are_held_are_left_out(self):
        rows = self.held((9, 0), (9, 8), (9, 12), (9, 2), (9, 9), moves={"zeroed", "raised"})
        assert rows["action"].tolist() == ["hold", "write", "hold", "write", "keep"]
        assert rows["quantity_units"].tolist() == [9, 8, 9, 2, 9]
        assert rows["reason"].tolist() == [HELD_BACK, "", HELD_BACK, "", ""]

    def test_counted_levels_may_make_moves_that_others_may_not(self):
        moves = Held(counted=frozenset({"raised"}), uncounted=frozenset(ALL_MOVES))
        counted = {("NYC-SHOP", "OAK-TABLE-0"), ("NYC-SHOP", "OAK-TABLE-1")}
        rows = self.held((9, 0), (9, 12), (9, 0), moves=moves, counted=counted)
        assert rows["action"].tolist() == ["write", "hold", "hold"]

    @given(st.sets(st.sampled_from(ALL_MOVES)), st.integers(1, 30), st.integers(0, 30))
    def test_what_is_still_written_makes_no_held_move(self, moves, shown, planned):
        (row,) = self.held((shown, planned), moves=moves).to_dict("records")
        assert not moves_of(shown, row["quantity_units"]) & moves

    def test_ordinary_lowering_is_never_held(self):
        assert self.held((9, 5), moves=ALL_MOVES)["action"].tolist() == ["write"]


class TestCounted:
    PLACES = {"east": ["NYC", "EWR"], "west": ["LAX"]}  # noqa: RUF012
    STOCK = {("OAK-TABLE", "NYC"), ("OAK-TABLE", "LAX"), ("RETRO-CLOCK", "LAX")}  # noqa: RUF012

    def test_a_level_is_counted_when_there_is_a_row_at_every_location_behind_it(self):
        assert counted_levels(self.STOCK, {}, self.PLACES, ["OAK-TABLE"]) == {("west", "OAK-TABLE")}
        with_empty_shelf = self.STOCK | {("OAK-TABLE", "EWR")}
        assert len(counted_levels(with_empty_shelf, {}, self.PLACES, ["OAK-TABLE"])) == 2

    def test_a_kit_is_counted_when_all_its_parts_are(self):
        base = {"DINING-SET": {"OAK-TABLE": 1, "RETRO-CLOCK": 2}}
        assert counted_levels(self.STOCK, base, self.PLACES, ["DINING-SET"]) == {
            ("west", "DINING-SET")
        }
        no_clocks = self.STOCK - {("RETRO-CLOCK", "LAX")}
        assert counted_levels(no_clocks, base, self.PLACES, ["DINING-SET"]) == set()
