"""Each preset breaks, pauses itself where that is plain, and mends, by its measure and by the diagnosis; the words it
says are those numbers. The whole table, 10,000 steps over three seeds, is slow: `tests/lab/preset_table.py`."""

import inspect
import itertools
import json
import re
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sklearn.cluster import KMeans

from explorer.analysis.codebook import rules_why_dead
from explorer.analysis.lab.diagnosis import Finding, found_in
from explorer.analysis.lab.moment import MEASURES, WINDOWS, Moment, beside, moment_of
from explorer.analysis.lab.reading import read_run
from explorer.analysis.replay.rules import diagnose_recorded
from explorer.analysis.replay.run import RecordedRun
from explorer.foundation.errors import UnknownIdError
from explorer.joints.frame import DEAD
from explorer.lab.controls import RESTARTING
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.presets import PRESETS, preset
from explorer.lab.recording import EVERY, LabRecording
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from tests.lab.preset_table import CHECKS, SEEDS, begin, dead_share, go, look, mend, relative_error, table

FIGURES = {"plane", "heatmap", "histogram", "curves", "pictures", "events"}
OFTEN = {"ema_overwrites": 1}  # codes jump back within a few steps, which frames further apart do not show
FULL_USAGE = ("near_duplicates", "entropy_too_strong")  # what breaks is not the usage, which is why it misleads


def go_recorded(side, steps, folder, every=EVERY):
    """What is said of a run after so many steps, from its recording alone."""
    recording = LabRecording(side, folder, every)
    for _ in range(steps):
        side.step()
        recording.look(side)
    recording.end()
    return diagnose_recorded(RecordedRun(folder, "preset").read())


def beside_nothing(side):
    """What the lab itself says of it, without what it knows of the preset."""
    return found_in(read_run(side.curves, side.timeline, side.events, side.settings, shown=side.frame()))


def worst(found):
    return [one.title for one in found if one.level == "bad"]


@pytest.mark.parametrize("name", CHECKS)
def test_a_preset_is_plain_where_it_pauses_itself_and_mends_from_there(name, tmp_path):
    """With another seed for each, so that no one seed is the measure of all. Recorded as a training is, the run gets
    the same verdict, and none when it is mended."""
    side = begin(name, list(CHECKS).index(name) % len(SEEDS))
    recorded = go_recorded(side, PRESETS[name].pause_at, tmp_path / "broken", OFTEN.get(name, EVERY))
    broken, found, says = look(name, side)
    assert worst(recorded) == worst(beside_nothing(side)), broken.line()
    print(broken.line(), "|", says)
    assert broken.agrees, broken.line()
    assert all(finding.text and finding.figure in FIGURES for finding in found)
    assert all(finding.advice for finding in found if finding.level != "good")
    level = side.frame().levels[0]
    if name == "beta_too_low":
        codes = np.linalg.norm(level.vectors.astype(np.float64), axis=1).mean()
        assert "15 to 25 times" in PRESETS[name].watch
        assert 14 < np.linalg.norm(level.z_e, axis=1).mean() / codes < 27
    if name == "cat_and_mouse":
        outermost = max(np.linalg.norm(one.levels[0].z_e, axis=1).mean() for one in side.timeline.after(-1))
        assert "turn back, before step 300" in PRESETS[name].watch
        assert np.linalg.norm(level.z_e, axis=1).mean() < 0.8 * outermost
    if name == "decay_too_slow":
        z = level.z_e.astype(np.float64)
        inertia = KMeans(5, n_init=5, random_state=0).fit(z).inertia_
        least = inertia / np.square(z - z.mean(0)).sum()
        assert "more than ten times" in PRESETS[name].watch and broken.measured > 10 * least
    if name in FULL_USAGE:
        assert (side.frame().levels[0].state == DEAD).mean() <= 0.1
    other = mend(name, side)
    recorded = go_recorded(other, CHECKS[name].after, tmp_path / "mended")
    check = CHECKS[name]
    assert not [
        one for one in recorded if one.level == check.level and any(part in one.title for part in check.finding)
    ]
    mended, _, says = look(name, other, PRESETS[name].pause_at)
    print(mended.line(), "|", says)
    assert mended.agrees, mended.line()
    if name == "wide_latents":
        assert f"leave {relative_error(other):.{0 if relative_error(other) >= 0.1 else 1}%} of the latents'" in says


def test_dead_codes_move_as_the_cards_say():
    """Under the codebook loss those never chosen stay, to the bit. Under the EMA a code that wins nothing is
    e g^n / (g^n + epsilon) after n steps, but for the share that smoothing takes of the sum of all counts."""
    frame = go(begin("far_init", 0), 60).frame()
    start, level = begin("far_init", 0).frame().levels[0].vectors, frame.levels[0]
    never = level.silent == 60
    assert never.sum() > 50 and np.array_equal(level.vectors[never], start[never])

    side = go(begin("slide_to_origin", 0), 180)
    start = side.timeline.nearest(0).levels[0].vectors
    never = side.frame().levels[0].silent == 180
    assert never.sum() > 30
    gamma, epsilon = side.settings.decay, side.settings.epsilon
    for step in (60, 109, 180):
        shown = side.timeline.nearest(step)
        assert shown.step == step
        share = gamma**step / (gamma**step + epsilon)
        ratio = shown.levels[0].vectors[never] / start[never]
        np.testing.assert_allclose(ratio, share, rtol=1e-3)
    for decay, steps in ((gamma, 109), (0.99, 1146)):  # as the cards count
        assert decay**steps == pytest.approx(epsilon, rel=0.05)


def test_unused_codes_of_the_tokenizer_that_a_card_names_lie_at_the_origin():
    file = Path(__file__).resolve().parents[2] / "checkpoints" / "vq-ema" / "model.safetensors"
    tensors = load_file(file)
    norms = np.linalg.norm(tensors["quantizer.vectors"].astype(np.float64), axis=1)
    unused = tensors["quantizer.counts.ema_count"] < 1e-4
    at_origin = int((norms[unused] < 1e-6).sum())
    assert f"{at_origin} of the {len(norms):,} codes" in PRESETS["slide_to_origin"].source


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CHECKS)
def test_what_a_preset_claims_stays_true_as_long_as_people_watch(name, seed):
    rows = list(table(name, seed))
    assert all(row.agrees for row in rows), "\n".join(row.line() for row in rows)


def short_stretches(said, since, steps=50):
    """Of each finding, how often it came or went for fewer steps than that, in what was said at rising steps."""
    kept = {step: names for step, names in said.items() if step >= since}
    found = {}
    for name in set().union(*kept.values()):
        changes = [
            step
            for step, (a, b) in zip(list(kept)[1:], itertools.pairwise(kept.values()), strict=True)
            if (name in a) != (name in b)
        ]
        found[name] = sum(after - before < steps for before, after in itertools.pairwise(changes))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_no_finding_comes_and_goes_while_a_preset_is_watched(name):
    """Broken and mended to step 2,000, looked at every 10 steps, as a page does; soon after a mend things do change."""
    side = go(begin(name, 0), PRESETS[name].pause_at)
    for one in (mend(name, side), side):
        began, said = one.trainer.step_count, {}
        while one.trainer.step_count < 2000:
            step = go(one, 10).trainer.step_count
            said[step] = {(kind.level, re.sub(r"[\d,]+", "N", kind.title)) for kind in beside_nothing(one)}
        often = {found: count for found, count in short_stretches(said, began + 150).items() if count > 2}
        assert not often, often


def test_short_stretches_are_counted():
    said = {step: {"a"} if step in (20, 30, 100, 110, 120, 130, 140) else set() for step in range(10, 200, 10)}
    assert short_stretches(said, 0) == {"a": 1} and short_stretches(said, 0, 80) == {"a": 3}
    assert short_stretches(said, 40) == {"a": 0}


def test_every_preset_is_checked_and_there_are_enough():
    assert set(CHECKS) == set(PRESETS)
    assert len(PRESETS) >= 10


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_possible_and_says_what_it_is(name):
    one = PRESETS[name]
    broken = LabSettings().changed(one.changes)
    assert one.id == name
    assert len(set(one.mend.changes) - {"reseeding"}) <= 1, "a mend takes away one cause"
    assert ("reseeding" in one.mend.changes) == ("eseed dead codes" in one.mend.label)
    assert one.mend.dead_share == 1 or {"{live}", "{dead}"} & set(re.findall(r"{\w+}", one.mend.now)) or one.mend.dead
    assert broken.changed(one.mend.changes) != broken
    words = one.as_json()
    assert json.loads(json.dumps(words)) == words
    assert all(words[key].strip() for key in ("title", "watch", "why", "source"))
    assert words["mend"]["label"] and words["mend"]["says"]
    says_so = "starts anew" in one.mend.says
    assert says_so == bool(RESTARTING & set(one.mend.changes)), "a mend that restarts the run says so"
    assert 60 <= one.pause_at <= 600, "a few seconds at 60 steps a second"
    check, sign = CHECKS[name], one.sign
    assert sign.broken > sign.mended >= check.mended, "the page is no stricter than what is checked"
    assert sign.broken <= check.broken and bool(one.fades) == bool(check.fades)
    for text in (one.now, one.mend.now, one.fades):
        assert {field for _, field, _, _ in string.Formatter().parse(text) if field} <= {*MEASURES, *WINDOWS}
    assert re.search(r"\{\w+\}", one.now), "the sentence holds numbers of the run"


def test_the_numbers_of_a_sentence_are_those_of_the_run():
    side = go(begin("decay_too_slow", 1), 120)
    row, _, says = look("decay_too_slow", side)
    assert row.state == "before" and f"{relative_error(side):.1%} of the latents' variance" in says
    assert "pauses itself at step 400" in says
    side = go(begin("rich_get_richer", 1), 150)
    level = side.frame().levels[0]
    _, _, says = look("rich_get_richer", side)
    dead = int(np.count_nonzero(level.state == DEAD))
    assert says.startswith(f"{dead} of 64 codes are dead") and f"share the eight clusters: {64 - dead};" in says


def test_words_and_diagnosis_count_reseeds_over_the_same_steps():
    """Soon after a mend the one must not say mended while the other still sees codes reseeded again and again."""
    side = mend("ema_overwrites", go(begin("ema_overwrites", 0), 180))
    for _ in range(6):
        row, _, _ = look("ema_overwrites", go(side, 20), 180)
        assert (row.state == "mended") == row.agrees, row.line()
    assert row.agrees


@pytest.mark.parametrize(("dead", "says"), [(0, ""), (1, "1 of 16 codes is dead"), (5, "5 of 16 codes are dead")])
def test_a_mend_says_of_codes_that_are_dead_how_many_and_when_they_come_back(dead, says):
    side = go(begin("cat_and_mouse", 0), 60)
    frame = side.frame()
    level = frame.levels[0]
    state = np.zeros_like(level.state)
    state[:dead] = DEAD
    codes = level.vectors[level.indices]  # as if each latent lay on its code: mended
    timeline = Timeline()
    timeline.add(replace(frame, levels=(replace(level, state=state, z_e=codes),)))
    moment = moment_of(PRESETS["threshold_too_high"], read_run(Curves(), timeline, EventLog()), mended=True)
    assert moment.state == "mended"
    assert says in moment.text and ("dead" in moment.text) == bool(dead)
    assert ("390 steps from a count of 1" in moment.text) == bool(dead)
    assert LabSettings.decay**390 == pytest.approx(PRESETS["threshold_too_high"].mend.changes["threshold"], rel=0.02)


def test_a_mend_brings_back_what_died_of_the_fault_also_from_the_first_step():
    """As run B of seed 2 does, and a run that is reset: beta 1 alone left 31 of 32 codes dead there for good."""
    settings = LabSettings().changed({**PRESETS["beta_too_low"].changes, **PRESETS["beta_too_low"].mend.changes})
    side = go(LabSide(settings.changed({"seed": 2}), torch.device("cpu")), 100)
    row, _, says = look("beta_too_low", side, 0)
    assert dead_share(side) > 0.9 and relative_error(side) < 0.02, "few codes leave little of latents that are alike"
    assert (
        row.state == "mending" and f"{dead_share(side):.0%} of the codes dead now; it counts as mended at 40%" in says
    )
    row, _, says = look("beta_too_low", go(side, 350), 0)
    dead = int(np.count_nonzero(side.frame().levels[0].state == DEAD))
    assert dead <= 0.4 * 32 and row.agrees, row.line()
    assert f"{32 - dead} of 32 codes are in use" in says


SAID = Finding("good", "Nothing wrong is measured", "64 codes in use.", "", "histogram")


@pytest.mark.parametrize("state", ["before", "plain", "faded", "mending"])
def test_nothing_is_well_while_a_preset_is_not_mended(state):
    (said,) = beside((SAID,), PRESETS["far_init"], Moment(300, state, "words"))
    assert said.level == "warning" and SAID.text in said.text
    assert said.title == ("Not mended yet" if state == "mending" else "Broken on purpose")
    alarm = replace(SAID, level="bad", title="Codes far from all latents")
    assert beside((alarm,), PRESETS["far_init"], Moment(300, state, "words")) == (alarm,)
    assert beside((), PRESETS["far_init"], Moment(300, state, "words")) == ()


def test_what_is_mended_may_be_well():
    assert beside((SAID,), PRESETS["far_init"], Moment(300, "mended", "words")) == (SAID,)


def test_no_longer_plain_is_said_only_of_what_was_plain():
    """A preset of which all codes are in use past its pause, with and without an earlier moment when most were dead."""
    one = replace(PRESETS["far_init"], pause_at=100)
    curves, log = Curves(), EventLog()
    frames = [go(begin("rich_get_richer", 0), 1).frame()]
    level = frames[0].levels[0]
    alive = replace(level, state=np.zeros_like(level.state))
    dead = replace(level, state=np.full_like(level.state, DEAD))
    for before, words in ((dead, "No longer plain at this step: "), (alive, "Not plain at this step: ")):
        timeline = Timeline()
        for step, shown in ((0, alive), (80, before), (200, alive)):
            timeline.add(replace(frames[0], step=step, levels=(shown,)))
        said = moment_of(one, read_run(curves, timeline, log), mended=False)
        assert said.state == "faded" and said.text.startswith(words)


def test_small_shares_that_differ_are_written_apart():
    """As the error of threshold_too_high broken, mended, and what k-means leaves."""
    written = [MEASURES["error"].written(share) for share in (0.00131, 0.00086, 0.00097, 0.0, 0.123)]
    assert written == ["0.13%", "0.09%", "0.10%", "0.0%", "12%"]


def test_the_report_of_codes_that_decay_to_zero_is_named_where_its_preset_is():
    cited = re.search(r"[\w-]+/pytorch-vq-vae/issues/10", inspect.getsource(rules_why_dead))[0]
    assert PRESETS["slide_to_origin"].source.startswith(cited)


def test_an_unknown_preset_names_the_valid_ones():
    with pytest.raises(UnknownIdError, match="far_init"):
        preset("far_inti")
