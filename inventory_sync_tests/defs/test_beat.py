"""How long a tick waits."""

from datetime import UTC, datetime, timedelta

from inventory_sync.defs.beat import BEAT, LONGEST, SHORTEST, Beat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after_beats(*beats: float) -> list[timedelta]:
    """The budgets of ticks that begin so many beats after each other."""
    beat, now = Beat(), NOON
    budgets = [beat.begin(now)]
    for count in beats:
        now += count * BEAT
        budgets.append(beat.begin(now))
    return budgets


def test_a_tick_waits_as_long_as_it_may_while_no_beat_is_missed():
    assert after_beats(1, 1, 1) == [LONGEST] * 4


def test_a_missed_beat_makes_the_next_tick_shorter():
    first, second, third = after_beats(2, 2)
    assert first > second > third


def test_the_budget_comes_back_slowly_when_all_beats_are_met():
    budgets = after_beats(2, *[1] * 40)
    assert budgets[2] > budgets[1]
    assert budgets[2] - budgets[1] < timedelta(seconds=0.1)
    assert budgets[-1] == LONGEST


def test_it_never_falls_so_far_that_most_of_a_beat_is_a_gap():
    assert after_beats(*[2] * 40)[-1] == SHORTEST


def test_a_daemon_that_was_away_for_long_changes_nothing():
    assert after_beats(1, 100)[-1] == LONGEST
