"""A curriculum of code activation, held to VQ with as many codes and to float64 by hand."""

import numpy as np
import pytest
import torch

from explorer.foundation.errors import SettingsError
from explorer.quantizers.gradual import NEW_CODES, NOISE, GradualQuantizer
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer

D, K = 3, 32


def latents(seed, n=256):
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


def gradual(**more):
    torch.manual_seed(0)
    return GradualQuantizer(D, K, **{"first_codes": 4, "grow_steps": 30, **more})


def test_codes_join_in_equal_ratios_until_all_are_at_work():
    quantizer, seen = gradual(), []
    for step in range(32):
        assert quantizer.scheduled(step) == min(K, round(4 * 8 ** (step / 30)))
        quantizer(latents(step))
        seen.append(quantizer.active)
    assert seen[0] == 4 and seen[29] < K and seen[30] == K == seen[31]
    assert seen == sorted(seen) == [quantizer.scheduled(step) for step in range(32)]
    assert [gradual(grow_steps=0).scheduled(step) for step in (0, 5)] == [K, K]
    assert gradual(first_codes=100).active == K


@pytest.mark.parametrize("update", ["ema", "gradient"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_before_any_joins_it_is_vq_with_as_many_codes(update, metric):
    """The same codes, losses and statistics as VQ of K_0 codes: those that wait take no part."""
    options = CodebookOptions(update=update, metric=metric, decay=0.8)
    ours, theirs = gradual(grow_steps=10_000, options=options), VectorQuantizer(D, 4, options)
    with torch.no_grad():
        theirs.vectors.copy_(ours.vectors[:4])
        theirs.ema_sum.copy_(ours.ema_sum[:4])
    waiting = ours.vectors[4:].clone()
    optimizers = [torch.optim.SGD(one.parameters(), lr=0.1) for one in (ours, theirs)] if update == "gradient" else []
    for step in range(10):
        a, b = ours(latents(step)), theirs(latents(step))
        assert torch.equal(a.indices, b.indices) and torch.equal(a.z_q, b.z_q) and torch.equal(a.loss, b.loss)
        for optimizer, output in zip(optimizers, (a, b), strict=False):
            optimizer.zero_grad()
            output.loss.backward()
            optimizer.step()
        assert torch.equal(ours.vectors[:4], theirs.vectors) and torch.equal(
            ours.counts.ema_count[:4], theirs.counts.ema_count
        )
        assert torch.equal(ours.vectors[4:], waiting) and not ours.counts.ema_count[4:].any()


def test_a_code_that_joins_takes_half_of_the_one_that_most_latents_choose():
    quantizer = gradual(grow_steps=10, options=CodebookOptions(decay=0.9))
    steps = 0
    while quantizer.scheduled(steps) == 4:
        quantizer(latents(steps))
        steps += 1
    count, sums = quantizer.counts.ema_count.double().numpy().copy(), quantizer.ema_sum.double().numpy().copy()
    codes = quantizer.vectors.double().detach().numpy().copy()
    joined = quantizer.scheduled(steps) - 4
    assert joined == 1
    z = latents(steps)
    nearest = np.square(z.double().numpy()[:, None] - codes[:4]).sum(-1).argmin(1)
    parent = int(np.bincount(nearest, minlength=4).argmax())
    quantizer._grow(z)
    assert quantizer.active == 5
    count[[parent, 4]], sums[parent] = count[parent] / 2, sums[parent] / 2
    np.testing.assert_allclose(quantizer.counts.ema_count.numpy(), count, rtol=1e-6)
    np.testing.assert_allclose(quantizer.ema_sum[parent].numpy(), sums[parent], rtol=1e-6)
    away = np.abs(quantizer.vectors[4].detach().double().numpy() - codes[parent])
    assert 0 < away.max() < 6 * NOISE * z.std(0).max()


@pytest.mark.parametrize("new_codes", NEW_CODES)
@pytest.mark.parametrize("start", ["gaussian", "kmeans", "online"])
def test_in_the_end_all_are_at_work_and_used(new_codes, start):
    reseeding = Reseeding("random_latent", threshold=1.0, every=5)
    options = CodebookOptions(initialization=Initialization(start), reseeding=reseeding, decay=0.9)
    quantizer = gradual(new_codes=new_codes, options=options)
    for step in range(80):
        output = quantizer(latents(step))
        assert int(output.indices.max()) < quantizer.active
        events = quantizer.drain_events()
        assert all(event.code < quantizer.active for event in events), "a code that waits is not dead"
    assert len(torch.unique(output.indices)) > 0.8 * K
    error, spread = (output.stages[0].z_e - output.stages[0].z_q).square().sum(-1).mean(), latents(79).var(0).sum()
    assert float(error / spread) < 0.3


def test_a_split_never_takes_a_code_that_waits_as_its_source():
    options = CodebookOptions(reseeding=Reseeding("split", threshold=1e6, every=1))  # all at work are called dead
    quantizer = gradual(grow_steps=10_000, options=options)
    before = quantizer.vectors.clone()
    quantizer(latents(0))
    assert quantizer.drain_events() == [] and torch.equal(quantizer.vectors[4:], before[4:])


def test_it_goes_on_where_it_was_saved():
    first = gradual(new_codes="latent")
    for step in range(12):
        first(latents(step))
    second = gradual(new_codes="latent")
    second.load_state_dict(first.state_dict())
    assert second.active == first.active > 4
    for one in (first, second):
        torch.manual_seed(1)
        one(latents(20))
    assert torch.equal(first.vectors, second.vectors) and first.active == second.active


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"first_codes": 0}, "first_codes"),
        ({"grow_steps": -1}, "grow_steps"),
        ({"new_codes": "x"}, "split, latent"),
        ({"options": CodebookOptions(update="soft_em")}, "soft EM"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(more, words):
    with pytest.raises(SettingsError, match=words):
        gradual(**more)
