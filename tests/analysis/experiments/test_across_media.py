"""An experiment read across media, against means and shares by hand."""

import itertools
import math
from dataclasses import replace

import pytest

from explorer.analysis.experiments.across_media import dimension_of, extremes, rows_of, sentences
from explorer.joints.experiment import Condition, Experiment
from explorer.views.experiments.payload import experiment_payload
from tests.made_experiments import made_experiment, run_of


def test_rows_are_means_over_the_seeds_with_their_ends():
    rows = {(row.modality, row.condition): row for row in rows_of(made_experiment())}
    assert list(rows) == [("image", "plain"), ("image", "none"), ("audio", "plain"), ("audio", "none")]
    lost = rows["image", "plain"].measures["media_error"]
    assert (lost.mean, lost.low, lost.high) == pytest.approx((0.5, 0.4, 0.6))
    cost = rows["image", "plain"].measures["cost"]  # of each seed over the bare network of that seed
    assert (cost.low, cost.high) == pytest.approx((0.3, 0.4))
    assert "cost" not in rows["image", "none"].measures
    assert rows["audio", "plain"].measures["used"].low == 4 and rows["audio", "plain"].measures["used"].high == 6


def test_a_failure_is_one_that_every_seed_has():
    rows = {(row.modality, row.condition): row for row in rows_of(made_experiment())}
    assert rows["image", "plain"].failures == ("Dead codes",)  # the giant code was there with one seed only
    assert rows["audio", "plain"].failures == ("Dead codes", "A giant code")
    assert [one["level"] for one in rows["image", "plain"].findings] == ["bad", "warning", "note"]


def test_a_kind_of_one_word_is_told_by_its_title():
    made = made_experiment()
    range_ = {"level": "bad", "title": "Decodes are too quiet", "kind": "Range", "text": "", "sure": "", "try": ""}
    runs = tuple(replace(run, findings=(range_,)) if run.modality == "audio" else run for run in made.runs)
    assert 'On sounds: "Decodes are too quiet".' in sentences(replace(made, runs=runs))[0]


def test_sentences_tell_what_is_shared_from_what_is_a_mediums_own():
    assert sentences(made_experiment()) == (
        "Codebook loss: codes in use of 16, pictures 2, sounds 4 to 6 (2 seeds). "
        'On every medium: "Dead codes". On sounds also: "A giant code".',
    )


THREE = tuple(Condition(name, name.upper(), "Made.") for name in "abc")


def race(lost, used, seeds=3):
    """Each of a, b, c with its two losses and counts of used codes of 8; further seeds are as the first of them."""
    runs = [
        run_of("image", one.id, seed, [5] * codes + [0] * (8 - codes), loss)
        for one in THREE
        for seed, (loss, codes) in enumerate(
            [*zip(lost[one.id], used[one.id], strict=True)]
            + [(lost[one.id][0], used[one.id][0])] * (seeds - len(lost[one.id]))
        )
    ]
    return Experiment("race", "Made", "Which?", THREE, tuple(runs))


def test_extremes_are_named_where_their_ranges_meet_no_other():
    told = race({"a": (0.1, 0.2), "b": (0.21, 0.4), "c": (0.5, 0.5)}, {"a": (2, 3), "b": (4, 5), "c": (6, 8)})
    assert extremes(told) == (
        "Least is lost with A (10.0% to 20.0% of the variance over 3 seeds), next comes B (21.0% to 40.0%).",
        "Most is lost with C (50.0% of the variance over 3 seeds), next comes B (21.0% to 40.0%).",
        "The largest share is used by C (75.0% to 100.0% of its codes over 3 seeds), next comes B (50.0% to 62.5%).",
        "The smallest share is used by A (25.0% to 37.5% of its codes over 3 seeds), next comes B (50.0% to 62.5%).",
    )


def test_no_extreme_is_named_inside_the_noise_of_the_seeds():
    """c is third by its mean, yet its range meets that of a; ends that are equal meet."""
    noisy = race({"a": (0.1, 0.3), "b": (0.3, 0.4), "c": (0.2, 0.9)}, {"a": (2, 3), "b": (4, 5), "c": (5, 8)})
    assert extremes(noisy) == (
        "The seeds do not tell which loses least: the range of A (10.0% to 30.0% of the variance over 3 seeds) meets "
        "those of B (30.0% to 40.0%), C (20.0% to 90.0%).",
        "The seeds do not tell which loses most: the range of C (20.0% to 90.0% of the variance over 3 seeds) meets "
        "those of B (30.0% to 40.0%), A (10.0% to 30.0%).",
        "The seeds do not tell which uses the largest share: the range of C (62.5% to 100.0% of its codes over 3 "
        "seeds) meets that of B (50.0% to 62.5%).",
        "The smallest share is used by A (25.0% to 37.5% of its codes over 3 seeds), next comes B (50.0% to 62.5%).",
    )
    third = race({"a": (0.1, 0.3), "b": (0.31, 0.32), "c": (0.3, 0.9)}, {"a": (1, 1), "b": (1, 1), "c": (1, 1)})
    assert "meets that of C (30.0% to 90.0%)" in extremes(third)[0], "not of the next by its mean alone"


@pytest.mark.parametrize("lost", [(0.2, math.nan), (math.nan, 0.2), (0.2, math.inf)])
def test_no_extreme_is_named_beside_what_has_no_number(lost):
    """NaN sorts anywhere and meets nothing, so that it would win, or let the one before it win."""
    nothing = race({"a": (0.1, 0.1), "b": lost, "c": (0.5, 0.6)}, {"a": (2, 3), "b": (4, 5), "c": (6, 8)})
    assert extremes(nothing)[:2] == (
        "It is not known which loses least: B has no finite number.",
        "It is not known which loses most: B has no finite number.",
    )
    assert "The largest share is used by C" in extremes(nothing)[2]
    assert experiment_payload(nothing)["rows"][1]["texts"]["media_error"] == "\N{EN DASH}"


def test_seeds_are_counted_by_condition_and_two_tell_nothing():
    """Of two and two equal ones, 2 of the 6 orders have ranges apart; of three and three, 2 of 20."""
    orders = [set(first) for first in itertools.combinations(range(6), 3)]
    apart = sum(max(one) < min(set(range(6)) - one) or min(one) > max(set(range(6)) - one) for one in orders)
    assert (apart, len(orders)) == (2, 20)
    lost, used = {"a": (0.1, 0.2), "b": (0.21, 0.4), "c": (0.5, 0.6)}, {"a": (2, 3), "b": (4, 5), "c": (6, 8)}
    two = race(lost, used, seeds=2)
    assert len(extremes(two)) == 1 and extremes(two)[0].startswith("Two seeds do not tell")
    five = race(lost, used, seeds=5)
    uneven = replace(five, runs=tuple(run for run in five.runs if run.condition != "b" or run.seed < 3))
    assert "over 3 to 5 seeds" in extremes(uneven)[0]
    short = replace(five, runs=tuple(run for run in five.runs if run.condition != "b" or run.seed < 2))
    assert extremes(short) == extremes(two), "one condition with two seeds is told as such"


def test_one_seed_and_one_condition_have_no_extremes():
    single = race({"a": (0.1,), "b": (0.3,), "c": (0.9,)}, {"a": (2,), "b": (4,), "c": (8,)}, seeds=1)
    assert extremes(single) == ("One seed has no range, so it does not tell which loses or uses most.",)
    alone = replace(single, runs=single.runs[:1])
    assert extremes(alone) == ()


def test_the_effective_dimension_is_that_of_the_axes_alone():
    assert dimension_of({"axis_1": 2.0, "axis_2": 2.0, "axis_3": 0.0}) == pytest.approx(2)
    assert dimension_of({"axis_1": 3.0, "axis_2": 1.0, "used": 9}) == pytest.approx(16 / 10)
    assert dimension_of({"axis_1": 0.0}) == 0 == dimension_of({"used": 9})


def test_the_page_gets_texts_with_both_ends_and_a_dash_for_what_does_not_apply():
    payload = experiment_payload(made_experiment())
    first, bare = payload["rows"][0], payload["rows"][1]
    assert first["texts"]["used"] == "2 of 16" and first["texts"]["media_error"] == "40.0% to 60.0%"
    assert first["texts"]["cost"] == "+30.0 to +40.0" and first["texts"]["repeated"] == "\N{EN DASH}"
    assert bare["texts"]["used"] == bare["texts"]["cost"] == "\N{EN DASH}" and bare["values"]["used"] is None
    assert first["findings"][0] == {
        "level": "bad", "title": "6 of 8 codes are dead", "text": "Six.", "try": "Reseed.", "sure": "certain",
    }  # fmt: skip
    said = " ".join(payload["made"])
    assert "8 trainings, 8 minutes in all, on no machine" in said and "measured on 5 held out" in said
