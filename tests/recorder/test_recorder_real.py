"""Real trainings with vector-quantize-pytorch on patches of a photograph, recorded, beside logs of their own: one that
collapses and is mended, one residual, one FSQ."""

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from explorer.recorder import Recorder, open_recording

STEPS, MENDED, SIDE, D, K = 160, 80, 8, 8, 64
library = pytest.importorskip("vector_quantize_pytorch")


def patches():
    """(n, SIDE * SIDE) of the camera man, in [-1, 1]."""
    photo = torch.from_numpy(data.camera().astype(np.float32) / 127.5 - 1)
    return photo.unfold(0, SIDE, SIDE).unfold(1, SIDE, SIDE).reshape(-1, SIDE * SIDE)


class Log:
    """What happened, told by nobody but the quantizer's own arrays: chosen codes a step, and which vectors differ after
    the method that looks for expired codes."""

    def __init__(self, quantizer, codes):
        self.step, self.expired, self.codes, self.chosen = 0, [], codes, []
        quantizer.register_forward_hook(lambda m, x, out: self.chosen.append(out[1].reshape(len(x[0][0]), -1).numpy()))
        books = [part for part in quantizer.modules() if type(part).__name__ == "Codebook"]
        for level, book in enumerate(books):
            self._wrap(level, book, book.expire_codes_)

    def _wrap(self, level, book, method):
        def expire_codes_(*args, **kwargs):
            before = book.embed.clone()
            method(*args, **kwargs)
            changed = torch.nonzero((book.embed[0] != before[0]).any(-1))[:, 0].tolist()
            self.expired += [(self.step, level, code) for code in changed]

        book.expire_codes_ = expire_codes_

    def counts(self, level, first, last):
        return np.bincount(np.concatenate([one[:, level] for one in self.chosen[first:last]]), minlength=self.codes)


def run(folder, quantizer, codes, mend=None):
    torch.manual_seed(0)
    items, chance = patches(), torch.Generator().manual_seed(1)
    encoder = nn.Sequential(nn.Linear(SIDE * SIDE, 32), nn.ReLU(), nn.Linear(32, D))
    decoder = nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Linear(32, SIDE * SIDE))
    model, log = nn.ModuleList([encoder, quantizer, decoder]), Log(quantizer, codes)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    recorder = Recorder(folder, every=20).watch(nn.Sequential(encoder, quantizer), probe=items[None, :64])
    for step in range(1, STEPS + 1):
        log.step = step
        if step == MENDED and mend is not None:
            mend()
        x = items[torch.randint(0, len(items), (256,), generator=chance)][None]  # (1, N, V)
        quantized, _, *loss = quantizer(encoder(x))
        losses = {"reconstruction": (decoder(quantized) - x).square().mean()}
        losses |= {"commitment": loss[0].sum()} if loss else {}
        sum(losses.values()).backward()
        optimizer.step()
        optimizer.zero_grad()
        recorder.step(losses=losses)
    recorder.close()
    recording = open_recording(folder)
    assert recording.steps == (1, *range(20, STEPS + 1, 20)) and recording.notes == ()
    for level in range(len(recording.levels)):
        for i, step in enumerate(recording.steps):
            before = recording.steps[i - 1] if i else 0
            np.testing.assert_array_equal(recording.counts(i, level), log.counts(level, before, step))
    told = sorted((event.step, event.level, event.code) for event in recording.events)
    assert told == sorted(log.expired)
    assert recording.scalars["reconstruction"][-1] < 0.7 * recording.scalars["reconstruction"][0]
    assert np.isfinite(recording.scalars["drift"][1:]).all() and (recording.scalars["drift"][1:] > 0).all()
    return recording, log


def test_a_codebook_that_collapses_and_is_mended(tmp_path):
    quantizer = library.VectorQuantize(dim=D, codebook_size=K, threshold_ema_dead_code=0, decay=0.9)
    book = quantizer._codebook
    with torch.no_grad():  # far from the latents, so that few codes win
        book.embed.mul_(0).add_(torch.randn(book.embed.shape, generator=torch.Generator().manual_seed(2)) * 5)
        book.embed_avg.copy_(book.embed)

    def mend():
        book.threshold_ema_dead_code, book.reset_cluster_size, book.has_dead_code_replacement = 0.1, 2.0, True

    recording, log = run(tmp_path / "run", quantizer, K, mend)
    step, dead = recording.scalars["step"], recording.scalars["dead_0"]
    assert min(event[0] for event in log.expired) == MENDED
    assert dead[step == 60] > 0.5 and dead[-1] < 0.1
    assert recording.scalars["perplexity_all_0"][step == 60] < 10 < recording.scalars["perplexity_all_0"][-1]
    frame = recording.frame(3)
    silent = np.array([60 - max([s + 1 for s in range(60) if c in log.chosen[s]], default=0) for c in range(K)])
    np.testing.assert_array_equal(frame.levels[0].silent, silent)
    np.testing.assert_array_equal(frame.levels[0].state == 1, silent >= 20)


def test_a_residual_quantizer(tmp_path):
    quantizer = library.ResidualVQ(
        dim=D, codebook_size=K, num_quantizers=3, threshold_ema_dead_code=1, decay=0.9, kmeans_init=True
    )
    recording, log = run(tmp_path / "run", quantizer, K)
    assert {event[1] for event in log.expired} == {0, 1, 2}
    errors = [float(np.square(level.z_e).sum(1).mean()) for level in recording.frame(8).levels]
    assert errors[0] > errors[1] > errors[2] > recording.scalars["quantization_error"][-1]


def test_fsq(tmp_path):
    recording, log = run(tmp_path / "run", library.FSQ(levels=[8, 5, 5], dim=D), 200)
    assert log.expired == [] and recording.frame(3).levels[0].metric == "implicit"
    level = recording.frame(8).levels[0]
    cells = np.array([1 / 4, 1 / 2, 1 / 2])  # the way between two codes of an axis of 8 or of 5 values
    assert np.abs(level.z_e - level.vectors[level.indices]).max(0) == pytest.approx(cells / 2, rel=0.1)
