"""The diagnosis of a run: latents that run away, and codebooks that trail behind them or stand still."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.lab.made_frames import K, frame, titles, told


def test_latents_that_run_away_and_a_codebook_that_stands_still(cloud):
    z, vectors = cloud
    norms = np.linspace(1, 20, 40)
    start, late = [frame(0, z, vectors), frame(1, z, vectors)], range(496, 501)
    still = told(start + [frame(step, 20 * z, vectors) for step in late], norms)
    assert "stands still" in titles(still) and "learning rate" in still[0].advice
    ran = told(start + [frame(step, 20 * z, 3 * vectors) for step in late], norms)
    assert "run away" in titles(ran) and "beta" in ran[0].advice


@pytest.mark.parametrize(("before", "runs_away", "advice"), [(18, True, "beta"), (32, False, "coming back")])
def test_latents_run_away_only_while_they_grow(cloud, before, runs_away, advice):
    """20 times as long as at first, and growing still, or coming back from where they were 20 steps before."""
    z, vectors = cloud
    start = [frame(0, z, vectors), frame(1, z, vectors), frame(400, (before - 2) * z, 0.3 * vectors)]
    found = told([*start, frame(480, before * z, 0.3 * vectors), frame(500, 20 * z, 0.3 * vectors)], beta=0.1)
    assert ("run away" in titles(found)) == runs_away
    badly = next(one for one in found if one.title == "Codes fit the latents badly")
    assert advice in badly.advice and ("beta" in badly.advice) == runs_away


@pytest.mark.parametrize(("largest", "runs_away"), [(20.5, True), (22, False), (60, False)])
def test_latents_that_have_come_back_from_where_they_were_do_not_run_away(cloud, largest, runs_away):
    """They grow a little at the moment, as in the last 20 steps."""
    z, vectors = cloud
    frames = [frame(0, z, vectors), frame(1, z, vectors), frame(600, largest * z, 0.3 * vectors)]
    found = told([*frames, frame(980, 19.9 * z, 0.3 * vectors), frame(1000, 20 * z, 0.3 * vectors)], beta=0.1)
    assert ("run away" in titles(found)) == runs_away
    badly = next(one for one in found if one.title == "Codes fit the latents badly")
    assert ("coming back" in badly.advice) != runs_away and ("beta" in badly.advice) == runs_away


def test_codes_that_stood_still_are_told_so_though_they_lie_in_the_middle_of_their_latents(cloud):
    """As the slow codebook once latents lie evenly around it: k-means as a start would be left behind as well."""
    z = np.concatenate([cloud[0], -cloud[0]])
    vectors = 0.1 * np.stack([np.cos(np.arange(K)), np.sin(np.arange(K))], axis=1)
    each = np.arange(200) % K
    each = np.concatenate([each, each])  # a latent and its opposite have one code
    found = told(
        [frame(0, z, vectors, each), frame(1, z, vectors, each), frame(1000, 9 * z, vectors, each)],
        update="gradient",
        codebook_lr=1e-6,
    )
    badly = next(one for one in found if one.title == "Codes fit the latents badly")
    assert badly.advice == "Raise the codebook learning rate."


def test_codes_that_stand_still_are_told_so_whatever_one_moment_is(cloud):
    """Off centre by the median of the last 100 steps; at the last one latents happen to lie about their codes."""
    z = np.concatenate([cloud[0], -cloud[0]])
    each = np.arange(len(z)) % K
    vectors = 0.1 * np.stack([np.cos(np.arange(K)), np.sin(np.arange(K))], axis=1)
    away = 9 * z + [40, 0]
    frames = [frame(0, z, vectors, each), frame(1, z, vectors, each)]
    frames += [frame(step, away, vectors, each) for step in range(405, 500, 10)]
    assert "stands still" in titles(told([*frames, frame(500, 9 * z, vectors, each)]))
    few = [*frames[:2], *(frame(step, 9 * z, vectors, each) for step in range(405, 500, 10))]
    assert "stands still" not in titles(told([*few, frame(500, away, vectors, each)]))


def test_few_codes_in_the_middle_of_latents_that_grew_are_not_left_behind(cloud):
    """Three codes leave a good part of the variance, wherever they stand."""
    z, norms = cloud[0], np.linspace(1, 20, 40)
    each = np.arange(len(z)) % 3
    middle = np.stack([20 * z[each == k].mean(0) for k in range(3)])
    found = told(
        [frame(0, z, middle / 20, each), *(frame(step, 20 * z, middle, each) for step in range(496, 501))], norms
    )
    assert "run away" not in titles(found) and "still" not in titles(found)


def test_a_codebook_that_trails_behind(cloud):
    """The same error by codes beside the middle of their latents, and by latents that spread around them."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(K, 2)) * 9
    each = np.repeat(np.arange(K), 20)
    noise = rng.normal(size=(len(each), 2))
    start = frame(0, vectors[each] + 0.1 * noise, vectors - 0.1, each)
    trailing = told([start, frame(500, vectors[each] + 0.1 * noise + [3, 0], vectors, each)])
    assert "lags behind" in titles(trailing)
    expected = 9 / (9 + 0.01 * np.square(noise).sum(1).mean())
    shown = float(trailing[0].text.split("% of the error")[0].split()[-1]) / 100
    assert shown == pytest.approx(expected, abs=0.02)
    assert "lags" not in titles(told([start, frame(500, vectors[each] + 3 * noise, vectors, each)]))
    behind = [frame(step, vectors[each] + 0.1 * noise + [3, 0], vectors, each) for step in range(410, 490, 20)]
    assert "lags behind" in titles(told([start, *behind]))
    now = frame(500, vectors[each] + 0.1 * noise + [0.3, 0], vectors, each)
    assert "lags" not in titles(told([start, *behind, now])), "it has caught up, whatever the last 100 steps were"
    fell = [frame(step, vectors[each] + 3 * noise, vectors, each) for step in range(410, 490, 20)]
    late = frame(500, vectors[each] + 0.1 * noise + [3, 0], vectors, each)
    assert "lags" not in titles(told([start, *fell, late])), "it fell back for a moment, and had as much error before"
    fixed = told([replace(start, levels=(replace(start.levels[0], vectors=late.levels[0].vectors),)), late])
    assert "stands still" in titles(fixed) and "trail" not in fixed[0].text, "as k-means that is fitted once"
    rule = [replace(one, levels=(replace(one.levels[0], metric="implicit"),)) for one in (start, late)]
    assert "lags" not in titles(told(rule)) and "still" not in titles(told(rule)), "codes of a rule cannot follow"


def test_a_codebook_lags_behind_latents_that_circle_back_to_where_they_began():
    rng = np.random.default_rng(1)
    homes = rng.normal(size=(K, 2)) * 9
    each = np.repeat(np.arange(K), 20)
    cloud = homes[each] + 0.1 * rng.normal(size=(len(each), 2))

    def at(step, angle):
        along, behind = ([3 * np.cos(a), 3 * np.sin(a)] for a in (angle, angle - 1))
        return frame(step, cloud + along, homes + behind, each)

    found = told([at(0, 0), at(430, 2), at(460, 4), at(500, 2 * np.pi)])
    assert "lags behind" in titles(found)
    assert not any("k-means as initialization" in one.advice for one in found), "their start is not what is wrong"


def test_growth_is_from_the_first_frame_however_long_the_run(cloud):
    z, vectors = cloud
    for steps in (300, 1200, 3000):
        grown = [frame(0, z, 0.2 * vectors), frame(1, z, 0.2 * vectors), frame(steps, 9 * z, 0.2 * vectors)]
        found = told(grown, norms=np.linspace(5, 12, steps // 10))
        assert "Latents grew 9.0x since the run began" in found[0].text, found
        assert not any("k-means as initialization" in one.advice for one in found), "they were left behind"


def test_a_frozen_encoder(cloud):
    z, vectors = cloud
    nothing = np.zeros_like(z, dtype=np.float32)
    frozen = told([frame(0, z, vectors, outputs=nothing), frame(500, 1.1 * z, vectors, outputs=nothing)])
    assert "hardly moves" in titles(frozen)
    assert "hardly moves" not in titles(told([frame(0, z, vectors), frame(500, 1.1 * z, vectors)]))


def test_latents_that_come_back_are_not_still_said_to_run_away(cloud):
    """They grew until step 480 and have come back by a tenth since: what was plain is over, and the advice says so."""
    z, vectors = cloud
    lengths = {0: 1.0, 1: 1.0} | {step: 20 * step / 480 for step in range(400, 481, 8)}
    lengths |= {step: 20 - (step - 480) / 12 for step in range(488, 505, 8)}
    frames = [frame(step, length * z, (0.1 if step < 2 else 0.3) * vectors) for step, length in lengths.items()]
    before, after = (told([one for one in frames if one.step <= step], beta=0.1) for step in (480, 504))
    assert "run away" in titles(before)
    badly = next(one for one in after if one.title == "Codes fit the latents badly")
    assert "coming back" in badly.advice and "run away" not in titles(after)
