"""Methods of one learned table, each against float64 formulas of its own, a case by hand or the authors' code."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.learned.affine import AffineQuantizer
from explorer.quantizers.learned.cvq import OnlineClusteredQuantizer
from explorer.quantizers.learned.diveq import DirectionalQuantizer
from explorer.quantizers.learned.ibq import IndexBackpropQuantizer
from explorer.quantizers.learned.nsvq import NoiseSubstitutionQuantizer
from explorer.quantizers.learned.soft import SoftQuantizer
from tests.quantizers.made_quantizers import latents

ROOM = ("soft", "ibq", "affine", "cvq", "nsvq", "diveq")
Z = latents(3, 40, seed=2)


def pairs(z: Tensor, vectors: Tensor) -> Tensor:
    """Squared distances by brute force in float64: (N, D), (K, D) -> (N, K)."""
    return (z.double()[:, None] - vectors.detach().double()).square().sum(-1)


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(found.detach().double(), expected.detach(), rtol=tolerance, atol=tolerance)


def test_soft_is_the_convex_mixture_and_so_is_its_gradient():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(3, 7, soft_temperature=2.5, beta=0.0).train()
    z = Z.clone().requires_grad_()
    output = quantizer(z)
    x, e = Z.double().requires_grad_(), quantizer.vectors.detach().double().requires_grad_()
    weights = torch.exp(-(x[:, None] - e).square().sum(-1) / 2.5)
    expected = (weights / weights.sum(1, keepdim=True)) @ e
    close(output.z_q, expected)
    output.z_q.pow(3).sum().backward()
    expected.pow(3).sum().backward()
    close(z.grad, x.grad, 1e-4)
    close(quantizer.vectors.grad, e.grad, 1e-3)
    assert (quantizer.vectors.grad != 0).all()  # every code learns from every latent


def test_soft_cools_in_even_ratios_and_ends_hard():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(3, 7, soft_temperature=4.0, final_temperature=1e-4, anneal_steps=4).train()
    seen, softness = [], []
    for _ in range(7):
        seen.append(quantizer.tau)
        softness.append((quantizer(Z).z_q - quantizer.vectors[pairs(Z, quantizer.vectors).argmin(1)]).norm().item())
    assert seen == pytest.approx([4.0, 4.0 * 2.5e-5**0.25, 4.0 * 2.5e-5**0.5, 4.0 * 2.5e-5**0.75, *[1e-4] * 3])
    assert softness[0] > 1 and softness[-1] < 0.02 * softness[0]
    assert torch.equal(quantizer.eval()(Z).z_q, quantizer.vectors[pairs(Z, quantizer.vectors).argmin(1)])


def test_the_weights_of_soft_sum_to_one_and_a_cold_one_by_hand():
    quantizer = SoftQuantizer(1, 2, soft_temperature=2.0)
    with torch.no_grad():
        quantizer.vectors.copy_(torch.tensor([[0.0], [2.0]]))
    weights = quantizer.mixture_weights(torch.tensor([[0.5]]), quantizer.vectors)[0]  # distances 0.25 and 2.25
    assert weights.tolist() == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))], rel=1e-6)


def test_ibq_passes_the_gradient_of_the_softmax_to_all_codes():
    torch.manual_seed(0)
    quantizer = IndexBackpropQuantizer(3, 7, index_temperature=1.5, index_entropy=0.3, beta=0.25).train()
    z = Z.clone().requires_grad_()
    output = quantizer(z)
    x, e = Z.double().requires_grad_(), quantizer.vectors.detach().double().requires_grad_()
    squares = (x[:, None] - e).square().sum(-1)
    p = (-squares / 3).softmax(-1)
    hard = torch.nn.functional.one_hot(squares.argmin(1), 7).double()
    z_q, codes = (hard - p.detach() + p) @ e, hard @ e
    mean = p.mean(0)
    entropies = -(p * p.log()).sum(1).mean() + (mean * mean.log()).sum()
    loss = (z_q - x).square().mean() + 0.25 * (codes.detach() - x).square().mean()
    loss = loss + (codes - x.detach()).square().mean() + 0.3 * entropies
    close(output.z_q, codes)
    close(output.loss, loss)
    (output.loss + output.z_q.pow(3).mean()).backward()
    (loss + z_q.pow(3).mean()).backward()
    close(z.grad, x.grad, 1e-4)
    close(quantizer.vectors.grad, e.grad, 1e-4)
    unused = hard.sum(0) == 0
    assert unused.any() and (quantizer.vectors.grad[unused].abs().sum(1) > 0).all()


def test_affine_codes_share_what_the_codebook_loss_teaches():
    torch.manual_seed(0)
    quantizer = AffineQuantizer(3, 7, beta=0.0).train()
    with torch.no_grad():
        quantizer.mean.copy_(torch.tensor([0.5, -1.0, 2.0]))
        quantizer.log_std.copy_(torch.tensor([0.0, 0.7, -0.3]))
    output = quantizer(Z)
    mean, log_std, v = (
        one.detach().double().requires_grad_() for one in (quantizer.mean, quantizer.log_std, quantizer.vectors)
    )
    table = mean + log_std.exp() * v
    codes = table[pairs(Z, table).argmin(1)]
    loss = (codes - Z.double()).square().mean()
    close(output.loss, loss)
    output.loss.backward()
    loss.backward()
    close(quantizer.mean.grad, mean.grad)
    close(quantizer.log_std.grad, log_std.grad)
    close(quantizer.vectors.grad, v.grad)
    before = quantizer.code_table().detach().clone()
    with torch.no_grad():
        quantizer.mean -= 0.1 * quantizer.mean.grad
    moved = quantizer.code_table() - before
    assert (quantizer.vectors.grad.abs().sum(1) == 0).any()  # a code that won nothing ...
    close(moved, (-0.1 * mean.grad).expand(7, 3))  # ... moves as all others do


def test_running_affine_codes_have_the_moments_of_the_latents():
    torch.manual_seed(0)
    quantizer = AffineQuantizer(3, 50, affine="running", decay=0.5).train()
    batches = [latents(3, 200, seed=seed) * 3 + 7 for seed in (1, 2)]
    for z in batches:
        quantizer(z)
    weights = torch.tensor([1.0, 2.0]).double() / 3  # 0.5 x 0.5 and 0.5, of 0.75 in all
    first = sum(w * z.double().mean(0) for w, z in zip(weights, batches, strict=True))
    second = sum(w * z.double().square().mean(0) for w, z in zip(weights, batches, strict=True))
    table = quantizer.code_table()
    close(table.mean(0), first, 1e-4)
    close(table.var(0, unbiased=False), second - first.square(), 1e-3)
    theirs = (quantizer.vectors - quantizer.vectors.mean(0)) / quantizer.vectors.std(0, unbiased=False)
    close((table - table.mean(0)) / table.std(0, unbiased=False), theirs.double(), 1e-3)


def test_running_affine_codes_are_those_of_vector_quantize_pytorch():
    """After one batch, when the averages of both are those of that batch."""
    library = pytest.importorskip("vector_quantize_pytorch")
    torch.manual_seed(0)
    quantizer = AffineQuantizer(3, 50, affine="running").train()
    z = latents(3, 200) * 3 + 7
    module = library.VectorQuantize(3, 50, affine_param=True, learnable_codebook=True, ema_update=False)
    module._codebook.embed.data.copy_(quantizer.vectors.detach()[None])
    theirs, indices = module.train()(z[None])[:2]
    quantizer(z)
    ours = quantizer.eval()(z)
    assert torch.equal(ours.indices[:, 0], indices[0]) and len(indices.unique()) > 10
    torch.testing.assert_close(ours.z_q, theirs[0].detach(), rtol=1e-4, atol=1e-4)


def test_affine_codes_follow_latents_that_left():
    """The claim of the paper: codes that win nothing are not left behind."""
    alive = {}
    for name, more in (("affine", {"affine": "running", "decay": 0.9}), ("cvq", {"anchor": "random"}), ("soft", {})):
        torch.manual_seed(0)
        quantizer = QUANTIZERS.load(name)(3, 32, **more).train()
        for step in range(60):
            quantizer(latents(3, 256, seed=step) + 50)  # no optimizer: what is shared alone
        alive[name] = len(quantizer.eval()(latents(3, 2000, seed=99) + 50).indices.unique())
    assert alive["affine"] > 15 and alive["cvq"] > 15 and alive["soft"] < 5


def cvq_by_hand(vectors: Tensor, usage: Tensor, z: Tensor, decay: float, anchors: Tensor) -> tuple[Tensor, Tensor]:
    """One step of the paper in float64: (K, D), (K,), (N, D), anchors (K, D) -> the same two, later."""
    k = len(vectors)
    n = torch.bincount(pairs(z, vectors).argmin(1), minlength=k).double()
    usage = decay * usage + (1 - decay) * n / len(z)
    a = torch.exp(-usage * k * 10 / (1 - decay) - 1e-3)[:, None]
    return (1 - a) * vectors + a * anchors, usage


def test_cvq_draws_unused_codes_onto_their_closest_latents():
    torch.manual_seed(0)
    quantizer = OnlineClusteredQuantizer(3, 20, decay=0.9).train()
    vectors, usage = quantizer.vectors.detach().double(), torch.zeros(20).double()
    for seed in range(5):
        z = latents(3, 64, seed=seed)
        anchors = z.double()[pairs(z, vectors).argmin(0)]
        vectors, usage = cvq_by_hand(vectors, usage, z, 0.9, anchors)
        quantizer(z)
        close(quantizer.vectors, vectors, 1e-4)
        close(quantizer.usage, usage)
    assert (usage == 0).any() and (usage > 0.05).any()  # both kinds of codes were there


@pytest.mark.parametrize("anchor", ["random", "probrandom"])
def test_cvq_draws_to_latents_of_the_batch(anchor):
    torch.manual_seed(0)
    quantizer = OnlineClusteredQuantizer(2, 16, anchor=anchor, initialization=Initialization(offset=30.0)).train()
    z = torch.tensor([[0.0, 0.0], [9.0, 0.0]]).repeat(50, 1)
    z[3] = torch.nan
    quantizer(z)
    moved = quantizer.vectors.detach()
    used = quantizer.usage > 0
    start = OnlineClusteredQuantizer(2, 16)  # what e^-eps leaves of a start 30 away is 0.03
    assert start.anchor == "closest" and used.sum() == 1
    at = pairs(moved[~used], torch.tensor([[0.0, 0.0], [9.0, 0.0]])).min(1)
    assert (at.values < 0.01).all()
    nearer = at.indices.float().mean()
    assert (nearer == 1) if anchor == "probrandom" else (0 < nearer < 1)  # 9 is nearer to codes at 30


def test_nsvq_substitutes_noise_of_the_same_length():
    torch.manual_seed(0)
    quantizer = NoiseSubstitutionQuantizer(3, 7).train()
    z = Z.clone().requires_grad_()
    torch.manual_seed(5)
    output = quantizer(z)
    torch.manual_seed(5)
    noise = torch.randn(40, 3).double()
    x, e = Z.double().requires_grad_(), quantizer.vectors.detach().double().requires_grad_()
    away = (x - e[pairs(Z, e).argmin(1)]).norm(dim=1, keepdim=True)
    expected = x + away * noise / noise.norm(dim=1, keepdim=True)
    close(output.z_q, expected)
    close((output.z_q - z).norm(dim=1), away[:, 0])  # as far as the code, in another direction
    output.z_q.pow(3).sum().backward()
    expected.pow(3).sum().backward()
    close(z.grad, x.grad, 1e-4)
    close(quantizer.vectors.grad, e.grad, 1e-3)
    assert output.loss_terms == {} and (quantizer.vectors.grad != 0).any()


def test_diveq_is_that_of_its_authors():
    pytest.importorskip("diveq")
    from diveq import DIVEQ

    torch.manual_seed(0)
    quantizer = DirectionalQuantizer(3, 7, direction_noise=0.05).train()
    theirs = DIVEQ(7, 3, noise_var=0.05, codebook_reset=False, allow_warning=False, verbose=False)
    theirs.codebook.data.copy_(quantizer.vectors.detach())
    z, x = (Z.clone().requires_grad_() for _ in range(2))
    torch.manual_seed(5)
    output = quantizer(z)
    torch.manual_seed(5)
    z_q, indices, _ = theirs(x)
    assert torch.equal(output.indices[:, 0], indices)
    torch.testing.assert_close(output.z_q, z_q, rtol=1e-5, atol=1e-5)
    output.z_q.pow(3).sum().backward()
    z_q.pow(3).sum().backward()
    torch.testing.assert_close(z.grad, x.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(quantizer.vectors.grad, theirs.codebook.grad, rtol=1e-4, atol=1e-3)


def test_diveq_by_its_formula():
    torch.manual_seed(0)
    quantizer = DirectionalQuantizer(3, 7, direction_noise=0.05).train()
    z = Z.clone().requires_grad_()
    torch.manual_seed(5)
    output = quantizer(z)
    torch.manual_seed(5)
    noise = 0.05 * torch.randn(40, 3).double()
    x, e = Z.double().requires_grad_(), quantizer.vectors.detach().double().requires_grad_()
    codes = e[pairs(Z, e).argmin(1)]
    towards = (codes - x + noise).detach()
    expected = x + (codes - x).norm(dim=1, keepdim=True) * towards / towards.norm(dim=1, keepdim=True)
    close(output.z_q, expected)
    output.z_q.pow(3).sum().backward()
    expected.pow(3).sum().backward()
    close(z.grad, x.grad, 1e-4)
    close(quantizer.vectors.grad, e.grad, 1e-3)
    quantizer.direction_noise = 0.0
    close(quantizer(Z).z_q, codes)  # without noise the very code


@pytest.mark.parametrize("name", ["nsvq", "diveq"])
def test_a_latent_on_its_code_gives_a_finite_gradient(name):
    quantizer = QUANTIZERS.load(name)(3, 7).train()
    z = quantizer.vectors.detach()[[2, 2, 5]].clone().requires_grad_()
    quantizer(z).z_q.sum().backward()
    assert torch.isfinite(z.grad).all() and torch.isfinite(quantizer.vectors.grad).all()


@pytest.mark.parametrize("name", ROOM)
def test_a_start_on_latents_is_run_once_and_remembered(name):
    torch.manual_seed(0)
    first = QUANTIZERS.load(name)(3, 8, initialization=Initialization("kmeans")).train()
    far = latents(3, 200) + 40
    first(far)
    assert bool(first.initialized) and len(first.eval()(far).indices.unique()) == 8
    second = QUANTIZERS.load(name)(3, 8, initialization=Initialization("kmeans"))
    second.load_state_dict(first.state_dict())
    before = second.code_table().detach().clone()
    second.train()(far - 80)
    if name not in ("cvq", "affine"):  # which move by themselves
        assert torch.equal(second.code_table(), before)
    with pytest.raises(SettingsError, match="no online start"):
        QUANTIZERS.load(name)(3, 8, initialization=Initialization("online"))


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("soft", {"soft_temperature": 0.0}, "must be > 0"),
        ("soft", {"anneal_steps": 0}, "anneal_steps at least 1"),
        ("ibq", {"index_temperature": 0.0}, "index_temperature must be > 0"),
        ("affine", {"affine": "moving"}, "learned or running, got 'moving'"),
        ("cvq", {"anchor": "nearest"}, "closest, random, probrandom, got 'nearest'"),
        ("diveq", {"direction_noise": -1.0}, "at least 0, got -1"),
    ],
)
def test_what_cannot_be_is_said(name, changes, words):
    with pytest.raises(SettingsError, match=words):
        QUANTIZERS.load(name)(3, 8, **changes)
