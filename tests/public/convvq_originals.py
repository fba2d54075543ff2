"""Originals of the convolutional family at small widths: their tensors by rule, and their own answers.

goldens/convvq.npz was made on a CPU from the original repositories, their modules filled by `fill_by_rule` and run on
`ruled_picture(H, W)` (brought to [-1, 1], but for MaskGIT); every fourth pixel of the picture in [0, 1] is kept.
All with 32 base channels, and the published multipliers, blocks and attention:
taming (CompVis/taming-transformers 3ba01b2): Encoder, Decoder, VectorQuantizer2(128, 64), 1x1 quant_convs. 96 x 64.
gumbel (same): GumbelQuantize(64, 64, 128); indices are the argmax of its proj, pixels those of its entries. 48 x 32.
ldm_f4, ldm_f4_noattn (CompVis/latent-diffusion a506df5): Encoder and Decoder with attn_type vanilla and none, taming's
VectorQuantizer2(256, 3). 32 x 40.
llamagen_16, llamagen_8 (FoundationVision/LlamaGen ce98ec4; Janus has the same classes): VectorQuantizer(256, 8) with
l2_norm and show_usage, decoded by get_codebook_entry. 96 x 64, 48 x 32.
ibq (TencentARC/SEED-Voken b9a17ea): IndexPropagationQuantize(128, 64), four blocks. 64 x 48.
open_magvit2 (same): improved_model with four blocks, LFQ of 18 bits. 64 x 48.
simvq (youngsheen/SimVQ d8bd94d): improved_model, SimVQ(256, 32). 48 x 32.
maskgit (huggingface/open-muse 64e1afe): MaskGitVQGAN's parts, VectorQuantizer(128, 64). 64 x 96.
rqvae (kakaobrain/rq-vae-transformer 341395e): RQVAE(n_embed=128, embed_dim=64), four levels of one shared table, that
of level 0 by rule. 64 x 96.
var (FoundationVision/VAR 78b9539): VQVAE(vocab_size=128, z_channels=32, ch=32); img_to_idxBl, idxBl_to_img. 256 x 256.
The least gap between the best and the second best code was 4.5e-5 (ldm_f4_noattn), of most entries above 1e-3.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from ruled_weights import golden, ruled_state
from safetensors.torch import save_file

from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.public import FORMATS
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer


@dataclass(frozen=True)
class Entry:
    """wrapper: of the published torch file, "" for a plain state dict; prefix: of its keys."""

    name: str
    format: str
    height: int
    width: int
    codebook: tuple[int, int]
    quantizer: str = "vq"
    metric: str = "euclidean"
    downsampling: int = 16
    levels: int = 1
    wrapper: str = "state_dict"
    prefix: str = ""


ENTRIES = (
    Entry("taming", "taming-vqgan", 96, 64, (128, 64)),
    Entry("taming", "taming-vqgan", 96, 64, (128, 64), prefix="first_stage_model."),
    Entry("gumbel", "taming-gumbel", 48, 32, (128, 65), "gumbel", "dot", 8),
    Entry("ldm_f4", "ldm-vq", 32, 40, (256, 3), downsampling=4),
    Entry("ldm_f4_noattn", "ldm-vq", 32, 40, (256, 3), downsampling=4),
    Entry("llamagen_16", "llamagen", 96, 64, (256, 8), metric="cosine", wrapper="model"),
    Entry("llamagen_8", "llamagen", 48, 32, (256, 8), metric="cosine", downsampling=8, wrapper="ema"),
    Entry("llamagen_16", "janus", 96, 64, (256, 8), metric="cosine", wrapper="", prefix="gen_vision_model."),
    Entry("ibq", "ibq", 64, 48, (128, 64), "ibq", "dot"),
    Entry("open_magvit2", "open-magvit2", 64, 48, (2**18, 18), "lfq", "implicit"),
    Entry("simvq", "simvq", 48, 32, (256, 32), "simvq", downsampling=8),
    Entry("maskgit", "maskgit-vqgan", 64, 96, (128, 64), wrapper=""),
    Entry("rqvae", "rq-vae", 64, 96, (128, 64), "rvq", downsampling=32, levels=4),
    Entry("var", "var", 256, 256, (128, 32), "rvq", levels=10, wrapper=""),
)
BESIDE = ("loss.discriminator.main.0.weight", "loss.perceptual_loss.lin0.model.1.weight")  # what Lightning keeps, too
IDS = [f"{entry.format}{'-inside' if entry.prefix else ''}-{entry.name}" for entry in ENTRIES]


@cache
def state(name):
    """The tensors of the original, by its own keys."""
    tensors = ruled_state(golden("convvq")[f"{name}_shapes"])
    if name == "rqvae":
        for level in range(1, 4):
            tensors[f"quantizer.codebooks.{level}.weight"] = tensors["quantizer.codebooks.0.weight"]
    return tensors


def save(entry, path):
    """As safetensors; tensors that are shared are written out."""
    tensors = {entry.prefix + key: value.clone() for key, value in state(entry.name).items()}
    if entry.wrapper == "state_dict":
        tensors |= {entry.prefix + key: torch.ones(3) for key in BESIDE}
    if entry.prefix:
        tensors["model.transformer.wte.weight"] = torch.ones(4, 2)
    save_file(tensors, path)
    return path


def recognised(header):
    """The format that is asked first and says yes."""
    return next(name for name in FORMATS if FORMATS.load(name).recognises(header))


def load(path, weights=""):
    """The tokenizer that the app makes of a file. weights: of two sets, the one that is asked for."""
    known = recognise(read_header(path), weights)
    return AdaptedTokenizer(fill(known.format, known.header), known.spec, "cpu")


def indices_of(entry):
    """One array a level, as the original chose them."""
    found = golden("convvq")[f"{entry.name}_indices"]
    if entry.name == "var":
        ends = np.cumsum([side**2 for side in (1, 2, 3, 4, 5, 6, 8, 10, 13, 16)])
        return [part.reshape(round(len(part) ** 0.5), -1) for part in np.split(found, ends[:-1])]
    return list(found) if found.ndim == 3 else [found]
