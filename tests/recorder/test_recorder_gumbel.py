"""Quantizers that sample their code: counts against what the sampling itself chose."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from explorer.quantizers import QUANTIZERS
from explorer.recorder import Recorder, open_recording

K, G, STEPS = 20, 2, 6


@pytest.fixture
def sampled(monkeypatch):
    """One-hot choices that torch's own sampling made, in their order."""
    made, sample = [], functional.gumbel_softmax

    def watched(*args, **kwargs):
        made.append(sample(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(functional, "gumbel_softmax", watched)
    return made


FAMILIES = [
    ("wav2vec2", "Wav2Vec2"),
    ("wavlm", "WavLM"),
    ("unispeech", "UniSpeech"),
    ("unispeech_sat", "UniSpeechSat"),
    ("wav2vec2_conformer", "Wav2Vec2Conformer"),
]


def wav2vec2(module, name):
    pytest.importorskip("transformers")
    found = pytest.importorskip(f"transformers.models.{module}.modeling_{module}")
    config = SimpleNamespace(
        num_codevector_groups=G, num_codevectors_per_group=K, codevector_dim=12, conv_dim=[10], hidden_size=10
    )
    torch.manual_seed(0)
    one = getattr(found, f"{name}GumbelVectorQuantizer")(config)
    nn.init.uniform_(one.codevectors)
    return one.train()


class GumbelVectorQuantizer(nn.Module):
    """In the layout of fairseq's: `vars` (1, groups of codes, d), logits of all groups, a dict with "x"."""

    def __init__(self, combine_groups, time_first):
        super().__init__()
        self.groups, self.num_vars, self.combine_groups, self.time_first = G, K, combine_groups, time_first
        self.vars = nn.Parameter(torch.rand(1, (1 if combine_groups else G) * K, 6))
        self.weight_proj = nn.Linear(10, G * K)

    def forward(self, x, produce_targets=False):
        x = x if self.time_first else x.transpose(1, 2)
        logits = self.weight_proj(x).view(-1, K)
        hard = functional.gumbel_softmax(logits, tau=1.0, hard=True).view(-1, G, K)
        codes = self.vars.repeat(1, G, 1) if self.combine_groups else self.vars
        out = torch.einsum("ngk,gkd->ngd", hard, codes.view(G, K, -1)).reshape(*x.shape[:2], -1)
        return {"x": out if self.time_first else out.transpose(1, 2)}


class GumbelQuantize(nn.Module):
    """In the layout of taming-transformers': logits by a convolution, (z_q, loss, (None, None, indices))."""

    def __init__(self, hard=True, vq=True):
        super().__init__()
        self.proj, self.embed, self.remap = nn.Conv2d(5, K, 1), nn.Embedding(K, 4), None
        self.hard, self.vq = hard, vq

    def forward(self, z):
        weights = functional.gumbel_softmax(self.proj(z), tau=1.0, dim=1, hard=self.hard)
        out, indices = torch.einsum("bnhw,nd->bdhw", weights, self.embed.weight), weights.argmax(1)
        return out, out.square().mean(), (None, None, indices) if self.vq else indices


def train(quantizer, shape, take, tmp_path):
    recorder = Recorder(tmp_path / "run", every=2).watch(nn.ModuleDict({"quantizer": quantizer}))
    optimizer = torch.optim.SGD(quantizer.parameters(), 0.1)
    for step in range(STEPS):
        given = torch.randn(shape, generator=torch.Generator().manual_seed(step)).requires_grad_()
        take(quantizer(given)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        recorder.step()
    recorder.close()
    return open_recording(tmp_path / "run")


def check(recording, chosen, tables):
    """chosen, tables: of each level, all codes that were sampled, and the codes (K, d) at the end."""
    assert recording.notes == () and len(recording.levels) == len(chosen)
    newest = len(recording.steps) - 1
    for level, (indices, table) in enumerate(zip(chosen, tables, strict=True)):
        np.testing.assert_array_equal(recording.totals(newest, level), np.bincount(indices, minlength=K))
        shown = recording.frame(newest).levels[level]
        np.testing.assert_array_equal(shown.vectors, table.detach().numpy())
        assert shown.z_e.shape == (0, table.shape[1])
    assert (recording.scalars["gradient_z_e"] > 0).all() and (recording.scalars["gradient_z_q"] > 0).all()


@pytest.mark.parametrize(("module", "name"), FAMILIES)
def test_the_kin_of_wav2vec_2(module, name, sampled, tmp_path):
    quantizer = wav2vec2(module, name)
    recording = train(quantizer, (3, 7, 10), lambda output: output[0], tmp_path)
    assert len(sampled) == STEPS
    hot = np.concatenate([one.detach().view(-1, G, K).argmax(-1).numpy() for one in sampled])  # (N, G)
    check(recording, hot.T, quantizer.codevectors.view(G, K, -1))
    assert [level.name for level in recording.levels] == ["group 1", "group 2"]


@pytest.mark.parametrize("combine", [False, True])
@pytest.mark.parametrize("time_first", [False, True])
def test_the_layout_of_fairseq(combine, time_first, sampled, tmp_path):
    quantizer = GumbelVectorQuantizer(combine, time_first)
    shape = (3, 7, 10) if time_first else (3, 10, 7)
    recording = train(quantizer, shape, lambda output: output["x"], tmp_path)
    hot = np.concatenate([one.detach().view(-1, G, K).argmax(-1).numpy() for one in sampled])
    tables = quantizer.vars.view(-1, K, 6)
    check(recording, hot.T, [tables[0], tables[-1]])


@pytest.mark.parametrize(("hard", "vq"), [(True, True), (False, True), (True, False)])
def test_the_layout_of_taming_transformers(hard, vq, sampled, tmp_path):
    quantizer = GumbelQuantize(hard, vq)
    recording = train(quantizer, (2, 5, 3, 4), lambda output: output[0] + output[1], tmp_path)
    check(recording, [np.concatenate([one.detach().argmax(1).flatten() for one in sampled])], [quantizer.embed.weight])
    assert recording.loss_names == ("kl_to_uniform",)


def test_ours_is_recorded_with_its_latents(sampled, tmp_path, monkeypatch):
    from explorer.quantizers import chance

    made, sample = [], chance.gumbel_softmax
    monkeypatch.setattr(chance, "gumbel_softmax", lambda *args: made.append(sample(*args)) or made[-1])
    quantizer = QUANTIZERS.load("gumbel")(4, K)
    with Recorder(tmp_path / "run", every=2).watch(nn.ModuleDict({"quantizer": quantizer})) as recorder:
        for step in range(STEPS):
            quantizer(torch.randn(30, 4, generator=torch.Generator().manual_seed(step))).loss.backward()
            recorder.step()
    recording = open_recording(tmp_path / "run")
    hot = torch.cat([one.detach().argmax(-1) for one in made]).numpy()
    np.testing.assert_array_equal(recording.totals(len(recording.steps) - 1, 0), np.bincount(hot, minlength=K))
    assert len(recording.frame(1).levels[0].z_e) == 2 * 30


def test_a_module_that_only_has_such_a_name_is_left_alone(tmp_path):
    class WrongGumbelVectorQuantizer(nn.Module):
        pass

    with pytest.warns(RuntimeWarning, match="no quantizer that is known was found"):
        Recorder(tmp_path / "run").watch(nn.Sequential(WrongGumbelVectorQuantizer())).close()
