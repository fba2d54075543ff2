"""The convolutional family in the layouts of diffusers and transformers, against those libraries themselves.

Models are initialized at random, at small widths, and written by their own `save_pretrained`.
"""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from ruled_weights import fill_by_rule, ruled_picture
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

DIFFUSERS = {  # after a published config, with fewer channels -> (arguments, pixels of a token along a side)
    # CompVis/ldm-super-resolution-4x-openimages: three levels, attention in the middle alone
    "ldm_f4": (
        dict(
            block_out_channels=(32, 32, 64),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            layers_per_block=2,
            latent_channels=3,
            num_vq_embeddings=256,
        ),
        4,
    ),
    # kandinsky-community/kandinsky-2-1, movq: attention at the lowest level, norms that the codes condition
    "movq": (
        dict(
            block_out_channels=(32, 64, 64),
            down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
            up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"),
            layers_per_block=2,
            latent_channels=4,
            num_vq_embeddings=256,
            vq_embed_dim=4,
            norm_type="spatial",
        ),
        4,
    ),
    # amused/amused-256: five levels, no attention, pixels from 0 to 1
    "amused": (
        dict(
            block_out_channels=(32, 64, 64, 64, 96),
            down_block_types=("DownEncoderBlock2D",) * 5,
            up_block_types=("UpDecoderBlock2D",) * 5,
            layers_per_block=2,
            latent_channels=64,
            num_vq_embeddings=128,
            vq_embed_dim=64,
            mid_block_add_attention=False,
            lookup_from_codebook=True,
        ),
        16,
    ),
    "groups_of_16": (
        dict(
            block_out_channels=(16, 48),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
            num_vq_embeddings=64,
            norm_num_groups=16,
        ),
        2,
    ),
}


def load(path):
    """The tokenizer, by the format that is asked first and says yes, and the id of that format."""
    header = read_header(path)
    name = next(name for name in FORMATS if FORMATS.load(name).recognises(header))
    form = FORMATS.load(name)
    return name, AdaptedTokenizer(fill(form, header), form.describe(header), "cpu")


def tensor(picture, low=-1.0):
    """(H, W, 3) in [0, 1] -> (1, 3, H, W) in [low, 1]."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None] * (1 - low) + low


def picture(pixels, low=-1.0):
    """The way back."""
    return ((pixels - low) / (1 - low)).clamp(0, 1)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("name", DIFFUSERS)
@torch.no_grad()
def test_diffusers_folders(name, tmp_path):
    from diffusers import VQModel

    settings, side = DIFFUSERS[name]
    model = fill_by_rule(VQModel(**settings))
    model.save_pretrained(tmp_path)
    low = 0.0 if name == "amused" else -1.0
    image = ruled_picture(6 * side, 4 * side)
    latents = model.encode(tensor(image, low)).latents
    z_q, _, (_, _, indices) = model.quantize(latents)
    expected = picture(model.decode(z_q, force_not_quantize=True).sample, low) if name != "amused" else None
    if expected is None:  # with its flag the library takes codes themselves
        expected = picture(model.decode(indices, True, shape=(1, 6, 4, 64)).sample, low)

    form, tokenizer = load(tmp_path)
    record = tokenizer.tokenize(image)
    assert form == "diffusers-vq" and tokenizer.spec.downsampling == side
    assert np.array_equal(record.levels[0].indices, indices.reshape(6, 4).numpy())
    assert len(np.unique(indices)) > 6
    assert np.abs(record.reconstruction - expected).max() < 1e-4
    assert np.abs(tokenizer.detokenize([record.levels[0].indices]) - expected).max() < 1e-4
    assert tokenizer.spec.parameters == sum(p.numel() for p in model.parameters())


@torch.no_grad()
def test_old_names_of_attention_in_diffusers_files(tmp_path):
    """Files of before 0.18 call the projections query, key, value and proj_attn."""
    from diffusers import VQModel

    model = fill_by_rule(VQModel(**DIFFUSERS["ldm_f4"][0]))
    model.save_pretrained(tmp_path)
    path, old = tmp_path / "diffusion_pytorch_model.safetensors", {}
    for key, value in load_file(path).items():
        for new, before in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
            key = key.replace(f".{new}.", f".{before}.")
        old[key] = value
    assert any(".proj_attn." in key for key in old)
    save_file(old, path)
    image = ruled_picture(24, 16)
    z_q, _, (_, _, indices) = model.quantize(model.encode(tensor(image)).latents)
    record = load(tmp_path)[1].tokenize(image)
    assert np.array_equal(record.levels[0].indices.ravel(), indices.numpy())
    expected = picture(model.decode(z_q, force_not_quantize=True).sample)
    assert np.abs(record.reconstruction - expected).max() < 1e-4


@pytest.mark.parametrize(("key", "value"), [("norm_num_groups", "x"), ("norm_num_groups", 0), ("act_fn", "gelu")])
def test_a_config_that_asks_for_something_else_is_refused(key, value, tmp_path):
    from diffusers import VQModel

    VQModel(**DIFFUSERS["ldm_f4"][0]).save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(CheckpointError, match=f"{key} of config.json"):
        FORMATS.load("diffusers-vq").describe(read_header(tmp_path))


def janus():
    """deepseek-community/Janus-Pro-1B's vision tokenizer with 32 base channels for pictures of 96 px."""
    from transformers import JanusVQVAE, JanusVQVAEConfig

    config = JanusVQVAEConfig(base_channels=32, latent_channels=64, num_embeddings=256, embed_dim=8, num_patches=6)
    return fill_by_rule(JanusVQVAE(config))


def chameleon():
    """facebook/chameleon-7b's tokenizer with 32 base channels."""
    from transformers import ChameleonVQVAE, ChameleonVQVAEConfig

    config = ChameleonVQVAEConfig(base_channels=32, latent_channels=64, num_embeddings=128, embed_dim=64)
    return fill_by_rule(ChameleonVQVAE(config))


def save_inside(model, folder):
    """As it lies in the full model: under a prefix, in two shards, beside tensors of the language model."""
    state = {f"model.vqmodel.{key}": value for key, value in model.state_dict().items()}
    state["model.language_model.embed_tokens.weight"] = torch.ones(4, 2)
    keys, where = list(state), {}
    for number, (start, stop) in enumerate(pairwise((0, len(keys) // 2, len(keys))), 1):
        file = f"model-{number:05}-of-00002.safetensors"
        save_file({key: state[key].contiguous() for key in keys[start:stop]}, folder / file)
        where |= {key: file for key in keys[start:stop]}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    (folder / "config.json").write_text(json.dumps({"model_type": "multimodal"}))


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside"])
@torch.no_grad()
def test_janus_of_transformers(inside, tmp_path):
    """Codes are those of the original, whose quantizer compares unit vectors; pixels those of the library's decode."""
    model = janus()
    save_inside(model, tmp_path) if inside else model.save_pretrained(tmp_path)
    image = ruled_picture(96, 96)
    z = torch.nn.functional.normalize(model.quant_conv(model.encoder(tensor(image))), dim=1)
    unit = torch.nn.functional.normalize(model.quantize.embedding.weight, dim=-1)
    indices = torch.einsum("bdhw,kd->bhwk", z, unit).argmax(-1)
    form, tokenizer = load(tmp_path)
    record = tokenizer.tokenize(image)
    assert form == "janus-transformers" and tokenizer.spec.downsampling == 16
    assert np.array_equal(record.levels[0].indices, indices[0].numpy()) and len(indices.unique()) > 6
    assert np.abs(record.reconstruction - picture(model.decode(indices.flatten(1)))).max() < 1e-4
    assert tokenizer.spec.parameters == sum(p.numel() for p in model.parameters())
    others = model.encode(tensor(image)).image_tokens.reshape(6, 6)
    assert (others.numpy() != record.levels[0].indices).any()  # the library's own search is another one


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside"])
@torch.no_grad()
def test_chameleon_of_transformers(inside, tmp_path):
    model = chameleon()
    save_inside(model, tmp_path) if inside else model.save_pretrained(tmp_path)
    image = ruled_picture(96, 64)
    form, tokenizer = load(tmp_path)
    record = tokenizer.tokenize(image)
    assert form == "chameleon-transformers" and not tokenizer.spec.decodes
    expected = model.encode(tensor(image)).image_tokens.reshape(6, 4).numpy()
    assert np.array_equal(record.levels[0].indices, expected) and len(np.unique(expected)) > 6
    assert (record.reconstruction == 0).all() and "no decoder" in record.notes[0]
