"""Architectures that run in half precision on CUDA: codebooks are those of float32, and activations beyond float16 are
computed in float32. All of it is seen on a CPU, where the networks are halved as there."""

import numpy as np
import pytest
import torch

from explorer.loading.fill import fill
from explorer.loading.recognition import recognise
from explorer.tokenizers import precision
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from tests.gpu.format_files import cases, medium_of

LOUD = 60_000.0  # the largest weight of a layer that is made loud; its sums lie beyond 65,504
LAYERS = {  # architecture -> early layers of encoder and decoder; what ends in a sigmoid is 0 to 1 in any precision
    "taming-vqgan": ("encoder.conv_in.weight", "decoder.conv_in.weight"),
    "titok": ("encoder.patch_embed.weight", "decoder.transformer.0.mlp.c_proj.weight"),
    "bsq-vit": ("encoder.conv1.weight", "decoder.transformer.resblocks.0.mlp.c_proj.weight"),
    "vit-vqgan": ("encoder.to_patch_embedding.0.weight", "decoder.transformer.layers.0.1.fn.net.2.weight"),
    "cosmos-di": ("encoder.conv_in.weight", "decoder.conv_in.weight"),
    "cosmos-dv": ("encoder.conv_in.0.conv3d.weight", "decoder.conv_in.0.conv3d.weight"),
    "openai-dvae": ("encoder.blocks.input.w",),
}


def pair(name, folder, loud=()):
    """The tokenizer in float32, and halved; layers named in `loud` have weights up to LOUD."""
    known = recognise(cases()[name][0].header(folder))
    made = []
    for _ in range(2):
        codec = fill(known.format, known.header)
        for layer in loud:
            weight = codec.get_parameter(layer)
            weight.data = weight * (LOUD / weight.abs().max())
        made.append(AdaptedTokenizer(codec, known.spec, "cpu"))
    assert precision.fits_half(made[1]._codec) and made[1]._codec.half_precision
    made[1]._dtype = precision.halve(made[1]._codec)
    return made


@pytest.mark.parametrize("name", [*LAYERS, "simvq", "taming-gumbel", "rq-vae", "llamagen"])
def test_codes_are_those_of_float32(name, tmp_path):
    whole, half = pair(name, tmp_path)
    for one, other in zip(whole.codebooks(), half._codec.codebooks(), strict=True):
        if one.vectors is not None:
            assert np.array_equal(one.vectors, other.vectors)
    assert any(t.dtype == torch.float16 for t in half._codec.parameters())


@pytest.mark.parametrize(
    ("name", "side", "layer"),
    [(name, side, layer) for name, layers in LAYERS.items() for side, layer in enumerate(layers)],
)
def test_activations_beyond_float16_are_computed_in_float32(name, side, layer, tmp_path):
    whole, half = pair(name, tmp_path, [layer])
    medium = medium_of(whole.spec)
    one = whole.tokenize(medium)
    embedded = [half._codec.embed(q, torch.from_numpy(level.indices)[None]) for q, level in enumerate(one.levels)]
    given = (half._tensor([medium]), embedded)[side]
    with torch.inference_mode():
        assert not half._codec.latents.__self__._runs[side](given).isfinite().all()  # what is spared
    other = half.tokenize(medium)
    assert precision.OVERFLOWED in other.notes and precision.OVERFLOWED not in one.notes
    same = [np.mean(a.indices == b.indices) for a, b in zip(one.levels, other.levels, strict=True)]
    assert np.mean(same) >= 0.5
    decoded = half.decode_levels(one, range(len(one.levels)))
    assert np.isfinite(decoded).all()
    assert np.mean((decoded - one.reconstruction) ** 2) < 0.01 * one.reconstruction.var()
