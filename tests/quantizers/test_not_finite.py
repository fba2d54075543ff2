"""NaN and infinity, in codes and in latents: never chosen, learnt from by nothing, and counted."""

from __future__ import annotations

import pytest
import torch

from explorer.quantizers.initialization import Initialization, kmeans, spread_latents
from explorer.quantizers.kmeans import KMeansQuantizer
from explorer.quantizers.nearest import nearest_code, squared_distances
from explorer.quantizers.reseeding import STRATEGIES, Reseeding
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from tests.quantizers.made_quantizers import SETTINGS, SIZED, latents, trained

BAD = [torch.nan, torch.inf, -torch.inf]


def tables(quantizer: torch.nn.Module) -> list[torch.Tensor]:
    """The tensors that hold the codes of each level."""
    names = ("table",) if hasattr(quantizer, "table") else ("vectors",)
    return [tensor for key, tensor in quantizer.state_dict().items() if key.rpartition(".")[2] in names]


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("codes", [5, 2100])
def test_a_code_that_is_not_finite_is_never_chosen(metric, value, codes):
    """numpy's argmin takes NaN for the least: one NaN code took every token of its tile and hid the tiles after it."""
    generator = torch.Generator().manual_seed(0)
    z, vectors = torch.randn(60, 4, generator=generator), torch.randn(codes, 4, generator=generator)
    lost = torch.arange(codes) % 3 == 0
    good = nearest_code(z, vectors[~lost], metric)
    vectors[lost, 1] = value
    assert torch.equal(nearest_code(z, vectors, metric), torch.arange(codes)[~lost][good])


@pytest.mark.parametrize("value", BAD)
def test_a_latent_that_is_not_finite_gets_the_first_finite_code(value):
    z, vectors = torch.randn(6, 3), torch.randn(4, 3)
    z[2, 1] = value
    assert nearest_code(z, vectors)[2] == 0
    vectors[:2, 0] = torch.nan
    found = nearest_code(z, vectors)
    assert found[2] == 2 and (found >= 2).all()
    assert nearest_code(z, torch.full((4, 3), torch.nan)).tolist() == [0] * 6


@pytest.mark.parametrize("name", SIZED)
def test_codes_that_are_not_finite_are_counted_and_left_alone(name):
    quantizer, z = trained(name).eval(), latents(8, 200)
    chosen = quantizer(z).indices
    for level, table in enumerate(tables(quantizer)):
        table[chosen[0, level]] = torch.nan  # a code that is in use
    assert quantizer.codes_not_finite() == (1,) * quantizer.num_quantizers
    assert all(book.codes_not_finite == 1 for book in quantizer.codebooks())
    for training in (False, True):
        output = quantizer.train(training)(z)
        assert torch.isfinite(output.z_q).all() and torch.isfinite(output.loss)
        # What later residuals are depends on the level before, and of a sum each code on all others.
        first = {"rvq": 1, "additive": 0}.get(name, quantizer.num_quantizers)
        for level in range(quantizer.num_quantizers):
            assert not (output.indices[:, level] == chosen[0, level]).any()
            kept = chosen[:, level] != chosen[0, level]
            if not training and level < first:
                assert torch.equal(output.indices[kept, level], chosen[kept, level])
    if output.loss.requires_grad:
        output.loss.backward()
    for parameter in quantizer.parameters():  # SimVQ's basis is behind every code, the lost one, too
        assert name == "simvq" or parameter.grad is None or torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", list(SETTINGS))
def test_nothing_is_learnt_from_a_latent_that_is_not_finite(name, value):
    """A batch with such latents leaves what the batch without them leaves, and says how many there were."""
    if value != torch.nan and name in ("fsq", "lfq"):
        pytest.skip("an infinite number has a side, and an outermost level")
    plain, spoiled = trained(name).train(), trained(name).train()
    z = latents(plain.dim, 100)
    with_bad = torch.cat([z[:50], torch.full((3, plain.dim), 1.0), z[50:]])
    with_bad[50:53] = value
    kept = [*range(50), *range(53, 103)]
    torch.manual_seed(1)
    first = plain(z)
    torch.manual_seed(1)
    second = spoiled(with_bad.requires_grad_())
    assert [output.stages[0].latents_not_finite().item() for output in (first, second)] == [0, 3]
    assert (second.indices[50:53] == 0).all() and second.z_q[50:53].isnan().any(-1).all()
    if name != "gumbel":  # which draws for each latent, so the draws of the others differ
        assert torch.equal(second.indices[kept], first.indices)
        for key, tensor in plain.state_dict().items():
            torch.testing.assert_close(spoiled.state_dict()[key], tensor, rtol=1e-6, atol=1e-6)
    for count in (m.ema_count for m in spoiled.modules() if hasattr(m, "ema_count")):
        assert torch.isfinite(count).all()
    if second.loss.requires_grad:
        second.loss.backward()
    for parameter in spoiled.parameters():
        views = name == "multihead" and parameter.shape == spoiled.views[0].weight.shape  # the encoder's side
        assert parameter.grad is None or views or torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("update", ["ema", "gradient"])
@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s != "none"])
def test_reseeding_takes_no_such_latent(strategy, update):
    torch.manual_seed(0)
    reseeding = Reseeding(strategy, dead_by="steps", patience=1, every=1)
    quantizer = VectorQuantizer(4, 16, CodebookOptions(update=update, reseeding=reseeding)).train()
    z = latents(4, 64)
    z[::2, 1] = torch.nan
    for _ in range(5):
        quantizer(z)
    assert len(quantizer.drain_events()) > 5
    assert torch.isfinite(quantizer.vectors).all() and quantizer.codes_not_finite() == (0,)


def test_a_lost_code_is_revived():
    torch.manual_seed(0)
    reseeding = Reseeding("random_latent", dead_by="steps", patience=2, every=1)
    quantizer = VectorQuantizer(4, 16, CodebookOptions(reseeding=reseeding)).train()
    quantizer.vectors.data[3] = quantizer.ema_sum[3] = torch.nan
    for step in range(4):
        quantizer(latents(4, 64, seed=step))
    assert quantizer.codes_not_finite() == (0,) and 3 in [event.code for event in quantizer.drain_events()]


@pytest.mark.parametrize("name", ["kmeans", "online", "error_driven"])
def test_codes_start_on_finite_latents(name):
    torch.manual_seed(0)
    z = latents(4, 90)
    z[::3, 2] = torch.inf
    quantizer = VectorQuantizer(4, 16, CodebookOptions(initialization=Initialization(name))).train()
    quantizer(z)
    assert torch.isfinite(quantizer.vectors).all() and torch.isfinite(quantizer.ema_sum).all()


def test_kmeans_leaves_them_out():
    z = latents(4, 90)
    spoiled = z.clone()
    spoiled[::3, 2] = torch.nan
    finite = torch.arange(90) % 3 != 0
    torch.manual_seed(0)
    expected = kmeans(z[finite], 8, 5)
    torch.manual_seed(0)
    assert torch.equal(kmeans(spoiled, 8, 5), expected)
    torch.manual_seed(0)
    assert torch.isfinite(spread_latents(spoiled[finite], 8)).all()
    offline = KMeansQuantizer(4, 8, fit_at=2).train()
    for _ in range(2):
        offline(spoiled)
    assert bool(offline.fitted) and torch.isfinite(offline.vectors).all()


def test_distances_to_a_lost_code_are_infinite_and_teach_nothing():
    z, vectors = torch.randn(5, 3, requires_grad=True), torch.randn(4, 3)
    vectors[2, 0] = torch.nan
    vectors.requires_grad_()
    found = squared_distances(z, vectors)
    assert torch.isinf(found[:, 2]).all() and torch.isfinite(found[:, [0, 1, 3]]).all()
    (-found).softmax(-1).square().sum().backward()
    assert torch.isfinite(z.grad).all() and torch.isfinite(vectors.grad).all() and (vectors.grad[2] == 0).all()
