"""A run of the lab recorded as a training is: what the file has of its reseeds, and how many a row counts up to it."""

import numpy as np
import torch

from explorer.analysis.replay.run import RecordedRun
from explorer.joints.files.recording import open_recording
from explorer.lab.recording import LabRecording
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

OFTEN = LabSettings(codebook_size=32, batch_size=64, quantizer="rvq", reseeding="random_latent", threshold=4.0, every=3)


def test_every_reseed_between_two_records_is_recorded_and_each_row_counts_those_before_it(tmp_path):
    side = LabSide(OFTEN, torch.device("cpu"))
    recording, seen = LabRecording(side, tmp_path / "run", every=10), []
    for _ in range(47):
        side.step()
        seen += side.frame().events
        recording.look(side)
    recording.end()
    steps = np.sort([event.step for event in seen])
    assert len(steps) > 100 and (steps % 10 != 0).any()
    at, counted = side.curves.series("reseeds")
    np.testing.assert_array_equal(at, np.arange(1, 48))
    np.testing.assert_array_equal(counted, [(steps <= step).sum() for step in at])

    until = steps[steps <= 40]
    recorded = open_recording(tmp_path / "run")
    assert [event.step for event in recorded.events] == until.tolist()
    run = RecordedRun(tmp_path / "run", "run")
    at, counted = run.curves.series("reseeds")
    np.testing.assert_array_equal(at, [0, 10, 20, 30, 40])
    np.testing.assert_array_equal(counted, [(steps <= step).sum() for step in at])
    assert run.describe("reseeds").label == "Reseeds so far"
