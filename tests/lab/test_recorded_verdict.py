"""What /replay and `diagnose` say of a recorded run is what the lab said of it while it ran, on the same frames: of one
level, of residual levels and of groups. What differs by design: a recording counts the perplexity over all tokens since
the record before, and advises for a training of one's own."""

import pytest
import torch

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.reading import read_run
from explorer.analysis.replay.run import RecordedRun
from explorer.lab.presets import PRESETS
from explorer.lab.recording import EVERY, LabRecording
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

AT = (80, 200)
RUNS = {
    "one level": PRESETS["cat_and_mouse"].changes,
    "residual": {"batch_size": 256, "quantizer": "rvq", "reseeding": "random_latent", "threshold": 0.4}
    | {"num_quantizers": 3, "codebook_size": 32},
    "groups": {"batch_size": 256, "quantizer": "pq", "dim": 4, "num_quantizers": 2, "codebook_size": 32},
}


@pytest.mark.parametrize("name", RUNS)
def test_a_recording_is_judged_as_the_run_was(name, tmp_path):
    torch.set_num_threads(1)
    side = LabSide(LabSettings().changed(RUNS[name]), torch.device("cpu"))
    recording, said = LabRecording(side, tmp_path, EVERY), {}
    while side.trainer.step_count < AT[-1]:
        side.step()
        recording.look(side)
        if side.trainer.step_count in AT:
            run = read_run(side.curves, side.timeline, side.events, side.settings, shown=side.frame())
            said[run.now.step] = found_in(run)
    recording.end()
    recorded = RecordedRun(tmp_path, "run")
    words = 0
    for step, found in said.items():
        again = recorded.diagnose(step)
        assert [(one.level, one.title, one.figure) for one in again] == [
            (one.level, one.title, one.figure) for one in found
        ], step
        for one, other in zip(found, again, strict=True):
            if "erplexity" not in one.text and "(median" not in one.text:  # of fewer frames than the lab keeps
                assert other.text == one.text
                words += 1
            assert (" on level " in other.text) == (" on level " in one.text)
    assert any(one.level == "bad" for found in said.values() for one in found)
    assert words or name != "one level"
