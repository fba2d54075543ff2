"""Findings of experiments that ship were judged when these were run: they claim no more than the rules do now."""

from explorer.experiments.shelf import open_experiment, shown_experiments


def test_codes_that_were_not_seen_are_called_possibly_dead_and_no_more():
    """45 of them had said that nothing need be changed, for certain: what was certain was the count."""
    runs = [run for name in shown_experiments() for run in open_experiment(name).runs]
    found = [one for run in runs for one in run.findings if one["kind"] == "Codes not seen yet"]
    assert len(found) > 40
    for one in found:
        assert one["sure"] == "possible" and one["title"].endswith(("it may be dead", "they may be dead"))
        assert "Nothing need be changed: " not in one["try"]
