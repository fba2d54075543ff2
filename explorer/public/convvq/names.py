"""One set of names for the tensors of the convolutional family, whatever the dialect of the file. No torch.

The names are those of taming-transformers (Esser et al. 2021, arXiv 2012.09841), with three changes: the middle is a
list (`mid.0`, `mid.1`, ...), what chooses codes is `codes`, and levels of the decoder keep the order of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# What training left beside the tokenizer: losses, discriminators, teachers, rolling statistics.
DROPPED = re.compile(
    r"^(loss|discriminator|lpips|perceptual_loss|inception_model|colorize|model_ema)(\.|$)"
    r"|\.embed_ema$|\.(position_ids|num_batches_tracked)$"
)
SUBSTITUTIONS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^quantizer?\.", "codes."),
        (r"^codes\.embed\.", "codes.words."),
        (r"^codes\.codebooks\.", "codes.tables."),
        # taming, LDM, IBQ, VAR, RQ-VAE
        (r"\.mid\.block_1\.", ".mid.0."),
        (r"\.mid\.attn_1\.", ".mid.1."),
        (r"\.mid\.block_2\.", ".mid.2."),
        # Open-MAGVIT2, SimVQ; MaskGIT
        (r"\.mid_block\.(\d+)\.", r".mid.\1."),
        (r"\.upsample_conv\.", ".upsample.conv."),
        # LlamaGen, Janus
        (r"^encoder\.conv_blocks\.(\d+)\.", r"encoder.down.\1."),
        (r"^decoder\.conv_blocks\.(\d+)\.", r"decoder.up.\1."),
        (r"\.res\.(\d+)\.", r".block.\1."),
        # diffusers
        (r"\.mid_block\.resnets\.0\.", ".mid.0."),
        (r"\.mid_block\.attentions\.0\.", ".mid.1."),
        (r"\.mid_block\.resnets\.1\.", ".mid.2."),
        (r"^encoder\.down_blocks\.", "encoder.down."),
        (r"^decoder\.up_blocks\.", "decoder.up."),
        (r"\.resnets\.(\d+)\.", r".block.\1."),
        (r"\.attentions\.(\d+)\.", r".attn.\1."),
        (r"\.downsamplers\.0\.", ".downsample."),
        (r"\.upsamplers\.0\.", ".upsample."),
        (r"\.conv_norm_out\.", ".norm_out."),
        (r"\.conv_shortcut\.", ".nin_shortcut."),
        (r"\.(group|spatial)_norm\.", ".norm."),
        (r"\.(to_q|query)\.", ".q."),
        (r"\.(to_k|key)\.", ".k."),
        (r"\.(to_v|value)\.", ".v."),
        (r"\.(to_out\.0|proj_attn)\.", ".proj_out."),
    )
)


@lru_cache(2**14)  # a file is asked by every format of the family, and again when it is described and read
def canonical(key: str) -> str | None:
    """The one name of a key, without its prefix; None for what tokenizing never reads."""
    if DROPPED.search(key):
        return None
    for pattern, replacement in SUBSTITUTIONS:
        key = pattern.sub(replacement, key)
    return key


def places(keys: Iterable[str], prefix: str = "") -> dict[str, str]:
    """Key of the file -> name. Keys outside `prefix` belong to other models and are left out."""
    inside = {key: canonical(key[len(prefix) :]) for key in sorted(keys) if key.startswith(prefix)}
    return {key: name for key, name in inside.items() if name is not None}


def prefix_of(keys: Mapping[str, object], prefixes: tuple[str, ...]) -> str | None:
    """The first of `prefixes` under which an encoder lies; None if there is none."""
    return next((prefix for prefix in prefixes if f"{prefix}encoder.conv_in.weight" in keys), None)
