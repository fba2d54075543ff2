"""The convolutional family: each public file loads, and codes and pictures are those of the original code."""

from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from convvq_originals import ENTRIES, IDS, indices_of, load, recognised, save, state
from ruled_weights import golden, ruled_picture

from explorer.analysis.codes.neighbours import assign
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.public.convvq.codes import SignCodes


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Entry -> its tokenizer, loaded once."""
    folder = tmp_path_factory.mktemp("convvq")
    return cache(lambda entry: load(save(entry, folder / f"{IDS[ENTRIES.index(entry)]}.safetensors")))


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_codes_and_pixels_are_the_originals(entry, loaded):
    tokenizer, expected = loaded(entry), golden("convvq")[f"{entry.name}_pixels"]
    record = tokenizer.tokenize(ruled_picture(entry.height, entry.width))
    assert len(record.levels) == entry.levels
    for level, indices in zip(record.levels, indices_of(entry), strict=True):
        assert np.array_equal(level.indices, indices)
    assert len(np.unique(np.concatenate([i.ravel() for i in indices_of(entry)]))) > 6  # so that equality says something
    assert np.abs(record.reconstruction[::4, ::4] - expected).max() < 1e-4
    assert np.abs(tokenizer.detokenize(indices_of(entry))[::4, ::4] - expected).max() < 1e-4


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_the_spec_is_known_before_weights(entry, loaded, tmp_path):
    header = read_header(save(entry, tmp_path / "x.safetensors"))
    assert recognised(header) == entry.format
    spec = FORMATS.load(entry.format).describe(header)
    assert (spec.codebook_size, spec.codebook_dim) == entry.codebook
    assert (spec.quantizer, spec.downsampling, spec.num_quantizers) == (
        entry.quantizer,
        entry.downsampling,
        entry.levels,
    )
    beside = ("embed_ema", "codebook_used", "cluster_size_ema", "ema_vocab_hit_SV")  # what training counted
    kept = [value.numel() for key, value in state(entry.name).items() if not key.endswith(beside)]
    assert spec.parameters == sum(kept) and spec.decodes and spec.modality == "image"


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_latents_lie_in_the_space_of_the_codebook(entry, loaded):
    """Brute force over the codebook by its metric finds the indices; z_q are its rows."""
    tokenizer = loaded(entry)
    levels = tokenizer.encode([ruled_picture(entry.height, entry.width)])[0]
    for level, book in zip(levels, tokenizer.codebooks(), strict=True):
        assert book.metric == entry.metric and (book.codebook_size, book.codebook_dim) == entry.codebook
        indices = level.indices.ravel()
        assert np.array_equal(level.z_q, book.rows(indices))
        if book.metric == "implicit":
            assert np.array_equal(level.z_q > 0, level.z_e > 0)
            continue
        z_e, vectors = level.z_e.astype(np.float64), book.vectors.astype(np.float64)
        far = ((z_e[:, None] - vectors) ** 2).sum(-1) if book.metric == "euclidean" else -(z_e @ vectors.T)
        assert np.array_equal(far.argmin(1), indices)
        if book.metric == "cosine":
            assert np.allclose([np.linalg.norm(z_e, axis=1).max(), np.linalg.norm(vectors, axis=1).min()], 1)


def test_a_coordinate_of_exactly_0_is_negative():
    """As Open-MAGVIT2 has it; its first axis counts least."""
    codes = SignCodes(SimpleNamespace(codebook_dim=4))
    codes.ready()
    points = torch.tensor([[0.0, 0, 0, 0], [-0.0, -0.0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], [1e-45, 0, -1, 0]])
    (stage,) = codes.stages(points.T.reshape(1, 4, 1, 5))
    assert stage.indices.ravel().tolist() == [0, 0, 8, 1, 1]
    assert stage.z_q[0, :2].tolist() == [[-1, -1, -1, -1]] * 2 and stage.z_q[0, 2].tolist() == [-1, -1, -1, 1]
    assert assign(codes.codebooks()[0], points.numpy()).tolist() == [0, 0, 8, 1, 1]


def test_a_residual_is_what_the_levels_before_it_left(loaded):
    rq = next(entry for entry in ENTRIES if entry.name == "rqvae")
    levels = loaded(rq).encode([ruled_picture(rq.height, rq.width)])[0]
    for before, after in pairwise(levels):
        assert np.allclose(after.z_e, before.z_e - before.z_q, atol=1e-5)


def test_training_counts_are_read_where_they_are(loaded):
    rq, var = (next(entry for entry in ENTRIES if entry.name == name) for name in ("rqvae", "var"))
    for level, book in enumerate(loaded(rq).codebooks()):
        assert np.array_equal(book.counts, state("rqvae")[f"quantizer.codebooks.{level}.cluster_size_ema"].numpy())
    counts = np.stack([book.counts for book in loaded(var).codebooks()])
    assert np.array_equal(counts, state("var")["quantize.ema_vocab_hit_SV"].numpy())
    assert loaded(ENTRIES[0]).codebooks()[0].counts is None


@pytest.mark.parametrize("recorded", ["chosen", "nothing", "no codes"])
def test_llamagen_keeps_the_codes_that_its_training_chose_last(recorded, tmp_path):
    chosen = torch.from_numpy(np.random.default_rng(0).integers(0, 200, 65536)).float()
    used = {"chosen": chosen, "nothing": torch.zeros(65536), "no codes": chosen + 0.5}[recorded]
    path = tmp_path / "vq_ds16_c2i.pt"
    torch.save({"model": state("llamagen_16") | {"quantize.codebook_used": used}}, path)
    counts = load(path).codebooks()[0].counts
    if recorded == "chosen":
        assert np.array_equal(counts, np.bincount(chosen.long(), minlength=256)) and counts[200:].sum() == 0
    else:
        assert counts is None


def test_counts_of_other_scales_are_left_out(tmp_path):
    path = tmp_path / "vae.pth"
    torch.save(state("var") | {"quantize.ema_vocab_hit_SV": torch.ones(7, 128)}, path)
    assert all(book.counts is None for book in load(path).codebooks())
