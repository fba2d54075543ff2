"""Usage on the lab's map of codes over time: it begins with what is counted, not with the start value of an EMA."""

import numpy as np
import pytest
import torch

from explorer.lab.framing import make_frame
from explorer.lab.ledger import Ledger
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.quantizers.base import CodeCounts

CPU = torch.device("cpu")
DECAY = 0.97


def trained(steps, **changes):
    """(trainer, the counts of each step (steps, K)), counted beside it."""
    trainer = LabTrainer(LabSettings().changed({"codebook_size": 16, "decay": DECAY} | changes), CPU)
    counted = []

    def count(quantizer, given, output):
        if quantizer.training:
            counted.append(np.bincount(output.indices[..., 0].flatten().numpy(), minlength=16))

    trainer.quantizer.register_forward_hook(count)
    for _ in range(steps):
        trainer.step()
    return trainer, np.array(counted)


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_usage_is_the_weighted_mean_of_the_steps_so_far(steps):
    trainer, counted = trained(steps)
    shown = make_frame(trainer).levels[0].counts
    weights = DECAY ** np.arange(steps - 1, -1, -1.0)
    np.testing.assert_allclose(shown, weights @ counted / weights.sum(), rtol=1e-5, atol=1e-6)
    assert shown.sum() == pytest.approx(counted[0].sum(), rel=1e-5), "all tokens of a step, from the first one on"


def test_the_quantizer_keeps_its_own_average():
    """It starts at one token a step for each code (VQ-VAE as it was built), and nothing of that was changed."""
    trainer, counted = trained(5, reseeding="none")
    kept = np.ones(16)
    for n in counted:
        kept = DECAY * kept + (1 - DECAY) * n
    np.testing.assert_allclose(trainer.quantizer.counts.ema_count.numpy(), kept, rtol=1e-5)
    assert make_frame(trainer).levels[0].counts.sum() > 2 * kept.sum()


def test_before_the_first_step_nothing_is_counted_and_a_decay_that_changes_keeps_its_weights():
    assert not make_frame(trained(0)[0]).levels[0].counts.any()
    ledger, counts, z = Ledger.of(torch.zeros(2, 3)), CodeCounts(2, 0.9), torch.zeros(4, 3)
    for decay, code in ((0.9, 0), (0.5, 1), (0.0, 0)):
        counts.decay = decay
        ledger.count(torch.full((4,), code), z, 2, counts)
        if code:
            np.testing.assert_allclose(ledger.usage.numpy(), [4 * 0.05 / 0.55, 4 * 0.5 / 0.55], rtol=1e-6)
    assert ledger.usage.tolist() == [4.0, 0.0], "without memory only the newest step counts"
