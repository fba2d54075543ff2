"""What holds for every architecture of pictures and clips that has files of its own."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_clip, ruled_picture, ruled_state
from safetensors.torch import save_file

from explorer.foundation.errors import CheckpointError, MediaError, RecordError
from explorer.loading.fill import fill
from explorer.loading.planning import load, plan
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.media.medium import LoadedVideo, tokenized
from explorer.media.pictures.image import LoadedImage
from explorer.public import FORMATS
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.precision import halve

CASES = {  # format -> golden, its shapes, extent of the medium, a tensor
    "openai-dvae": ("dvae", "small", (32, 48), "decoder.blocks.group_2.block_1.res_path.conv_4.b"),
    "titok": ("titok", "two_stage", (64, 64), "pixel_decoder.norm_out.bias"),
    "bsq-vit": ("bsqvit", "small", (32, 32), "decoder.transformer.resblocks.1.ln_2.weight"),
    "vit-vqgan": ("vitvqgan", "small", (32, 32), "encoder.transformer.layers.1.1.norm.bias"),
    "cosmos-di": ("cosmos_di", "f16", (32, 48), "decoder.norm_out.weight"),
    "cosmos-dv": ("cosmos_dv", "t8s8", (17, 16, 32), "encoder.down.1.downsample.conv3.conv3d.bias"),
}


def file_of(name, folder):
    """The small model of a golden as safetensors, and its indices."""
    file, kind, *_ = CASES[name]
    arrays = golden(file)
    if name == "openai-dvae":
        shapes = {f"{side}.{key}": s for side in ("encoder", "decoder") for key, s in arrays[f"{kind}_{side}"].items()}
    else:
        shapes = arrays[f"{kind}_shapes"]
    path = folder / "dv8x8x8.safetensors"
    save_file(ruled_state(shapes), path)
    return path, arrays[f"{kind}_indices"]


def medium_of(name):
    extent = CASES[name][2]
    return ruled_picture(*extent) if len(extent) == 2 else ruled_clip(*extent)


@pytest.mark.parametrize("name", CASES)
def test_it_is_recognised_as_itself(name, tmp_path):
    header = read_header(file_of(name, tmp_path)[0])
    assert next(one for one in FORMATS if FORMATS.load(one).recognises(header)) == name
    found = recognise(header)
    assert found.format_id == name and found.spec.id == "" and found.spec.parameters > 100_000
    assert found.memory_bytes == 4 * found.spec.parameters


@pytest.mark.parametrize("name", CASES)
def test_a_tensor_too_few_or_of_another_shape_is_named(name, tmp_path):
    header, key = read_header(file_of(name, tmp_path)[0]), CASES[name][3]
    state = ruled_state({one: info.shape for one, info in header.tensors.items() if one != key})
    other = tmp_path / "dv8x8x8-changed.safetensors"
    save_file(state, other)
    with pytest.raises(CheckpointError, match=rf"missing \S*{key.rpartition('.')[0].rpartition('.')[2]}"):
        fill(FORMATS.load(name), read_header(other))
    save_file(state | {key: torch.zeros(7)}, other)
    with pytest.raises(CheckpointError, match=rf"{key} has shape \(7,\); \({header.shape(key)[0]},\) was expected"):
        fill(FORMATS.load(name), read_header(other))


@pytest.mark.parametrize("name", CASES)
def test_half_precision_runs_and_searches_in_full(name, tmp_path):
    """As on CUDA: networks in float16, latents compared in float32; the greater part of the codes stays."""
    path, indices = file_of(name, tmp_path)
    header = read_header(path)
    codec = fill(FORMATS.load(name), header).eval()
    halve(codec)
    codec.spec = FORMATS.load(name).describe(header)
    media = torch.from_numpy(medium_of(name)).half().movedim(-1, 0)[None]
    with torch.inference_mode():
        (stage,) = codec.quantize(codec.latents(media))
        decoded = codec.decode([codec.embed(0, stage.indices)])
    assert stage.z_e.dtype == stage.z_q.dtype == torch.float32
    assert decoded.dtype == torch.float16 and decoded.shape == media.shape
    assert (stage.indices[0].numpy() == indices).mean() >= 0.5
    assert np.isfinite(decoded.float().numpy()).all()


@pytest.mark.parametrize("name", CASES)
def test_from_a_file_to_a_record_of_any_medium(name, tmp_path):
    path, indices = file_of(name, tmp_path)
    spec = load(plan(str(path)), "cpu")
    assert spec.source == "file" and spec.id in [one.id for one in list_tokenizers(tmp_path)]
    tokenizer = load_tokenizer(spec.id, "cpu", tmp_path)
    (level,) = tokenizer.tokenize(medium_of(name)).levels
    assert np.array_equal(level.indices, indices)
    if spec.modality == "video":
        medium = LoadedVideo(ruled_clip(12, 41, 70), 12.5)
    else:
        medium = LoadedImage(ruled_picture(41, 70))
    record = tokenized(medium, tokenizer, 64)
    assert record.notes and record.reconstruction.shape == record.media.shape
    if spec.fixed_size:
        assert record.media.shape[:2] == spec.fixed_size
    again = tokenizer.decode_levels(record, [0])
    assert np.abs(again - record.reconstruction).max() < 1e-5


@pytest.mark.parametrize("name", CASES)
def test_the_contract_of_tokenizers(name, tmp_path):
    header = read_header(file_of(name, tmp_path)[0])
    format = FORMATS.load(name)
    tokenizer = AdaptedTokenizer(fill(format, header), format.describe(header), "cpu")
    medium, extent = medium_of(name), CASES[name][2]
    record = tokenizer.tokenize(medium)
    (level,), size = record.levels, tokenizer.spec.codebook_size
    assert np.abs(tokenizer.detokenize([level.indices]) - record.reconstruction).max() < 1e-5
    first, second = tokenizer.encode([medium, medium[::-1].copy()])
    assert np.array_equal(first[0].indices, level.indices)
    assert np.array_equal(second[0].indices, tokenizer.tokenize(medium[::-1]).levels[0].indices)
    other = (level.indices + 1) % size
    fields = tokenizer.decode_fields(0, np.stack([level.indices, other]))
    assert np.abs(fields[0] - record.reconstruction).max() < 1e-4
    assert np.abs(fields[1] - tokenizer.detokenize([other])).max() < 1e-4
    for wrong in (level.indices[..., None], np.full_like(level.indices, size), level.indices.astype(float)):
        with pytest.raises(RecordError):
            tokenizer.detokenize([wrong])
    for medium in (np.zeros((*extent[:-1], extent[-1] + 1, 3), np.float32), np.full((*extent, 3), 2.0, np.float32)):
        with pytest.raises(MediaError):
            tokenizer.tokenize(medium)


def test_recognising_needs_no_torch():
    code = (
        "import sys; from explorer.public import FORMATS; "
        f"[FORMATS.load(name) for name in {list(CASES)!r}]; print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
