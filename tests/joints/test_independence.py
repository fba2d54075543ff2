"""Media that are copies of others, and usage that still changes: what is concluded from media must not rest on them."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codes.agreement import agreement
from explorer.analysis.codes.growth import forecast_of
from explorer.joints.audit import Audit
from explorer.joints.measures.independence import independence
from explorer.joints.measures.unused import unused_codes
from tests.analysis.codes.calibration import level_of_tokens

ZIPF = 1 / np.arange(1, 513) / (1 / np.arange(1, 513)).sum()


def zipf(media, tokens=256, seed=0):
    return np.random.default_rng(seed).choice(512, (media, tokens), p=ZIPF)


def told(codes, size, **settings):
    level = level_of_tokens(codes, size)
    names = tuple(f"{number}" for number in range(len(codes)))
    settings = {"reading": ["Read as media."], "media": len(codes)} | settings
    audit = Audit("t", None, "unknown", names, (), (level,), None, len(codes), 1.0, settings=settings)
    return diagnose(audit, [None])


@pytest.mark.parametrize("copies", [20, 60])
def test_copies_of_one_medium_show_no_dead_code(copies):
    """Fresh media of the same source use 482 of 512 codes after twenty: 370 were called dead for certain."""
    codes = np.tile(zipf(1), (copies, 1))
    level = level_of_tokens(codes, 512)
    assert independence(level).own == 1 and unused_codes(level).dead is None and forecast_of(level) is None
    (unseen,) = [one for one in told(codes, 512) if "not seen yet" in one.title]
    assert f"The {copies} media share out their tokens as copies of one would" in unseen.text
    assert unseen.advice == "Count 20 media or more that differ from each other."
    assert not any("are dead" in one.title for one in told(codes, 512))


def test_neighbouring_frames_of_one_clip_are_as_good_as_copies():
    rng = np.random.default_rng(1)
    codes = np.tile(zipf(1, 1024), (40, 1))
    changed = rng.random(codes.shape) < 0.02
    changed[:, 64:] = False  # what moves is in one corner, and of codes that are there anyway
    codes[changed] = rng.choice(codes[0], changed.sum())
    level = level_of_tokens(codes, 512)
    assert independence(level).own == 1 and unused_codes(level).sure is None


@pytest.mark.parametrize("order", ["beside", "behind"])
def test_media_that_were_counted_twice_count_once(order):
    once = zipf(30, 1024)
    twice = np.repeat(once, 2, axis=0) if order == "beside" else np.tile(once, (2, 1))
    known, alone = unused_codes(level_of_tokens(twice, 1024)), unused_codes(level_of_tokens(once, 1024))
    assert known.media.own == 30 and (known.expected, known.most) == (alone.expected, alone.most)
    assert unused_codes(level_of_tokens(np.repeat(zipf(30), 2, axis=0), 1024)).clump == 0, "copies have no shape"


def test_usage_that_drifts_shows_no_dead_code():
    """Medium m takes the 64 codes from 2 m on: after 60 media 182 of 512 are in use, after 240 all."""
    codes = np.stack([(2 * m + np.random.default_rng(m).integers(0, 64, 256)) % 512 for m in range(60)])
    level = level_of_tokens(codes, 512)
    known = unused_codes(level)
    assert known.media.opens and known.dead is None and forecast_of(level) is None
    found = told(codes, 512)
    (unseen,) = [one for one in found if "not seen yet" in one.title]
    assert "Usage still changes along the media" in unseen.text and "in a mixed order" in unseen.advice
    assert any("other codes than the last" in one.title for one in found), "and nothing beside it refutes that"


@pytest.mark.parametrize("alive", [1, 2, 10, 64])
def test_a_collapsed_codebook_whose_media_all_have_its_codes_is_no_set_of_copies(alive):
    codes = np.random.default_rng(2).integers(0, alive, (40, 500))
    known = unused_codes(level_of_tokens(codes, 256))
    assert known.media.own == 40 and not known.media.opens
    assert known.sure == ("certain" if alive == 64 else "likely"), "of a few codes in all media these may be the cause"
    assert known.none - round(known.most) - known.spared == known.dead, "the title follows from its text"


def test_the_margin_that_the_title_leaves_is_named():
    codes = np.random.default_rng(2).integers(0, 64, (40, 500))
    (dead,) = [one for one in told(codes, 256) if "are dead" in one.title]
    spared = unused_codes(level_of_tokens(codes, 256)).spared
    assert dead.title.startswith(f"At least {192 - spared} of 256") and f"but for {spared} set aside" in dead.text


def test_media_of_one_source_are_seldom_taken_for_copies_or_for_a_change():
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        size, media, tokens = int(2 ** rng.integers(4, 11)), int(rng.integers(20, 200)), int(2 ** rng.integers(4, 9))
        shares = rng.dirichlet(np.full(size, rng.choice([0.1, 1.0, 10.0])))
        apart = independence(level_of_tokens(rng.choice(size, (media, tokens), p=shares), size))
        wrong += apart.own < media or apart.opens
    assert wrong <= 2


def test_halves_that_are_copies_prove_nothing():
    half = np.bincount(zipf(1)[0], minlength=512)
    assert "they prove nothing" in agreement(np.stack([half, half])).words
    two = np.stack([np.bincount(zipf(1, 4096, seed)[0], minlength=512) for seed in (1, 2)])
    assert "they prove nothing" not in agreement(two).words


def test_nothing_is_certain_of_axes_that_nobody_named():
    codes = np.random.default_rng(3).integers(0, 64, (40, 2000))
    named = told(codes, 64, reading=["Read as 40 media of 2,000 tokens (axes b,t)."])
    guessed = told(codes, 64, reading=["Read as 40 media of 2,000 tokens (axes b,t, guessed)."])
    assert named[-1].level == guessed[-1].level == "good" and named[-1].sure == "certain"
    assert guessed[-1].sure == "likely" and "if the axes are what they were taken for" in guessed[-1].text


def test_one_code_is_not_healthy():
    found = told(np.zeros((30, 100), int), 1)
    assert [one.title for one in found if one.level == "warning"] == ["Only one code"]
    assert not any(one.level == "good" for one in found) and "0 bits" in found[0].text


def test_media_of_an_older_audit_are_not_said_to_be_copies():
    """It kept no media, only the halves and some single ones: nobody knows what they are to each other."""
    level = replace(level_of_tokens(zipf(12), 512), occurs=None, stretches=None, media=0)
    known = unused_codes(level).media
    assert (known.total, known.own, known.copied) == (len(level.batches), 0, False) and known.total > 1
    audit = Audit("t", None, "unknown", tuple("abcdefghijkl"), (), (level,), None, 12, 1.0, settings={})
    (unseen,) = [one for one in diagnose(audit, [None]) if "not seen yet" in one.title]
    assert "copies" not in unseen.text and "differ from each other" not in unseen.advice
