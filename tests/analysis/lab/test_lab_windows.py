"""Words that name a window of a run, after its curves and its timeline have thinned themselves.

The numbers are held against the whole of a made-up curve, of which the run keeps ever fewer rows: each number that is
printed is that of the steps which the words beside it name."""

import re

import numpy as np
import pytest

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.moment import moment_of
from explorer.analysis.lab.reading import read_run
from explorer.analysis.lab.words import over_steps
from explorer.joints.frame import FrameEvent
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.presets import PRESETS
from tests.analysis.lab.made_frames import K, frame, told

STEPS = np.arange(1, 10_008)
PERPLEXITY = 8.0 + 3 * np.sin(STEPS / 31) + STEPS / 4000  # of another mean over any other window
MISSED = 0.5 + 0.2 * np.sin(STEPS / 17)
WINDOW = re.compile(r"(mean|worst) of (?:every (\d+)(?:st|nd|rd|th) of )?the last ([\d,]+) steps")


def run_until(step, cloud, outputs, dead):
    """The stores of a run as they stand at a step."""
    curves, timeline = Curves(), Timeline()
    timeline.add(frame(0, *cloud, outputs=outputs, dead=dead))
    for at in range(1, step + 1):
        curves.add(at, {"perplexity_0": PERPLEXITY[at - 1], "missed": MISSED[at - 1]})
        if timeline.wants(at):
            timeline.add(frame(at, *cloud, outputs=outputs, dead=dead))
    return curves, timeline, EventLog()


def named(text, values, step):
    """(What the steps are like that the words of a window name, of all values of a run up to a step; how many)."""
    made, every, last = WINDOW.search(text).groups()
    steps = np.arange(step - int(last.replace(",", "")) + 1, step + 1)
    steps = steps[steps % int(every or 1) == 0]
    return getattr(np, {"mean": "mean", "worst": "max"}[made])(values[steps - 1]), len(steps)


@pytest.mark.parametrize(
    ("step", "now"), [(at, at) for at in (60, 1024, 1025, 1031, 2050, 10_007)] + [(500, 2050), (100, 10_007)]
)
def test_a_number_is_that_of_the_steps_which_are_named_beside_it(cloud, step, now):
    """now: how far the run has come, of which a moment may be looked back at."""
    z, _ = cloud
    outputs = (z + 5).astype(np.float32)
    shown = frame(step, *cloud, outputs=outputs, dead=13)
    run = read_run(*run_until(now, cloud, outputs, 13), shown=shown)
    text = " ".join(one.text for one in found_in(run))
    value, count = named(text, PERPLEXITY, step)
    assert float(re.search(r"perplexity ([\d.]+) of at most 16 in a batch", text)[1]) == pytest.approx(value, abs=0.051)
    assert count == (6 if (step, now) == (100, 10_007) else 20)  # of step 16, 32, ... 96, or as many as are asked for
    said = moment_of(PRESETS["lfq_sign"], run, False).text
    missed, window = re.search(r"outputs miss (\d+)% .*\(both over batches of training, ([^)]*)\)", said).groups()
    assert float(missed) == pytest.approx(100 * named(window, MISSED, step)[0], abs=0.51)
    if step >= 150:
        training = re.search(r"in training at most ([\d.]+)% \((worst of [^)]*)\)", text)
        assert float(training[1]) == pytest.approx(100 * named(training[2], MISSED, step)[0], abs=0.051)


@pytest.mark.parametrize(
    ("steps", "now", "words"),
    [
        ([5], 5, "at step 5"),
        ([], 7, "at step 7"),
        ([1, 2, 3], 3, "mean of the last 3 steps"),
        ([2, 4, 6], 7, "mean of every 2nd of the last 6 steps"),
        ([2, 4, 6], 8, "mean of 3 looks from step 2 to 6"),  # the row of step 8 is missing
        ([16, 32, 40], 40, "mean of 3 looks from step 16 to 40"),
        (list(range(32, 1_201, 32)), 1_201, "mean of every 32nd of the last 1,184 steps"),
    ],
)
def test_a_window_in_words(steps, now, words):
    assert over_steps(np.array(steps, dtype=np.int64), now) == words


@pytest.mark.parametrize("stride", [1, 4, 8])
def test_how_soon_reseeded_codes_are_back_is_said_by_the_frames_that_are_kept(cloud, stride):
    """Codes that are reseeded every tenth step and are where they were whenever a frame was kept."""
    frames = [frame(step, *cloud) for step in range(160, 401, stride)]
    events = [FrameEvent(step, 0, code, "random_latent", 0, True) for step in range(10, 400, 10) for code in range(K)]
    (text,) = (one.text for one in told(frames, events=events) if one.title == "Reseeded codes jump back")
    counted = [step for step in range(310, 400, 10)]  # over the last 100 steps
    soonest = [min(one.step for one in frames if one.step > step) - step for step in counted]
    most = max(soonest)
    assert text.endswith(f"at most {most} step{'s' * (most > 1)} later.") and most <= stride
    many = K * len(counted)
    assert text.startswith(f"Of {many} reseeds in the last 100 steps {many} were looked at; after {many} of these ")


def test_reseeds_that_are_not_looked_at_are_counted_beside_those_that_are(cloud):
    """More than the 300 that are looked at, of far fewer codes: the words count reseeds, not codes."""
    frames = [frame(step, *cloud) for step in range(160, 401)]
    events = [FrameEvent(step, 0, code, "random_latent", 0, True) for step in range(301, 400, 2) for code in range(K)]
    (text,) = (one.text for one in told(frames, events=events) if one.title == "Reseeded codes jump back")
    assert text.startswith(
        f"Of {50 * K} reseeds in the last 100 steps 300 were looked at; after 300 of these the code "
    )
