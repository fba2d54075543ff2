"""Reseeding: each strategy revives dead codes and says from what; the EMA must not pull a reseeded code back."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from explorer.quantizers.base import CodeCounts
from explorer.quantizers.reseeding import Reseeding, by_silence, dead_codes, replacements
from explorer.quantizers.step.reservoir import Reservoir
from explorer.quantizers.step.rows import Rows
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer

K, D = 8, 2
STRATEGIES = ["random_latent", "hard_example", "split", "reservoir"]


def quantizer(metric: str = "euclidean", **reseeding: object) -> VectorQuantizer:
    """Codes 0..3 on the latents' square, codes 4..7 far away where no latent ever goes."""
    torch.manual_seed(0)
    made = VectorQuantizer(D, K, CodebookOptions(metric=metric, decay=0.9, reseeding=Reseeding(**reseeding)))
    near = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    made.vectors.data.copy_(torch.cat([near, 50.0 + torch.arange(8.0).view(4, 2)]))
    made.ema_sum.copy_(made.vectors)
    return made.train()


def latents(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).repeat(32, 1)
    return corners + 0.3 * torch.randn(128, D, generator=generator)


def replace(config, dead, z, vectors, indices, counts):
    """Those of `replacements` that are meant."""
    fresh, source, many = replacements(config, dead, Rows(z), vectors, indices, counts, None)
    return fresh[:many], source[:many]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "rule",
    [
        {"dead_by": "ema_count", "threshold": 0.5},
        {"dead_by": "steps", "patience": 10},
        {"dead_by": "perplexity", "threshold": 0.5},
        {"dead_by": "entropy", "threshold": 0.5},
    ],
)
def test_dead_codes_come_back_to_life(strategy, rule):
    alive = quantizer(strategy=strategy, every=5, **rule)
    for step in range(60):
        alive(latents(step))
    events = alive.drain_events()
    assert {event.code for event in events} == {4, 5, 6, 7}
    assert all(event.strategy == strategy and event.level == 0 and event.step % 5 == 0 for event in events)
    used = torch.bincount(alive.eval()(latents(99)).indices.flatten(), minlength=K)
    assert (used[4:] > 0).sum() >= 3
    assert alive.drain_events() == []


@pytest.mark.parametrize("rule", ["perplexity", "entropy"])
def test_a_rare_code_is_left_alone_while_the_codebook_is_in_good_use(rule):
    """Four codes of 20 tokens a step and four of one: perplexity 4.84 of 8, entropy 0.759 of log 8."""
    counts = CodeCounts(K, 0.9)
    counts.ema_count.copy_(torch.tensor([20.0, 20.0, 20.0, 20.0, 1.0, 1.0, 1.0, 1.0]))
    entropy = scipy.stats.entropy(counts.ema_count.numpy())
    share = {"perplexity": np.exp(entropy) / K, "entropy": entropy / np.log(K)}[rule]
    assert share == pytest.approx({"perplexity": 0.6055, "entropy": 0.7587}[rule], abs=1e-4)
    found = [dead_codes(counts, Reseeding("split", rule, 2.0, healthy_share=share + near)) for near in (-1e-4, 1e-4)]
    assert [one.tolist() for one in found] == [[False] * 8, [False] * 4 + [True] * 4]


def test_without_reseeding_they_stay_dead():
    dead = quantizer(strategy="none")
    for step in range(60):
        dead(latents(step))
    assert dead.eval()(latents(99)).indices.max() < 4
    assert dead.drain_events() == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_event_names_the_source(strategy):
    module = quantizer(strategy=strategy, dead_by="steps", patience=3, every=1, noise=0.0)
    for step in range(3):
        before = module._codes().clone()
        module(latents(step))
    events = module.drain_events()
    assert [(event.step, event.code) for event in events] == [(3, 4), (3, 5), (3, 6), (3, 7)]
    for event in events:
        if strategy == "split":
            assert event.source < 4  # a living code
            source = module.vectors[event.source]
        elif strategy == "reservoir":
            source = module.reservoir.sample()[event.source]
        else:
            source = latents(2)[event.source]
        torch.testing.assert_close(module.vectors[event.code], source)
    assert not torch.equal(before[4:], module.vectors[4:])


def test_noise_is_a_share_of_the_spread():
    z = torch.randn(4000, D) * torch.tensor([1.0, 5.0])
    config = Reseeding("random_latent", noise=0.1)
    dead = torch.ones(2000, dtype=torch.bool)
    fresh, source = replace(config, dead, z, z[:K], z.new_zeros(4000).long(), CodeCounts(2000, 0.9))
    torch.testing.assert_close((fresh - z[source]).std(0), 0.1 * z.std(0), rtol=0.1, atol=0.0)


def test_hard_examples_are_the_worst_served():
    z = torch.cat([torch.zeros(95, D), torch.full((5, D), 9.0)])
    config = Reseeding("hard_example", noise=0.0, top_fraction=0.05)
    dead = torch.arange(K) < 3
    fresh, source = replace(config, dead, z, torch.zeros(K, D), torch.zeros(100).long(), CodeCounts(K, 0.9))
    assert len(source) == 3 and (source >= 95).all() and (fresh == 9.0).all()


def test_split_takes_no_dead_parent_even_when_most_are_dead():
    counts = CodeCounts(K, 0.9)
    counts.ema_count.copy_(torch.tensor([0.0, 0.0, 7.0, 0.0, 0.0, 9.0, 0.0, 0.0]))
    z = torch.randn(10, D)
    vectors = torch.arange(16.0).view(K, D)
    dead = counts.ema_count == 0
    _, source = replace(Reseeding("split"), dead, z, vectors, torch.zeros(10).long(), counts)
    assert source.tolist() == [5, 2]  # each once; the other four dead codes wait


def test_split_takes_no_code_that_was_popular_once():
    """By steps a code can be dead whose average count is still the highest of all: 315 of 1,032 events copied such."""
    counts = CodeCounts(K, 0.9)
    counts.ema_count.copy_(torch.tensor([50.0, 40.0, 1.0, 3.0, 2.0, 30.0, 0.5, 0.0]))
    dead = torch.tensor([True, True, False, False, False, True, False, True])
    vectors = torch.arange(16.0).view(K, D)
    vectors[3, 0] = torch.nan  # not finite, so no parent either
    config = Reseeding("split", dead_by="steps")
    _, source = replace(config, dead, torch.randn(10, D), vectors, torch.zeros(10).long(), counts)
    assert source.tolist() == [4, 2, 6]


def test_by_steps_no_event_copies_a_dead_code():
    torch.manual_seed(0)
    reseeding = Reseeding("split", dead_by="steps", patience=5, every=1)
    module = VectorQuantizer(D, 64, CodebookOptions(decay=0.99, reseeding=reseeding)).train()
    copied = total = 0
    for step in range(200):
        dead = module.counts.steps_since_use + 1 >= 5
        turn = torch.tensor([[1.0, 0.0], [0.0, 1.0]]) * (step // 20 % 2 + 0.5)  # the latents move to and fro
        chosen = torch.bincount(module(latents(step) @ turn).indices.flatten(), minlength=64) > 0
        events = module.drain_events()
        total += len(events)
        copied += sum(bool(dead[event.source] and not chosen[event.source]) for event in events)
    assert total > 50 and copied == 0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_more_dead_codes_than_sources_wait_for_their_turn(strategy):
    """Two codes made of one latent would lie a hundredth of the spread apart and share what it stands for."""
    torch.manual_seed(0)
    noise = 0.01 if strategy == "split" else 0.0  # a child without any would be its parent
    reseeding = Reseeding(strategy, dead_by="steps", patience=3, every=1, noise=noise, reservoir_size=6)
    module = VectorQuantizer(D, 40, CodebookOptions(reseeding=reseeding)).train()
    module.vectors.data[6:] += 1000.0  # 34 codes that no latent comes near
    module.ema_sum.copy_(module.vectors)
    born = []
    for _ in range(12):
        living = int((module.counts.steps_since_use < 2).sum())
        module(6 * torch.randn(6, D))
        events = module.drain_events()
        sources = [event.source for event in events]
        assert len(set(sources)) == len(sources) <= (living + 6 if strategy == "split" else 6)
        assert len({tuple(row) for row in module.vectors[[event.code for event in events]].tolist()}) == len(events)
        born += [event.code for event in events]
    assert len(set(born)) >= 34  # and all had their turn


def test_those_that_are_silent_longest_come_first():
    counts = CodeCounts(K, 0.9)
    counts.steps_since_use.copy_(torch.tensor([5, 0, 9, 0, 7, 9, 0, 3]))
    assert by_silence(counts.steps_since_use > 2, counts)[:5].tolist() == [2, 5, 4, 0, 7]


@pytest.mark.parametrize("fresh_statistics", [True, False])
def test_the_ema_does_not_pull_a_reseeded_code_back(fresh_statistics):
    """The known bug (encodec issue 61), in numbers.

    Code 4 died at (50, 51) and is put on (3, 0), where no latent comes. Its next EMA step is M / N. With fresh
    statistics M = N (3, 0), so it stays at (3, 0) until it is chosen. With stale ones M still points to (50, 51),
    so one step takes it back there.
    """
    module = quantizer(strategy="random_latent", every=10**6, fresh_statistics=fresh_statistics)
    for step in range(5):
        module(latents(step))
    place = torch.tensor([[3.0, 0.0]])
    with torch.no_grad():
        module._set_codes(torch.tensor([4]), place, torch.tensor([True]))
    far = latents(5)
    far = far[far[:, 0] < 0]  # nothing near (3, 0)
    for _ in range(20):
        assert 4 not in module(far).indices
    expected = place[0] if fresh_statistics else torch.tensor([50.0, 51.0])
    torch.testing.assert_close(module.vectors[4].detach(), expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("update", ["ema", "gradient"])
@pytest.mark.parametrize("regularizers", [(), (("soft_entropy", 0.1), ("norm", 0.1), ("contrastive", 0.1))])
def test_gradients_are_those_of_the_codes_before_they_moved(metric, update, regularizers):
    """Backward must see the vectors of the forward pass, though EMA and reseeding have changed them since."""
    reseeding = Reseeding("random_latent", threshold=1e9, every=1)
    gradients = []
    for config in (reseeding, Reseeding()):
        torch.manual_seed(0)
        options = CodebookOptions(metric, update, reseeding=config, regularizers=regularizers)
        module = VectorQuantizer(D, K, options).train()
        z = latents(0).requires_grad_()
        module(z).loss.backward()
        gradients.append((z.grad, module.vectors.grad))
    torch.testing.assert_close(gradients[0][0], gradients[1][0])
    if update == "gradient":
        torch.testing.assert_close(gradients[0][1], gradients[1][1])


def test_reservoir_keeps_recent_latents_and_its_length_through_a_state_dict():
    torch.manual_seed(0)
    reservoir = Reservoir(64, D)
    reservoir.add(Rows(torch.zeros(40, D)))
    assert len(reservoir) == 40 and reservoir.sample().shape == (40, D)
    reservoir.add(Rows(torch.ones(40, D)))
    assert len(reservoir) == 64
    for value in range(2, 60):
        reservoir.add(Rows(torch.full((40, D), float(value))))
    assert reservoir.sample().min() > 1  # a latent stays for about eight batches
    other = Reservoir(64, D)
    other.load_state_dict(reservoir.state_dict())
    assert len(other) == 64 and torch.equal(other.sample(), reservoir.sample())
