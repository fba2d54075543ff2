"""Steps in which the quantizer is passed by: a plain autoencoder, and then codes on what it has learnt."""

import numpy as np
import torch

from explorer.analysis.lab.diagnosis import diagnose
from explorer.joints.frame import LIVE, UNSEEN
from explorer.lab.framing import make_frame
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import LabTrainer

CPU = torch.device("cpu")
SETTINGS = LabSettings(codebook_size=16, batch_size=64, initialization="kmeans", warm_up=20)


def test_warming_up_is_training_an_autoencoder():
    trainer, by_hand = LabTrainer(SETTINGS, CPU), LabTrainer(SETTINGS, CPU)
    codes = trainer.quantizer.vectors.detach().clone()
    optimizer = torch.optim.Adam(by_hand.model.parameters(), lr=SETTINGS.lr, fused=True)
    for step in range(20):
        trainer.step(measure=step % 2 == 0)
        items = by_hand.data.sample(64, by_hand.generator, step)
        loss = (by_hand.model.decode(by_hand.model.encode(items)) - items).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trainer.read_losses()
        assert trainer.losses.keys() == {"reconstruction"}
    for one, other in zip(trainer.model.parameters(), by_hand.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(trainer.quantizer.vectors, codes) and trainer.quantizer.counts.step == 0
    frame = make_frame(trainer)
    assert (frame.levels[0].state == UNSEEN).all() and frame.latents_seen == 20 * 64


def test_codes_start_on_what_was_learnt():
    trainer = LabTrainer(SETTINGS.changed({"warm_up": 150}), CPU)
    for _ in range(151):
        trainer.step()
    level = make_frame(trainer).levels[0]
    error = np.square(level.z_e - level.vectors[level.indices]).sum(1).mean() / level.z_e.var(0).sum()
    assert error < 0.1 and (level.state == LIVE).sum() >= 14  # k-means of a batch of 64
    assert trainer.losses.keys() == {"reconstruction", "commitment"} and trainer.quantizer.counts.step == 1


def test_nothing_is_said_of_codes_that_are_not_at_work():
    settings = SETTINGS.changed({"warm_up": 200, "init_offset": 9.0, "initialization": "gaussian"})
    side = LabSide(settings, CPU)
    for _ in range(200):
        side.step()
    assert diagnose(side.curves, side.timeline, side.events, settings) == ()
    for _ in range(160):
        side.step()
    assert diagnose(side.curves, side.timeline, side.events, settings) != ()
