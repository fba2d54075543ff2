"""Cosmos DV: its TorchScript archives load without being run, and codes and frames are those of the original.

goldens/cosmos_dv.npz was made with NVIDIA/Cosmos-Tokenizer (3584ae7) on a CPU in float32, CausalDiscreteVideoTokenizer
filled by `fill_by_rule`: indices of `encode`, frames of `decode` brought to [0, 1] and clamped, every fourth row and
column kept. `discrete_video` with channels=8, channels_mult=[1, 2, 3], num_res_blocks=1, z_channels=5, and: "t8s16" as
it is, of ruled_clip(9, 32, 48); "t8s8" spatial_compression 8, of ruled_clip(17, 16, 32); "t4s8" temporal_compression 4
too and attn_resolutions [64, 256], of ruled_clip(5, 32, 16); "t4s8_two" the same with channels_mult [1, 2], of
ruled_clip(1, 16, 16); "published": `discrete_video` itself, of ruled_clip(9, 32, 48).
"""

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_clip, ruled_state, shell

from explorer.foundation.errors import CheckpointError, MediaError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.cosmos.video_format import COSMOS_DV
from explorer.public.cosmos.wavelet import CLIP_AXES, haar, unhaar
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")  # old, but the files are of that kind
SIDES = {"encoder": ("encoder.", "quant_conv."), "decoder": ("decoder.", "post_quant_conv.")}
DERIVED = {  # buffers that TorchScript keeps and a state dict does not
    "encoder": {"encoder.patcher3d.patch_size_buffer": torch.tensor([4]), "quantizer._basis": torch.arange(6)},
    "decoder": {"inv_quant.quantizer._levels": torch.arange(6), "decoder.unpatcher3d.wavelets": torch.ones(2)},
}
CLIPS = {
    "t8s16": ("Cosmos-0.1-Tokenizer-DV8x16x16", (9, 32, 48), (8, 16)),
    "t8s8": ("Cosmos-0.1-Tokenizer-DV8x8x8", (17, 16, 32), (8, 8)),
    "t4s8": ("Cosmos-0.1-Tokenizer-DV4x8x8", (5, 32, 16), (4, 8)),
    "t4s8_two": ("dv4x8x8", (1, 16, 16), (4, 8)),
    "published": ("Cosmos-1.0-Tokenizer-DV8x16x16", (9, 32, 48), (8, 16)),
}


def save(folder, kind, name=None):
    folder = folder / (name or CLIPS[kind][0])
    folder.mkdir()
    state = ruled_state(golden("cosmos_dv")[f"{kind}_shapes"])
    for side, starts in SIDES.items():
        part = {key: t for key, t in state.items() if key.startswith(starts)} | DERIVED[side]
        torch.jit.save(torch.jit.script(shell(part)), folder / f"{side}.jit")
    return folder


def load(path):
    header = read_header(path)
    assert COSMOS_DV.recognises(header)
    return AdaptedTokenizer(fill(COSMOS_DV, header), COSMOS_DV.describe(header), "cpu")


@pytest.fixture(scope="module", params=["t8s16", "t8s8", "t4s8", "t4s8_two"])
def made(request, tmp_path_factory):
    return request.param, load(save(tmp_path_factory.mktemp(request.param), request.param))


def test_codes_and_frames_are_the_originals(made):
    kind, tokenizer = made
    arrays = golden("cosmos_dv")
    record = tokenizer.tokenize(ruled_clip(*CLIPS[kind][1]))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays[f"{kind}_indices"]) and len(np.unique(level.indices)) > 3
    expected = arrays[f"{kind}_pixels"]
    assert ((expected > 0) & (expected < 1)).mean() > 0.1  # not all of it is clamped
    assert np.abs(record.reconstruction[:, ::4, ::4] - expected).max() < 1e-4
    assert np.abs(tokenizer.detokenize([arrays[f"{kind}_indices"]])[:, ::4, ::4] - expected).max() < 1e-4


def test_tokens_stand_for_frames_and_patches(made):
    kind, tokenizer = made
    spec, (_, extent, (step, side)) = tokenizer.spec, CLIPS[kind]
    assert (spec.modality, spec.layout, spec.time_step, spec.downsampling) == ("video", "grid3d", step, side)
    assert spec.first_frame_alone and spec.codebook_size == 64_000
    (level,) = tokenizer.tokenize(ruled_clip(*extent)).levels
    assert level.indices.shape == (1 + (extent[0] - 1) // step, extent[1] // side, extent[2] // side)
    assert level.layout.region(0)[0] == slice(0, 1)
    with pytest.raises(MediaError, match="one frame and then frames in steps of"):
        tokenizer.tokenize(ruled_clip(3, 16, 16))


def test_earlier_frames_do_not_see_later_ones(made):
    kind, tokenizer = made
    indices = golden("cosmos_dv")[f"{kind}_indices"]
    if len(indices) == 1:
        pytest.skip("a clip of one frame")
    changed = indices.copy()
    changed[-1] = (changed[-1] + 1) % 64_000
    kept = 1 + (len(indices) - 2) * tokenizer.spec.time_step
    before, after = tokenizer.detokenize([indices]), tokenizer.detokenize([changed])
    assert np.allclose(before[:kept], after[:kept], atol=1e-6) and not np.allclose(
        before[kept:], after[kept:], atol=1e-3
    )


def test_rates_that_no_name_tells_are_asked_for(tmp_path):
    folder = save(tmp_path, "t8s8", "mine")
    with pytest.raises(CheckpointError, match="name the folder or the file after it"):
        COSMOS_DV.describe(read_header(folder))
    (folder / "config.json").write_text('{"temporal_compression": 8, "spatial_compression": 8}')
    assert COSMOS_DV.describe(read_header(folder)).time_step == 8
    (folder / "config.json").write_text('{"temporal_compression": 64, "spatial_compression": 8}')
    with pytest.raises(CheckpointError, match="with 64 frames or pixels a token does not fit"):
        COSMOS_DV.describe(read_header(folder))


def test_wavelets_of_clips_turn_back():
    noise = torch.randn(1, 3, 8, 8, 4, generator=torch.Generator().manual_seed(2))
    bands = haar(noise, CLIP_AXES, 2)
    assert bands.shape == (1, 192, 2, 2, 1) and torch.allclose(unhaar(bands, CLIP_AXES, 2), noise, atol=1e-6)
    assert torch.allclose(haar(noise, CLIP_AXES, 1)[:, :3], torch.nn.functional.avg_pool3d(noise, 2), atol=1e-6)


@pytest.mark.slow
def test_the_published_widths_give_the_originals_codes(tmp_path):
    arrays = golden("cosmos_dv")
    tokenizer = load(save(tmp_path, "published"))
    record = tokenizer.tokenize(ruled_clip(9, 32, 48))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[:, ::4, ::4] - arrays["published_pixels"]).max() < 1e-4
    assert tokenizer.spec.parameters == 112_472_182
