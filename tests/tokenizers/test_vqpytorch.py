"""Modules of vector-quantize-pytorch attached to a user's encoder and decoder, against the library itself.

The oracle is the library's own forward in evaluation mode: the same indices, exactly, and the same output.
"""

import numpy as np
import pytest
import torch
from torch import nn

from explorer.foundation.errors import AdapterError
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.user.adapter import attach
from explorer.tokenizers.user.vqpytorch import KINDS, levels_of

library = pytest.importorskip("vector_quantize_pytorch")
DIM, TOKENS = 24, 40

# name of the case -> (class, its arguments, levels, combination)
CASES = {
    "vq": ("VectorQuantize", dict(dim=DIM, codebook_size=37), 1, "single"),
    "vq, projected, cosine": (
        "VectorQuantize",
        dict(dim=DIM, codebook_size=50, codebook_dim=6, use_cosine_sim=True),
        1,
        "single",
    ),
    "vq, heads on one table": (
        "VectorQuantize",
        dict(dim=DIM, codebook_size=20, heads=3, codebook_dim=8),
        3,
        "concatenate",
    ),
    "vq, heads apart, cosine": (
        "VectorQuantize",
        dict(dim=DIM, codebook_size=20, heads=4, separate_codebook_per_head=True, codebook_dim=5, use_cosine_sim=True),
        4,
        "concatenate",
    ),
    "vq, affine": (  # a decay of 1: the library would move the map to each batch, in evaluation mode too
        "VectorQuantize",
        dict(dim=DIM, codebook_size=30, affine_param=True, affine_param_batch_decay=1.0),
        1,
        "single",
    ),
    "rvq": ("ResidualVQ", dict(dim=DIM, codebook_size=32, num_quantizers=4), 4, "sum"),
    "rvq, sizes, projected": ("ResidualVQ", dict(dim=DIM, codebook_size=(16, 32, 8), codebook_dim=7), 3, "sum"),
    "rvq, shared, cosine": (
        "ResidualVQ",
        dict(dim=DIM, codebook_size=32, num_quantizers=3, shared_codebook=True, use_cosine_sim=True),
        3,
        "sum",
    ),
    "grouped rvq": ("GroupedResidualVQ", dict(dim=DIM, groups=2, codebook_size=16, num_quantizers=3), 6, "sum"),
    "fsq": ("FSQ", dict(levels=[8, 5, 3], dim=DIM), 1, "single"),
    "fsq, bare": ("FSQ", dict(levels=[7, 5, 4, 3]), 1, "single"),
    "fsq, two codebooks": ("FSQ", dict(levels=[5, 4], dim=DIM, num_codebooks=2), 2, "concatenate"),
    "fsq, symmetric": ("FSQ", dict(levels=[4, 2, 3], dim=DIM, preserve_symmetry=True), 1, "single"),
    "fsq, turned": ("FSQ", dict(levels=[5, 5, 5], dim=DIM, orthogonal_rotation=True), 1, "single"),
    "residual fsq": ("ResidualFSQ", dict(levels=[5, 4, 3], dim=DIM, num_quantizers=3), 3, "sum"),
    "residual fsq, soft": (
        "ResidualFSQ",
        dict(levels=[4, 4], dim=DIM, num_quantizers=2, bound_hard_clamp=False, soft_clamp_input_value=[2.0, 2.0]),
        2,
        "sum",
    ),
    "grouped residual fsq": ("GroupedResidualFSQ", dict(levels=[5, 3], dim=DIM, groups=2, num_quantizers=2), 4, "sum"),
    "lfq": ("LFQ", dict(dim=DIM, codebook_size=2**9), 1, "single"),
    "lfq, two codebooks, clamped": (
        "LFQ",
        dict(dim=DIM, codebook_size=2**5, num_codebooks=2, soft_clamp_input_value=3.0),
        2,
        "concatenate",
    ),
    "bsq": ("LFQ", dict(dim=DIM, codebook_size=2**7, spherical=True), 1, "single"),
    "bsq, turned": ("LFQ", dict(dim=DIM, codebook_size=2**6, spherical=True, orthogonal_rotation=True), 1, "single"),
    "residual lfq": ("ResidualLFQ", dict(dim=DIM, codebook_size=2**6, num_quantizers=3), 3, "sum"),
    "residual lfq, clamped": (
        "ResidualLFQ",
        dict(dim=DIM, codebook_size=2**6, num_quantizers=3, soft_clamp_input_value=2.0),
        3,
        "sum",
    ),
    "grouped residual lfq": (
        "GroupedResidualLFQ",
        dict(dim=DIM, codebook_size=16, groups=2, num_quantizers=2),
        4,
        "sum",
    ),
    "simvq": ("SimVQ", dict(dim=DIM, codebook_size=60), 1, "single"),
    "simvq, narrow": ("SimVQ", dict(dim=DIM, codebook_size=60, frozen_codebook_dim=5), 1, "single"),
    "residual simvq": ("ResidualSimVQ", dict(dim=DIM, codebook_size=30, num_quantizers=3), 3, "sum"),
    "latent": ("LatentQuantize", dict(levels=[5, 4, 3], dim=DIM), 1, "single"),
}  # fmt: skip


def module_of(name):
    """The module of a case, trained for three steps where it learns by itself, then in evaluation mode."""
    torch.manual_seed(sum(map(ord, name)))
    kind, arguments = CASES[name][:2]
    module = getattr(library, kind)(**arguments)
    if kind.endswith("VQ") or kind == "VectorQuantize":
        for _ in range(3):
            module.train()(torch.randn(2, 64, DIM) * 2)
    return module.eval()


def run_library(name, module, latents):
    """(B, N, C) -> the library's output (B, N, C) and indices (B, N, levels), in our order of levels."""
    if CASES[name][0] == "LatentQuantize":  # takes channels first only
        out, indices = module(latents.transpose(1, 2))[:2]
        return out.transpose(1, 2), indices[..., None]
    out, indices = module(latents)[:2]
    if CASES[name][0].startswith("Grouped"):
        return out, torch.cat(list(indices), dim=-1)  # (G, B, N, Q) -> (B, N, G Q)
    return out, indices if indices.ndim == 3 else indices[..., None]


@pytest.fixture(params=CASES)
def case(request):
    module = module_of(request.param)
    width = 4 if request.param == "fsq, bare" else DIM
    latents = torch.randn(2, TOKENS, width, generator=torch.Generator().manual_seed(1)) * 1.5
    with torch.inference_mode():
        return request.param, levels_of(module), latents, *run_library(request.param, module, latents)


@torch.inference_mode()
def test_indices_and_output_are_those_of_the_library(case):
    name, levels, latents, out, indices = case
    found = levels.quantize(latents)
    assert len(found) == CASES[name][2] == indices.shape[-1] and levels.combination == CASES[name][3]
    assert levels.channels == latents.shape[-1]
    for level, one in enumerate(found):
        np.testing.assert_array_equal(one.codes, indices[..., level], err_msg=f"{name}, level {level}")
    total = sum(levels.embed(level, one.codes, None) for level, one in enumerate(found))
    np.testing.assert_allclose(levels.output(total), out, atol=2e-5)


@torch.inference_mode()
def test_latents_lie_nearest_to_their_own_codes_in_the_space_of_the_codebook(case):
    name, levels, latents = case[:3]
    for one, book in zip(levels.quantize(latents), levels.codebooks(), strict=True):
        rows = torch.from_numpy(book.rows(np.arange(book.codebook_size)))
        np.testing.assert_allclose(rows[one.codes], one.z_q, atol=1e-6)
        if book.metric == "cosine":
            np.testing.assert_allclose(one.z_e.norm(dim=-1), 1, atol=1e-5)
            score = -(one.z_e @ (rows / rows.norm(dim=1, keepdim=True)).T)
        else:
            score = (one.z_e[:, :, None] - rows).square().sum(-1)
        best, own = score.min(-1).values, score.gather(-1, one.codes[..., None])[..., 0]
        assert (own <= best + 1e-4).all(), name


@torch.inference_mode()
def test_what_is_left_out_gives_nothing_or_the_mean_of_its_codes(case):
    levels, latents = case[1:3]
    kept = torch.zeros(2, TOKENS, dtype=torch.bool)
    kept[:, ::2] = True
    for level, (one, book) in enumerate(zip(levels.quantize(latents), levels.codebooks(), strict=True)):
        full, part = (levels.embed(level, one.codes, mask) for mask in (None, kept))
        np.testing.assert_array_equal(part[:, ::2], full[:, ::2])
        every = torch.arange(book.codebook_size)[None]
        absent = levels.embed(level, every, None).mean(1) if levels.combination == "concatenate" else 0 * full[:, 0]
        np.testing.assert_allclose(
            part[:, 1::2], absent[:1].expand_as(part[:, 1::2][0]).expand_as(part[:, 1::2]), atol=1e-5
        )


@torch.inference_mode()
def test_residual_levels_are_given_what_those_before_left_over():
    module = module_of("rvq")
    latents = torch.randn(2, TOKENS, DIM, generator=torch.Generator().manual_seed(2))
    found, rest = levels_of(module).quantize(latents), latents
    for one, layer in zip(found, module.layers, strict=True):
        np.testing.assert_allclose(one.z_e, rest, atol=1e-6)
        rest = rest - layer.codebook[one.codes]


@torch.inference_mode()
def test_random_projections_have_the_librarys_targets():
    torch.manual_seed(3)
    module = library.RandomProjectionQuantizer(dim=DIM, codebook_size=40, codebook_dim=6, num_codebooks=2)
    levels, latents = levels_of(module), torch.randn(2, TOKENS, DIM)
    indices = module(latents)
    for level, one in enumerate(levels.quantize(latents)):
        np.testing.assert_array_equal(one.codes, indices[..., level])


@torch.inference_mode()
def test_bits_are_the_librarys_without_chance_and_reach_the_decoder_as_one_hot():
    module = library.BinaryMapper(bits=5, deterministic_on_eval=True).eval()
    logits = torch.randn(2, TOKENS, 5, generator=torch.Generator().manual_seed(4))
    one_hot, indices, _ = module(logits, return_indices=True)
    levels = levels_of(module)
    (one,) = levels.quantize(logits)
    np.testing.assert_array_equal(one.codes, indices)
    np.testing.assert_array_equal(levels.output(levels.embed(0, one.codes, None)), one_hot)


def test_learned_values_of_a_latent_quantizer_are_what_is_decoded():
    """The library makes indices of values again, which learning breaks; here a digit stays the place of its value."""
    torch.manual_seed(5)
    module = library.LatentQuantize(levels=[5, 4], dim=2).eval()
    with torch.no_grad():
        for values in module.values_per_latent:
            values.add_(torch.linspace(-0.1, 0.2, len(values)))
    latents = torch.rand(1, 30, 2) - 0.5
    with torch.inference_mode():
        levels = levels_of(module)
        (one,) = levels.quantize(latents)
        np.testing.assert_allclose(one.z_q, module(latents.transpose(1, 2))[0].transpose(1, 2), atol=1e-6)
        brute = [(latents[..., d, None] - values).abs().argmin(-1) for d, values in enumerate(module.values_per_latent)]
        np.testing.assert_array_equal(one.codes, brute[0] + 5 * brute[1])


@pytest.mark.parametrize(
    ("kind", "arguments", "word"),
    [
        ("ResidualVQ", dict(dim=8, codebook_size=8, num_quantizers=2, implicit_neural_codebook=True), "QINCo"),
        ("ResidualVQ", dict(dim=8, codebook_size=8, num_quantizers=2, beam_size=2), "eval_beam_size=1"),
        ("VectorQuantize", dict(dim=8, codebook_size=8, kmeans_init=True), "Train it first"),
        ("EvoLFQ", None, "VectorQuantize"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(kind, arguments, word):
    module = type(kind, (nn.Module,), {})() if arguments is None else getattr(library, kind)(**arguments)
    with pytest.raises(AdapterError, match=word):
        levels_of(module)


def test_every_kind_is_tested():
    assert set(KINDS) == {kind for kind, *_ in CASES.values()} | {"RandomProjectionQuantizer", "BinaryMapper"}


@pytest.mark.parametrize("channel_order", ["first", "last", "sequence"])
def test_an_attached_autoencoder_is_the_users_own_forward(channel_order):
    """Whatever the order of the encoder's axes: tokenizing gives what encoder, library and decoder give."""
    torch.manual_seed(6)
    down, up = nn.Conv2d(3, DIM, 4, 4), nn.ConvTranspose2d(DIM, 3, 4, 4)
    image = dict(accept_image_fmap=True) if channel_order == "first" else {}
    vq = library.VectorQuantize(dim=DIM, codebook_size=64, codebook_dim=8, use_cosine_sim=True, **image)
    turn = {
        "first": (lambda z: z, lambda z: z),
        "last": (lambda z: z.movedim(1, -1), lambda z: z.movedim(-1, 1)),
        "sequence": (lambda z: z.flatten(2).transpose(1, 2), lambda z: z.transpose(1, 2).unflatten(2, (8, 12))),
    }[channel_order]
    codec = attach(
        lambda x: turn[0](down(x)), lambda z: torch.sigmoid(up(turn[1](z))), vq, downsampling=4, title="Mine"
    )
    tokenizer = AdaptedTokenizer(codec, codec.spec, "cpu")
    media = np.random.default_rng(0).random((32, 48, 3), np.float32)
    record = tokenizer.tokenize(media)
    with torch.inference_mode():
        z = down(torch.from_numpy(media).movedim(-1, 0)[None])
        out, indices, _ = vq.eval()(z if channel_order == "first" else z.flatten(2).transpose(1, 2))
        out = out if channel_order == "first" else out.transpose(1, 2).unflatten(2, (8, 12))
        expected = torch.sigmoid(up(out))[0].movedim(0, -1)
    np.testing.assert_array_equal(record.levels[0].indices, indices.reshape(8, 12))
    np.testing.assert_allclose(record.reconstruction, expected, atol=1e-5)
    np.testing.assert_allclose(tokenizer.detokenize([record.levels[0].indices]), record.reconstruction, atol=1e-6)
    assert tokenizer.spec.codebook_size == 64 and tokenizer.spec.codebook_dim == 8
