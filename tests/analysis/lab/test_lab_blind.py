"""Pictures that come out as the mean of all do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.analysis.lab.diagnosis import SEES_BY, diagnose
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from tests.analysis.lab.made_frames import frame, titles, told

BLIND = "Outputs say no more than the mean picture"
PICTURES = np.random.default_rng(0).integers(0, 255, (8, 4, 4)).astype(np.uint8)


@pytest.mark.parametrize(
    ("missed", "step", "pictures", "named"),
    [(1.0, 400, True, True), (0.95, 400, True, False), (1.0, SEES_BY - 1, True, False), (1.0, 400, False, False)],
)
def test_outputs_that_miss_all_of_the_variance_are_named(cloud, missed, step, pictures, named):
    shown = [frame(0, *cloud), frame(step, *cloud)]
    if pictures:
        shown = [replace(one, inputs=PICTURES, outputs=PICTURES) for one in shown]
    found = told(shown, norms=[missed] * step, name="missed")
    assert (BLIND in titles(found)) == named
    if named:
        (text,) = (one.text for one in found if one.title == BLIND)
        assert text.startswith("Outputs miss 100.0% of the inputs' variance in training (mean of the last 20 steps)")


def test_a_model_that_a_commitment_of_100_holds_gives_the_mean_of_the_digits():
    """By numbers of its own: no better than the mean of the digits, over batches that it was not trained on."""
    torch.set_num_threads(1)
    side = LabSide(
        LabSettings().changed({"dataset": "digits", "beta": 100.0, "lr": 5e-4, "seed": 1}), torch.device("cpu")
    )
    for _ in range(SEES_BY + 20):
        side.step()
    trainer = side.trainer
    items = trainer.data.sample(500, torch.Generator().manual_seed(5), 0)
    with torch.no_grad():
        outputs = trainer.model.decode(trainer.quantizer.eval()(trainer.model.encode(items)).z_q)
    items, outputs = items.double().numpy(), outputs.double().numpy()
    assert np.square(outputs - items).mean() > 0.95 * np.square(items - items.mean(0)).mean()
    assert BLIND in titles(diagnose(side.curves, side.timeline, side.events, side.settings))
