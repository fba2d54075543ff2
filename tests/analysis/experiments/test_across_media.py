"""An experiment read across media, against means and shares by hand."""

from dataclasses import replace

import pytest

from explorer.analysis.experiments.across_media import dimension_of, extremes, rows_of, sentences
from explorer.views.experiments.payload import experiment_payload
from tests.made_experiments import made_experiment


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


def test_extremes_name_what_loses_and_uses_most_and_least():
    least, most = extremes(made_experiment())
    assert least == (
        "Least is lost with Codebook loss (50.0% of the variance), most with Codebook loss (90.0%; means of 2 seeds)."
    )
    assert most == "Most codes are used by Codebook loss (62%), fewest by Codebook loss (25%)."


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
