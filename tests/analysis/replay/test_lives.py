"""When codes of a recorded run died and what revived them, against runs whose fate was written."""

import csv
import io

import numpy as np

from explorer.analysis.replay.lives import BY_ITSELF, NEVER, lives_csv
from explorer.analysis.replay.run import RecordedRun
from tests.analysis.replay.made_runs import TOKENS, WINDOW, write_run

ALL = list(range(8))
FEW = [0, 1, 2, 3]


def lives_of(folder):
    return RecordedRun(folder, "run").lives(0)


def test_a_code_dies_where_it_was_last_chosen_and_comes_back_by_what_was_logged(tmp_path):
    """4, 5 and 6 are silent from step 10 on: dead at 30, when 20 steps have gone. 5 is reseeded at 39, 4 and 6 come by
    themselves; 7 is never chosen."""
    moments = {10: [*FEW, 4, 5, 6], 20: FEW, 30: FEW, 40: [*FEW, 4, 5], 50: [*FEW, 4, 5], 60: [*FEW, 4, 5, 6]}
    events = {40: [(5, "random_latent", False)]}
    lives = lives_of(write_run(tmp_path / "run", moments, events=events))
    told = {(one.code, one.died, one.seen, one.revived, one.by) for one in lives.deaths}
    assert WINDOW == 20
    assert told == {
        (4, 10, 30, 40, BY_ITSELF),
        (5, 10, 30, 40, "reseeded at step 39 (random latent)"),
        (6, 10, 30, 60, BY_ITSELF),
        (7, NEVER, 20, NEVER, ""),
    }
    assert lives.first.tolist() == [10] * 7 + [NEVER] and lives.never == 1
    assert lives.tokens[7] == 0 and np.isclose(lives.tokens.sum(), sum(_counted(moments)))


def _counted(moments):
    before = 0
    for step, chosen in moments.items():
        yield (step - before) * TOKENS // len(chosen) * len(chosen)
        before = step


def test_the_file_has_a_row_a_death_and_one_for_each_code_that_never_died(tmp_path):
    moments = {10: ALL, 20: FEW, 30: FEW, 40: ALL, 50: FEW, 60: FEW}
    rows = list(csv.DictReader(io.StringIO(lives_csv(lives_of(write_run(tmp_path / "run", moments))).decode())))
    assert [row["code"] for row in rows] == ["0", "1", "2", "3", *"44556677"]
    assert all(row["last_chosen"] == "" and row["at_end"] == "live" for row in rows[:4])
    first, second = rows[4:6]
    assert (first["last_chosen"], first["seen_dead"], first["seen_live_again"]) == ("10", "30", "40")
    assert (second["last_chosen"], second["seen_dead"], second["seen_live_again"]) == ("40", "60", "")
    assert second["at_end"] == "dead"
