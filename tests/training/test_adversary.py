"""The adversary: its adaptive weight against gradients by hand, the hinge, and that it takes part when it should."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from explorer.tokenizers.native.autoencoder import AutoencoderConfig, Decoder
from explorer.tokenizers.native.sound import SoundConfig, SoundDecoder
from explorer.training.losses.adversary import (
    DELTA,
    LARGEST_WEIGHT,
    Adversary,
    AdversaryPlan,
    adaptive_weight,
    hinge_loss,
    last_weight,
)
from explorer.training.losses.patch_adversary import PatchAdversary

CPU = torch.device("cpu")


def numbers(shape, seed, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e-3])
def test_the_adaptive_weight_is_that_of_equation_7_by_hand(scale):
    """A last layer x = h W', compared by a squared error, fooling a linear judge: both gradients are known."""
    h, w, target, judge = numbers((6, 4), 0), numbers((3, 4), 1), numbers((6, 3), 2), numbers(3, 3, scale)
    x = h @ w.T
    of_compared = 2 / x.size * (x - target).T @ h  # d mean((x - t)^2) / dW
    of_fooling = -np.outer(judge, h.mean(0))  # d -mean(x . judge) / dW
    want = np.linalg.norm(of_compared) / (np.linalg.norm(of_fooling) + DELTA)
    layer = torch.tensor(w, requires_grad=True)
    decoded = torch.tensor(h) @ layer.T
    compared = (decoded - torch.tensor(target)).square().mean()
    fooling = -(decoded @ torch.tensor(judge)).mean()
    found = adaptive_weight(compared, fooling, layer)
    assert float(found) == pytest.approx(want, rel=1e-10) and not found.requires_grad
    (compared + found * fooling).backward()  # both graphs are still there
    np.testing.assert_allclose(layer.grad.numpy(), of_compared + want * of_fooling, rtol=1e-9, atol=1e-12)


def test_a_weight_without_a_gradient_to_fool_is_bounded():
    layer = torch.ones(2, 2, requires_grad=True)
    compared, fooling = 1e6 * layer.square().sum(), 0 * layer.sum()
    assert float(adaptive_weight(compared, fooling, layer)) == LARGEST_WEIGHT


def test_the_hinge_by_hand():
    real, made = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.0])
    assert float(hinge_loss(real, made)) == pytest.approx(((0 + 0.5 + 2) / 3 + (0 + 1 + 2) / 3) / 2)


def test_the_last_layer_is_the_one_that_paints():
    decoder = Decoder(AutoencoderConfig(4, (4, 8, 8), (1, 1, 1)))
    assert last_weight(decoder).shape == (12, 4, 3, 3)  # 3 colours of 2 x 2 pixels
    sounds = SoundDecoder(SoundConfig(4, (4, 8), (1, 1), (4, 5)))
    assert last_weight(sounds).shape == (4, 4, 7)  # 4 samples at once


class Judge(nn.Module):
    """Scores by one weight a pixel, which starts at nothing."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 8, 8))

    def forward(self, media):
        return (media * self.weight).sum((1, 2, 3))


def test_it_takes_part_from_its_start_on():
    adversary = Adversary(Judge(), AdversaryPlan(start=5, strength=0.5, learning_rate=0.1), CPU)
    decoded = torch.ones(2, 3, 8, 8, requires_grad=True)
    assert adversary.fool(4, decoded, decoded, decoded.sum(), decoded) == {}
    assert adversary.learn(4, decoded, decoded) == {} and not adversary.network.weight.any()
    assert float(adversary.learn(5, -decoded, decoded)["adversary"]) == pytest.approx(1.0)  # scores of 0: a chance
    assert float(adversary.learn(6, -decoded, decoded)["adversary"]) < 1.0
    assert (adversary.network.weight < 0).all()  # originals are -1 here


def test_what_fools_is_weighted_and_leaves_the_judge_alone():
    """In float32: a judge of which every pixel counts -2, compared by the mean of squares."""
    adversary = Adversary(Judge(), AdversaryPlan(start=0, strength=0.5, learning_rate=0.1), CPU)
    adversary._scores = lambda media: adversary.network(media)
    with torch.no_grad():
        adversary.network.weight.fill_(-2)
    decoded = torch.full((2, 3, 8, 8), 0.5, requires_grad=True)
    compared = decoded.square().mean()
    term = adversary.fool(0, decoded, decoded, compared, decoded)["adversarial"]
    many = decoded.numel()
    norms = [np.sqrt(many) * np.abs(one) for one in (2 * 0.5 / many, 2 / 2)]  # of the mean of squares; of -mean score
    score = 192 * 0.5 * -2
    assert float(term.detach()) == pytest.approx(0.5 * norms[0] / (norms[1] + DELTA) * -score, rel=1e-5)
    term.backward()
    assert adversary.network.weight.grad is None and adversary.network.weight.requires_grad
    assert (decoded.grad > 0).all()  # what is lowered makes it look more like an original


def test_its_state_comes_back():
    plan = AdversaryPlan(0, 1.0, 0.01)
    media = torch.from_numpy(numbers((2, 3, 32, 32), 0)).float()
    torch.manual_seed(0)
    one = Adversary(PatchAdversary((4, 8)), plan, CPU)
    one.learn(0, media, -media)
    other = Adversary(PatchAdversary((4, 8)), plan, CPU)
    other.load_state_dict(copy.deepcopy(one.state_dict()))  # as a file would hold it
    for adversary in (one, other):
        adversary.learn(1, media, -media)
    for a, b in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_each_score_sees_its_patch_alone():
    torch.manual_seed(1)
    judge = PatchAdversary((4, 8))
    media = torch.from_numpy(numbers((1, 3, 64, 64), 4)).float().requires_grad_()
    scores = judge(media)
    assert scores.shape == (1, 1, 16, 16)
    scores[0, 0, 8, 8].backward()
    seen = media.grad.abs().sum((0, 1)).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [18, 18]  # 3 taps at 4 px, 4 at 2, 4 at 1
