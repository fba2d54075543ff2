"""A curriculum in words: codes that wait for their turn are not dead, and are not judged before they are at work."""

import numpy as np
import torch

from explorer.analysis.lab.diagnosis import diagnose
from explorer.joints.frame import UNSEEN
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.views.lab.payload import frame_payload
from tests.analysis.lab.made_frames import titles

GROWING = {"model": "none", "quantizer": "gradual", "batch_size": 64, "grow_steps": 200, "first_codes": 4}


def test_codes_that_wait_are_not_dead_and_their_codebook_is_said_to_grow():
    side = LabSide(LabSettings().changed(GROWING), torch.device("cpu"))
    while side.trainer.quantizer.active < 16:
        side.step()
    frame, (level,) = side.frame(), side.frame().levels
    assert frame.active(0) == frame.measures["active_0"] == 16 and frame.step >= 60
    assert not level.silent[16:].any() and np.all(level.state[16:] == UNSEEN) and np.isnan(level.won[16:]).all()
    sent = frame_payload(frame, 0, side.plane(0))
    assert (sent["active"], sent["ceiling"], sent["codebook_size"]) == (16, 16, 64)
    found = diagnose(side.curves, side.timeline, side.events, side.settings)
    (grows,) = [one for one in found if one.title == "The codebook still grows"]
    assert grows.level == "note" and "16 of 64 codes are at work" in grows.text
    assert "the other 48 wait for their turn and are not dead" in grows.text
    assert "Codes fit" not in titles(found) and "Too few" not in titles(found)
    while side.trainer.quantizer.active < 64:
        side.step()
    for _ in range(100):
        side.step()
    assert "grows" not in titles(diagnose(side.curves, side.timeline, side.events, side.settings))
    assert side.frame().levels[0].unseen < 8


def test_a_run_without_a_curriculum_has_all_codes_at_work():
    side = LabSide(LabSettings().changed({"model": "none", "batch_size": 64}), torch.device("cpu"))
    side.step()
    assert side.frame().active(0) == 64 and "active_0" not in side.frame().measures
