"""What a preset says at a moment, beside the diagnosis of that moment: constructed cases, no training."""

import re

import numpy as np
import pytest

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.moment import MEASURES, beside_bar, moment_of
from explorer.analysis.lab.reading import read_run
from explorer.joints.frame import FrameEvent
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.presets import PRESETS
from tests.analysis.lab.test_lab_diagnosis import K, frame


def said(name, frames, events=(), mended=False):
    """(the moment of that preset, its diagnosis as {title: text}) of a run made of `frames`."""
    timeline, log = Timeline(), EventLog()
    for one in frames:
        timeline.add(one)
    log.add(tuple(events))
    run = read_run(Curves(), timeline, log)
    return moment_of(PRESETS[name], run, mended), {one.title: one.text for one in found_in(run)}


@pytest.fixture
def cloud():
    """Latents (200, 2) and codes on the first K of them."""
    z = np.random.default_rng(0).normal(size=(200, 2))
    return z, z[:K].copy()


@pytest.mark.parametrize(("step", "window"), [(64, 64), (95, 95), (100, 100), (264, 100)])
@pytest.mark.parametrize("name", ["ema_overwrites", "stale_statistics", "threshold_too_high"])
def test_words_and_diagnosis_look_back_over_the_same_steps(cloud, name, step, window):
    """A code reseeded at every tenth step: the first of them at step 10."""
    at = range(10, step + 1, 10)
    events = [FrameEvent(one, 0, code, "random_latent", 0, True) for one in at for code in range(K)]
    moment, found = said(name, [frame(0, *cloud), frame(step, *cloud)], events)
    churn = found["The same codes are reseeded again and again"]
    checks = len([one for one in at if one > step - window])
    count = f"{checks * K:,} reseeds in the last {window} steps"
    assert moment.state == "plain" and moment.text.startswith(count) and churn.startswith(count)
    assert f"at each of {checks} checks" in churn
    assert name != "stale_statistics" or f"each at {checks} checks" in moment.text


def test_no_sentence_of_a_preset_has_a_number_of_steps_or_checks_that_was_not_counted():
    for one in PRESETS.values():
        for text in (one.now, one.mend.now, one.fades):
            assert not re.search(r"last \d+ steps|\d+ checks", text), text


def test_a_mend_that_begins_early_counts_the_steps_that_there_were(cloud):
    events = [FrameEvent(one, 0, code, "random_latent", 0, True) for one in (10, 20) for code in range(K)]
    moment, _ = said("ema_overwrites", [frame(0, *cloud), frame(40, *cloud)], events, mended=True)
    assert moment.text.startswith("The mend acts: 2.0 reseeds a code in 40 steps now")
    young, _ = said("ema_overwrites", [frame(0, *cloud), frame(40, *cloud)], mended=True)
    assert "the last 40 steps needed this many reseeds: 0." in young.text


@pytest.mark.parametrize("share", [0.2004, 0.204, 0.2049, 0.21, 0.35])
def test_what_is_not_mended_does_not_read_as_if_it_were(cloud, share):
    """Latents that lie beside their codes, all by the same way: its square is the error, and their variance stays."""
    _, codes = cloud
    each = np.arange(400) % K
    spread = np.sqrt(np.square(codes[each] - codes[each].mean(0)).sum(1).mean())
    z = codes[each] + [np.sqrt(share) * spread, 0]
    moment, _ = said("beta_too_low", [frame(0, z, codes, each), frame(521, z, codes, each)], mended=True)
    assert moment.state == "mending"
    now, bar = (float(text) for text in re.findall(r"([\d.]+)%", moment.text))
    assert bar == 20 and now > bar and now == pytest.approx(100 * share, rel=0.03)
    assert now == 100 * share or share in (0.2049, 0.35)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("above", [1e-6, 1e-3, 0.02, 0.4])
def test_a_figure_just_above_a_bar_is_written_above_it(name, above):
    sign = PRESETS[name].sign
    written = MEASURES[sign.measure].written
    now = beside_bar(sign.mended + above, sign.mended, written)
    assert float(now.rstrip("%")) > float(written(sign.mended, 0).rstrip("%"))
    assert beside_bar(sign.mended, sign.mended, written) == written(sign.mended, 0)


@pytest.mark.parametrize(("scale", "says"), [(1.0, None), (0.2, None), (1e-7, "14 of them at the origin")])
def test_dead_codes_are_said_to_lie_where_they_are(cloud, scale, says):
    """Codes at the scale of the first latents, on their way to the origin, and there; the latents have grown."""
    z, vectors = cloud
    now = vectors.copy()
    now[2:] *= scale
    moment, found = said("kmeans_collapse", [frame(0, z, vectors), frame(2500, 9 * z, now, dead=14)])
    lengths = [np.linalg.norm(rows, axis=1).mean() for rows in (now[2:], z, 9 * z)]
    written = [float(number) for number in re.findall(r"(?:of mean length|was|is) ([\d.]+\d)", moment.text)]
    assert moment.state == "plain" and written == pytest.approx(lengths, rel=0.05, abs=0.005)
    assert ("origin" in moment.text) == bool(says) == ("14 dead codes have slid to the origin" in found)
    assert not says or says in moment.text


@pytest.mark.parametrize(("spreads", "there"), [(1.5, False), (0.6, False), (0.3, False), (0.2, True), (0.0, True)])
def test_the_few_that_were_chosen_are_at_the_data_only_when_they_are(cloud, spreads, there):
    """One code takes all latents, from so far beside their middle."""
    z, vectors = cloud
    spread = np.sqrt(np.square(z - z.mean(0)).sum(1).mean())
    codes = vectors + 9
    codes[0] = z.mean(0)
    codes[0, 0] += spreads * spread
    moment, _ = said("far_init", [frame(0, z, vectors + 9), frame(300, z, codes, dead=K - 1)])
    assert moment.state == "plain"
    assert ("have come to the data" in moment.text) == there
    assert (f"on their way to the data, {spreads:.1f} spreads from the middle" in moment.text) == (not there)
