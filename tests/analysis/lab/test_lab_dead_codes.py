"""The diagnosis of a run: dead codes, where they lie, reseeds, and codes that lie on each other."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.joints.frame import UNSEEN, FrameEvent
from tests.analysis.lab.made_frames import BATCH, K, frame, titles, told


def test_dead_codes_are_counted_with_steps_latents_and_ceiling(cloud):
    found = told([frame(0, *cloud), frame(2000, *cloud, dead=10)])
    assert found[0].level == "bad" and found[0].title == "10 of 16 codes dead"
    assert found[0].text.startswith(
        "10 of 16 codes dead at step 2,000: not chosen in the last 20 training steps (1,280 latents)"
    )
    assert "of at most 16" in found[0].text
    assert "of 4.0 bits" in found[0].text and "reseeding" in found[0].advice


def test_codes_of_a_rule_are_not_to_be_reseeded(cloud):
    shown = frame(2000, *cloud, dead=10)
    rule = replace(shown, levels=(replace(shown.levels[0], metric="implicit"),))
    (only,) = told([frame(0, *cloud), rule], quantizer="fsq")
    assert (
        only.title == "10 of 16 codes dead"
        and only.advice == "Choose fewer values an axis: the codes follow from them."
    )


def test_dead_codes_at_the_origin_are_named_and_those_elsewhere_are_not(cloud):
    z, start = cloud
    vectors = start.copy()
    vectors[6:] *= 1e-7
    shown = frame(2000, z, vectors, dead=10)
    slid = told([frame(0, z, start), shown])
    assert "10 dead codes have slid to the origin" in titles(slid) and "shrinks to 0" in slid[1].text
    assert "start" not in slid[0].text
    moved = told([frame(0, z, start), shown], update="gradient")
    assert "10 dead codes have slid to the origin" in titles(moved), "that is measured; why it is so is not"
    assert not any("fade" in one.text or "Laplace" in one.text for one in moved)
    vectors[6:] = [1e-7, 0.5]
    assert "slid" not in titles(told([frame(0, z, start), frame(2000, z, vectors, dead=10)]))


def test_a_code_reseeded_from_the_origin_that_fades_again_has_slid(cloud):
    z, vectors = cloud
    heap = vectors * 1e-7
    again = told([frame(0, z, heap), *(frame(step, z, vectors) for step in (500, 600)), frame(2000, z, heap, dead=10)])
    assert "10 dead codes have slid to the origin" in titles(again)


@pytest.mark.parametrize("longer", [1, 20_000])
def test_dead_codes_that_started_at_the_origin_have_not_slid_there(cloud, longer):
    """Nor have those that latents, as of a run that diverges, have left so far behind that they seem to lie there."""
    z, start = cloud
    vectors = start.copy()
    vectors[6:] *= 1e-4 if longer == 1 else 0.2
    found = told([frame(0, z, vectors), frame(300, longer * z, vectors, dead=10)], update="gradient")
    assert "slid" not in titles(found)
    assert "; 10 of them lie where they started (10 at the origin);" in found[0].text
    assert found[0].title == "10 of 16 codes dead" and "reseeding" in found[0].advice
    fading = vectors.copy()
    fading[6:] *= 0.97
    assert "slid" not in titles(told([frame(0, z, vectors), frame(300, longer * z, fading, dead=10)]))


def test_dead_codes_that_latents_on_screen_choose_are_not_told_as_if_none_did(cloud):
    """Dead is told over the batches of training, and the latents of a frame are others."""
    z, vectors = cloud
    indices = np.zeros(len(z), dtype=int)
    indices[:7] = np.arange(K - 7, K)
    found = told([frame(0, z, vectors), frame(300, z, vectors, indices, dead=10)])
    assert "; latents on screen, which are not those of the training batches, choose 7 of them;" in found[0].text
    assert "on screen" not in told([frame(0, z, vectors), frame(300, z, vectors, dead=10)])[0].text


def test_latents_are_counted_over_the_steps_of_the_words_or_not_at_all(cloud):
    """A batch size that was changed on the way: how many latents the last steps had is not known."""
    before, now = frame(0, *cloud), frame(2000, *cloud, dead=10)
    half = replace(now, latents_seen=now.latents_seen // 2)
    text = told([before, half])[0].text
    assert "not chosen in the last 20 training steps; " in text and "1,280" not in text
    kept = [before, replace(frame(1980, *cloud), latents_seen=half.latents_seen - 20 * BATCH), half]
    assert "the last 20 training steps (1,280 latents)" in told(kept)[0].text


def test_codes_that_were_never_chosen_yet_are_not_in_use(cloud):
    """In a run of fewer steps than dead is told over."""
    first, now = frame(0, *cloud), frame(100, *cloud)
    state = np.zeros(K, dtype=np.uint8)
    state[:5] = UNSEEN
    level = replace(now.levels[0], state=state, window=512)
    (only,) = told([first, replace(now, levels=(level,))])
    assert only.text.startswith("11 of 16 codes in use at step 100: chosen in the last 100 training steps (6,400 lat")
    two = [replace(one, levels=(*one.levels, *one.levels)) for one in (first, replace(now, levels=(level,)))]
    assert told(two)[0].text.startswith("11 of 16 codes in use on level 1 at step 100: chosen in")


def test_codes_far_from_the_latents(cloud):
    z, vectors = cloud
    vectors[6:] += 9
    assert "far from all latents" in titles(told([frame(0, z, vectors), frame(500, z, vectors, dead=10)]))


def test_reseeding_the_same_codes_for_ever(cloud):
    events = [FrameEvent(step, 0, code, "random_latent", 0, True) for step in range(810, 1000, 10) for code in range(8)]
    found = told([frame(0, *cloud), frame(1000, *cloud)], events=events)
    churn = next(finding for finding in found if "again and again" in finding.title)
    assert "N/K = 4" in churn.text and "50% of 16 codes" in churn.text and churn.figure == "events"
    assert "again and again" not in titles(told([frame(0, *cloud), frame(1000, *cloud)], events=events[:4]))


def test_codes_that_lie_on_each_other(cloud):
    z, vectors = cloud
    vectors[8:] = vectors[:8] + 1e-4
    found = told([frame(0, z, vectors), frame(500, z, vectors)])
    assert "Near-duplicate" in titles(found) and "16 of 16" in found[0].text


def test_codes_that_are_only_close_are_not_alike(cloud):
    """Near each other against the codebook, but not against the distance of a latent to its code."""
    z, vectors = cloud
    vectors[8:] = vectors[:8] + 0.01
    few = vectors[np.square(z[:, None] - vectors[None]).sum(-1).argmin(1)]
    assert "Near-duplicate" not in titles(told([frame(0, few + 0.05, vectors), frame(500, few + 0.05, vectors)]))


@pytest.mark.parametrize("gap", [0.02, 0.5, 0.9, 1.1])
def test_codes_are_alike_as_the_words_define_it(gap):
    """Pairs that are apart by a part of the smaller bar, which here is that of the distance between codes; the text
    names both."""
    rng = np.random.default_rng(3)
    codes = rng.normal(size=(K, 2))
    z = np.repeat(codes, 20, axis=0) + rng.normal(size=(20 * K, 2))
    between = [np.linalg.norm(a - b) for i, a in enumerate(codes) for j, b in enumerate(codes) if i != j]
    codes[1] = codes[0] + [gap * 0.01 * np.median(between), 0]
    codes[3::2] = codes[2::2] + np.array([0, 0.002 * np.median(between)])
    apart = np.linalg.norm(codes[:, None] - codes[None], axis=-1)
    typical = np.sqrt(np.square(z - codes[np.linalg.norm(z[:, None] - codes, axis=-1).argmin(1)]).sum(1).mean())
    others = apart[~np.eye(K, dtype=bool)]
    bar = min(0.05 * typical, 0.01 * np.median(others))
    assert bar < 0.05 * typical
    expected = int(((apart + 9 * np.eye(K)).min(1) < bar).sum())
    assert expected == (K if gap < 1 else K - 2)
    (text,) = (one.text for one in told([frame(0, z, codes), frame(500, z, codes)]) if "Near-dup" in one.title)
    assert text.startswith(f"{expected} of {K} codes in use lie on another: nearer than 5% of the typical distance")
    assert "and than 1% of the median distance between codes" in text


def test_how_far_dead_codes_lie_is_measured_to_all_latents_shown():
    """The first 512 latents lie elsewhere; of 200 dead codes every second is looked at, and the words say so."""
    rng = np.random.default_rng(4)
    z = np.concatenate([rng.normal(size=(512, 2)) - [40, 0], rng.normal(size=(200, 2))])
    codes = np.concatenate([z[::14][:50], 60 + rng.normal(size=(200, 2))])
    shown = frame(500, z, codes, dead=200)
    (text,) = (one.text for one in told([frame(0, z, codes), shown]) if one.title == "Codes far from all latents")
    near = np.linalg.norm(codes[50:][::2, None] - z, axis=-1).min(1)
    away = np.median(near) / np.sqrt(np.square(z - z.mean(0)).sum(1).mean())
    assert text.startswith(f"Dead codes (200 of 250) lie {away:.1f} spreads of the latents from the nearest latent ")
    assert text.endswith("(median of 100 of them).")
