"""The formats of the convolutional family: how each is recognised, and what shapes cannot tell. No torch.

One `Recipe` a format: where its tensors lie, its fingerprint, the rule by which codes are chosen, the range of pixels,
and for what pictures it was trained. All else follows from names and shapes.
"""

from __future__ import annotations

from explorer.public.convvq.format import TABLE, ConvFormat, DiffusersFormat, Recipe

FIRST_STAGE = ("", "first_stage_model.")  # on its own, or inside the model that was trained on its tokens
TRANSFORMERS = ("model.vqmodel.", "vqmodel.", "")  # inside the full model, or on its own

DIFFUSERS = DiffusersFormat(
    Recipe(
        "diffusers-vq",
        "diffusers VQModel",
        "nearest",
        lambda e: e.decoder and e.has("encoder.down_blocks.0.resnets.0.conv1.weight", TABLE),
        "A folder with config.json, as of aMUSEd, Kandinsky's MoVQ and latent diffusion.",
    )
)
JANUS_ORIGINAL = ConvFormat(
    Recipe(
        "janus",
        "Janus image tokenizer",
        "cosine",
        lambda e: e.decoder and e.has("encoder.conv_blocks.0.res.0.conv1.weight", TABLE),
        "LlamaGen's tokenizer inside DeepSeek's Janus, trained at 384 px.",
        prefixes=("gen_vision_model.",),
    )
)
LLAMAGEN = ConvFormat(
    Recipe(
        "llamagen",
        "LlamaGen VQ",
        "cosine",
        lambda e: e.decoder and e.has("encoder.conv_blocks.0.res.0.conv1.weight", TABLE),
        "Codes are compared by angle, and the decoder is given them at length 1.",
        averaged_first=True,
    )
)
JANUS_TRANSFORMERS = ConvFormat(
    Recipe(
        "janus-transformers",
        "Janus image tokenizer (transformers)",
        "cosine",
        lambda e: e.has("decoder.up.0.upsample.conv.weight", "decoder.up.0.block.0.conv1.weight", TABLE),
        "Trained at 384 px. Codes are compared by angle, as in the original; transformers' own class compares "
        "lengths too, and finds other codes.",
        prefixes=TRANSFORMERS,
    )
)
CHAMELEON_TRANSFORMERS = ConvFormat(
    Recipe(
        "chameleon-transformers",
        "Chameleon image tokenizer (transformers)",
        "nearest",
        lambda e: not e.decoder and e.has("encoder.down.0.block.0.norm1.weight", "quant_conv.weight", TABLE),
        "Trained at 512 px. These files hold no decoder; the original vqgan.ckpt does.",
        prefixes=TRANSFORMERS,
    )
)
VAR = ConvFormat(
    Recipe(
        "var",
        "VAR multi-scale VQ-VAE",
        "scales",
        lambda e: e.decoder and e.has("codes.quant_resi.qresi_ls.0.weight", TABLE),
        "Ten maps of tokens from 1 x 1 to 16 x 16 for pictures of 256 px, each giving what the coarser ones left.",
        quantizer="rvq",
        fixed_size=(256, 256),
    )
)
RQ_VAE = ConvFormat(
    Recipe(
        "rq-vae",
        "RQ-VAE",
        "residual",
        lambda e: e.decoder and e.has("codes.tables.0.weight"),
        "Several codes at every place, each for what the ones before it left.",
        quantizer="rvq",
    )
)
MASKGIT = ConvFormat(
    Recipe(
        "maskgit-vqgan",
        "MaskGIT VQGAN",
        "nearest",
        lambda e: e.has("decoder.up.1.upsample_conv.weight", TABLE),
        "The port of MaskGIT's tokenizer; pixels lie from 0 to 1.",
        low=0.0,
    )
)
OPEN_MAGVIT2 = ConvFormat(
    Recipe(
        "open-magvit2",
        "Open-MAGVIT2",
        "signs",
        lambda e: e.has("encoder.mid_block.0.conv1.weight", "decoder.adaptive.0.gamma.weight") and not e.has(TABLE),
        "No table: a token is the signs of its latent, the first sign being the least significant bit.",
        quantizer="lfq",
    )
)
SIMVQ = ConvFormat(
    Recipe(
        "simvq",
        "SimVQ",
        "projected",
        lambda e: e.has("encoder.mid_block.0.conv1.weight", "codes.embedding_proj.weight", TABLE),
        "A frozen table seen through a learnt matrix.",
        quantizer="simvq",
    )
)
TAMING_GUMBEL = ConvFormat(
    Recipe(
        "taming-gumbel",
        "taming Gumbel VQGAN",
        "logits",
        lambda e: e.taming and e.has("codes.proj.weight", "codes.words.weight"),
        "A code is the largest of the encoder's logits, without the noise of training; the last dimension of a code "
        "is its bias.",
        quantizer="gumbel",
        prefixes=FIRST_STAGE,
    )
)
IBQ = ConvFormat(
    Recipe(
        "ibq",
        "IBQ",
        "dot",
        lambda e: e.taming and e.has(TABLE) and e.encoder_blocks == 4,
        "Told from taming VQGAN by its four residual blocks a level; a code is the one of largest product.",
        quantizer="ibq",
    )
)
LDM = ConvFormat(
    Recipe(
        "ldm-vq",
        "Latent diffusion VQ",
        "nearest",
        lambda e: e.taming and e.has(TABLE) and e.shapes[TABLE][-1] <= 8,
        "taming's VQGAN with codes of few dimensions.",
        prefixes=FIRST_STAGE,
    )
)
CHAMELEON = ConvFormat(
    Recipe(
        "chameleon",
        "Chameleon image tokenizer",
        "nearest",
        lambda e: e.taming and e.shapes.get(TABLE) == (8192, 256) and not any(".attn." in name for name in e.shapes),
        "taming's VQGAN, trained at 512 px by Meta for Chameleon and its heirs.",
    )
)
TAMING = ConvFormat(
    Recipe(
        "taming-vqgan",
        "taming VQGAN",
        "nearest",
        lambda e: e.taming and e.has(TABLE),
        "The VQGAN of taming-transformers, in its Lightning checkpoint.",
        prefixes=FIRST_STAGE,
    )
)
