"""The published configurations at full width: every tensor of the original has its place, and (slow) the same answers.

goldens/convvq_published.npz was made as goldens/convvq.npz was (see convvq_originals.py), from the same commits, with
128 base channels and the published tables, on ruled_picture(H, W, seed=1) of 4 x 3 tokens (VAR: 256 x 256); every
eighth pixel is kept. Configurations: taming's f16 with 1,024 and 16,384 codes and Gumbel f8; latent diffusion's
vq-f4, vq-f4-noattn, vq-f8, vq-f8-n256 and vq-f16; Chameleon's as transformers tells it (no attention but in the middle,
8,192 codes); LlamaGen's VQ-16 and VQ-8; imagenet_ibqgan_16384, imagenet_lfqgan_256_L and pretrain_lfqgan_256_16384 of
SEED-Voken; imagenet_simvq_128_B; MaskGitVQGAN's defaults; in256-rqvae-8x8x4; VAR's vae_ch160v4096z32.
The least gap between the best and the second best code was 1.4e-4 (LlamaGen's VQ-8).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_picture, ruled_state
from safetensors.torch import save_file

from explorer.loading.fill import check, fill
from explorer.loading.planning import load, plan
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.public.header import Header, TensorInfo
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer


@dataclass(frozen=True)
class Published:
    """millions: of parameters, as the authors say or, where they do not, as the original's modules have."""

    format: str
    downsampling: int
    codebook_size: int
    codebook_dim: int
    millions: float
    rounding: float = 0.05


# Said by the authors: LlamaGen 72 and 70, VAR 109, latent diffusion's vq-f4 55.3.
PUBLISHED = {
    "vqgan_f16_1024": Published("taming-vqgan", 16, 1024, 256, 72.1),
    "vqgan_f16_16384": Published("taming-vqgan", 16, 16384, 256, 76.1),
    "vqgan_gumbel_f8": Published("taming-gumbel", 8, 8192, 257, 69.0),
    "ldm_vq_f4": Published("ldm-vq", 4, 8192, 3, 55.3),
    "ldm_vq_f4_noattn": Published("ldm-vq", 4, 8192, 3, 53.2),
    "ldm_vq_f8": Published("ldm-vq", 8, 16384, 4, 67.7),
    "ldm_vq_f8_n256": Published("ldm-vq", 8, 256, 4, 67.7),
    "ldm_vq_f16": Published("ldm-vq", 16, 16384, 8, 69.6),
    "chameleon": Published("chameleon", 16, 8192, 256, 68.7),
    "llamagen_vq_ds16": Published("llamagen", 16, 16384, 8, 72, 0.5),
    "llamagen_vq_ds8": Published("llamagen", 8, 16384, 8, 70, 0.5),
    "ibq_16384": Published("ibq", 16, 16384, 256, 111.0),
    "open_magvit2_256_L": Published("open-magvit2", 16, 2**18, 18, 115.1),
    "open_magvit2_16384": Published("open-magvit2", 16, 2**14, 14, 115.1),
    "simvq_128_B": Published("simvq", 8, 1024, 128, 64.3),
    "maskgit_vqgan": Published("maskgit-vqgan", 16, 1024, 256, 54.5),
    "rqvae_8x8x4": Published("rq-vae", 32, 16384, 256, 117.0),  # the one shared table counted four times
    "var_ch160v4096z32": Published("var", 16, 4096, 32, 109, 0.5),
}


def shapes(name):
    return golden("convvq_published")[f"{name}_shapes"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_tensor_has_its_place(name):
    """Nothing is missing, unknown or of another shape; no weight is made for it."""
    expected, given = PUBLISHED[name], shapes(name)
    header = Header(Path(name), "torch", {key: TensorInfo(shape) for key, shape in given.items()})
    format_id = next(id for id in FORMATS if FORMATS.load(id).recognises(header))
    form = FORMATS.load(format_id)
    spec = form.describe(header)
    assert format_id == expected.format
    assert (spec.downsampling, spec.codebook_size, spec.codebook_dim) == (
        expected.downsampling,
        expected.codebook_size,
        expected.codebook_dim,
    )
    with torch.device("meta"):
        codec = form.build(header)
    places = check(codec, form, header)
    unread = {key.rpartition(".")[2] for key in given if key not in places}
    assert unread <= {"embed_ema"}
    assert spec.parameters / 1e6 == pytest.approx(expected.millions, abs=expected.rounding)


def test_chameleons_own_checkpoint_is_loaded_from_its_layout(tmp_path):
    """vqgan.ckpt, as the app brings it: a Lightning checkpoint of full width, with what training left in it."""
    arrays, path = golden("convvq_published"), tmp_path / "vqgan.ckpt"
    beside = {"loss.discriminator.main.0.weight": torch.ones(3)}
    torch.save({"state_dict": ruled_state(shapes("chameleon")) | beside, "epoch": 1}, path)
    found = plan(str(path))
    assert found.format_id == "chameleon"
    record = load_tokenizer(load(found, "cpu").id, "cpu").tokenize(ruled_picture(64, 48, seed=1))
    assert np.array_equal(record.levels[0].indices.ravel(), arrays["chameleon_indices"])
    assert np.abs(record.reconstruction[::8, ::8] - arrays["chameleon_pixels"]).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_codes_and_pixels_are_the_originals_at_full_width(name, tmp_path):
    expected, arrays = PUBLISHED[name], golden("convvq_published")
    tensors = ruled_state(shapes(name))
    for level in range(1, 4 if expected.format == "rq-vae" else 1):
        tensors[f"quantizer.codebooks.{level}.weight"] = tensors["quantizer.codebooks.0.weight"].clone()
    save_file(tensors, tmp_path / "x.safetensors")
    del tensors
    header, form = read_header(tmp_path / "x.safetensors"), FORMATS.load(expected.format)
    tokenizer = AdaptedTokenizer(fill(form, header), form.describe(header), "cpu")
    side = expected.downsampling
    record = tokenizer.tokenize(
        ruled_picture(*((256, 256) if name.startswith("var") else (4 * side, 3 * side)), seed=1)
    )
    indices = np.concatenate([level.indices.ravel() for level in record.levels])
    assert np.array_equal(indices, arrays[f"{name}_indices"]) and len(np.unique(indices)) > 9
    assert np.abs(record.reconstruction[::8, ::8] - arrays[f"{name}_pixels"]).max() < 1e-4
