"""The diagnosis of a run: what is advised, and what is not."""

import re
from contextlib import suppress

import numpy as np
import pytest

from explorer.analysis.lab.advice import REMEDIES, advise
from explorer.foundation.errors import SettingsError
from explorer.joints.frame import FrameEvent
from explorer.lab.controls import CONTROLS
from explorer.lab.inert import acts
from explorer.lab.settings import LabSettings
from explorer.quantizers.lab_specs import lab_specs
from tests.analysis.lab.made_frames import K, frame, told


@pytest.mark.parametrize("quantizer", lab_specs())
@pytest.mark.parametrize("context", [{}, {"model": "none"}, {"update": "gradient"}], ids=str)
def test_only_what_is_there_and_acts_is_advised(quantizer, context):
    settings = LabSettings().changed({"quantizer": quantizer} | context)
    by_name = {control.name: control for control in CONTROLS}
    for ailment, remedies in REMEDIES.items():
        said = advise(ailment, settings)
        controls = [remedy.control for remedy in remedies if remedy.words == said]
        assert (said == "") == (not controls)
        assert not controls or acts(by_name[controls[0]], settings), (ailment, said)


def accepted(settings, name, values):
    """Those of the values that the settings take for a control."""
    taken = []
    for value in values:
        with suppress(SettingsError):
            taken.append(getattr(settings.changed({name: value}), name))
    return taken


def grid(control):
    """Values over the whole range of a control, of which both ends."""
    if control.kind == "toggle":
        return [False, True]
    if control.options:
        return [value for value, _ in control.options]
    values = (
        np.geomspace(control.lowest, control.highest, 9)
        if control.log
        else np.linspace(control.lowest, control.highest, 9)
    )
    return [round(value) for value in values] if control.step == 1 else [float(value) for value in values]


CHOSEN = {"k-means as init": ("kmeans",), "on latents": ("random_latent", "hard_example", "reservoir")}


@pytest.mark.parametrize("quantizer", lab_specs())
def test_no_advice_asks_for_what_is_done_or_cannot_be(quantizer):
    """Each control of a remedy at each end of its range, and at each option: what is said then has somewhere to go."""
    by_name, asked = {control.name: control for control in CONTROLS}, 0
    for context in ({}, {"model": "none"}, {"update": "gradient"}, {"reseeding": "split", "dead_by": "steps"}):
        base = LabSettings().changed({"quantizer": quantizer, "batch_size": 64} | context)
        for ailment, remedies in REMEDIES.items():
            for turned in {remedy.control for remedy in remedies}:
                values = grid(by_name[turned])
                ends = values if by_name[turned].options else [values[0], values[-1]]
                for value in accepted(base, turned, ends):
                    settings = base.changed({turned: value})
                    said = advise(ailment, settings)
                    if not said:
                        continue
                    control = by_name[next(one.control for one in remedies if one.words == said)]
                    now, asked = getattr(settings, control.name), asked + 1
                    tries = grid(control) + ([now - 1, now + 1] if control.step == 1 else [])
                    others = [one for one in accepted(settings, control.name, tries) if one != now]
                    if re.search("[Rr]aise|more ", said.split(":")[-1] if "raise" in said else said):
                        others = [one for one in others if one > now]
                    elif re.search("[Ll]ower |[Ff]ewer|oftener", said):
                        others = [one for one in others if one < now]
                    assert others, (ailment, said, settings)
                    for words, options in CHOSEN.items():
                        assert words not in said or now not in options, (ailment, said, settings)
                    assert "fresh statistics" not in said or not settings.fresh_statistics
                    assert "each adds a bit" not in said or quantizer in ("lfq", "bsq")
                    assert "choose a reseeding strategy" not in said or settings.reseeding == "none"
    assert asked > 20


@pytest.mark.parametrize(("threshold", "lower"), [(0.4, False), (4.0, True)])
def test_a_threshold_far_below_a_fair_share_is_not_to_be_lowered(cloud, threshold, lower):
    again = [FrameEvent(step, 0, code, "random_latent", 0, True) for step in range(410, 500, 10) for code in range(K)]
    found = told([frame(0, *cloud), frame(500, *cloud)], events=again, reseeding="random_latent", threshold=threshold)
    churn = next(one for one in found if "again and again" in one.title)
    assert ("Set the threshold" in churn.advice) == lower and churn.advice


@pytest.mark.parametrize(
    ("diversity", "words"), [(-1.0, "Raise the diversity above 0"), (1.0, "Raise the entropy weight")]
)
def test_an_entropy_term_of_the_wrong_sign_is_not_to_be_raised(diversity, words):
    settings = LabSettings().changed({"quantizer": "lfq", "diversity": diversity})
    assert advise("dead", settings).startswith(words)
    same = [advise(ailment, settings).startswith(words) for ailment in ("blunt", "worsened")]
    assert all(same) if diversity < 0 else not any(same), "a sign that is wrong is the one remedy for all that it does"


@pytest.mark.parametrize("ailment", ["frozen", "unfaithful"])
def test_a_learning_rate_well_below_the_default_is_what_is_to_be_raised(ailment):
    for rate in (1e-6, 1e-4):
        assert advise(ailment, LabSettings().changed({"lr": rate})).startswith("Raise the learning rate of the encoder")
    assert "learning rate" not in advise("frozen", LabSettings().changed({"beta": 5.0}))


@pytest.mark.parametrize("coming", [False, True])
def test_codes_that_a_strong_contrastive_loss_drives_apart_are_told_so_first(cloud, coming):
    """At weight 1 it left 14.9% of the variance after 300 steps, and at weight 0 0.95%; k-means as a start worsened it.
    Also while latents come back."""
    z, vectors = cloud
    on_the_way = [frame(400, 30 * z, 0.3 * vectors), frame(480, 28 * z, 0.3 * vectors)] if coming else []
    now = frame(500, 20 * z, 0.3 * vectors) if coming else frame(500, z, 0.02 * vectors)
    for weight, first in ((1.0, True), (0.0, False)):
        found = told([frame(0, z, vectors), frame(1, z, vectors), *on_the_way, now], contrastive=weight, beta=0.1)
        badly = next(one for one in found if one.title == "Codes fit the latents badly")
        assert badly.advice.startswith("Lower the weight of the contrastive loss") == first
    assert ("coming back" in badly.advice) == coming


@pytest.mark.parametrize("ailment", REMEDIES)
def test_without_settings_nothing_is_advised_that_only_some_runs_allow(ailment):
    said = advise(ailment, None)
    assert all(not remedy.when for remedy in REMEDIES[ailment] if remedy.words == said)


@pytest.mark.parametrize("ailment", ["blunt", "worsened"])
def test_a_slow_codebook_is_not_told_to_start_elsewhere(ailment):
    slow = LabSettings().changed({"update": "gradient", "codebook_lr": 1e-5})
    assert advise(ailment, slow).startswith("Raise the codebook learning rate: it is well below the default of 0.001")
