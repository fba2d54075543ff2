"""Formats of others: what a file must look like, what is known of it, and the codec that it fills.

A `Format` recognises a file by its `Header`, describes it without torch, and builds its codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.registry import Registry

if TYPE_CHECKING:
    from explorer.public.format import Format

# In the order in which they are asked: the more particular fingerprints first.
FORMATS: Registry[Format] = Registry(
    "format",
    {
        "codec2": "explorer.public.codec2.format:CODEC2",
        "openai-dvae": "explorer.public.dvae.format:OPENAI_DVAE",
        "titok": "explorer.public.vit.titok_format:TITOK",
        "bsq-vit": "explorer.public.vit.bsqvit_format:BSQ_VIT",
        "vit-vqgan": "explorer.public.vit.vitvqgan_format:VIT_VQGAN",
        "cosmos-di": "explorer.public.cosmos.format:COSMOS_DI",
        "cosmos-dv": "explorer.public.cosmos.video_format:COSMOS_DV",
        "encodec": "explorer.public.transformers.sound_formats:ENCODEC",
        "dac": "explorer.public.transformers.sound_formats:DAC",
        "mimi": "explorer.public.transformers.sound_formats:MIMI",
        "xcodec": "explorer.public.transformers.speech_formats:XCODEC",
        "xcodec2": "explorer.public.transformers.speech_formats:XCODEC2",
        "neucodec": "explorer.public.transformers.speech_formats:NEUCODEC",
        "wav2vec2": "explorer.public.transformers.speech_formats:WAV2VEC2",
        "emu3": "explorer.public.transformers.picture_formats:EMU3",
        "emu3-older": "explorer.public.transformers.picture_formats:EMU3_OLDER",
        "emu3-alone": "explorer.public.transformers.picture_formats:EMU3_ALONE",
        "flava-codebook": "explorer.public.transformers.picture_formats:FLAVA_CODEBOOK",
        "flava-codebook-in-flava": "explorer.public.transformers.picture_formats:FLAVA_CODEBOOK_IN_FLAVA",
        "encodec-in-musicgen": "explorer.public.transformers.sound_formats:ENCODEC_IN_MUSICGEN",
        "encodec-in-bark": "explorer.public.transformers.sound_formats:ENCODEC_IN_BARK",
        "mimi-in-moshi": "explorer.public.transformers.sound_formats:MIMI_IN_MOSHI",
        "mimi-in-csm": "explorer.public.transformers.sound_formats:MIMI_IN_CSM",
        "snac": "explorer.public.sound.snac_format:SNAC",
        "dac-original": "explorer.public.sound.dac_original:DAC_ORIGINAL",
        "encodec-original": "explorer.public.sound.encodec_original:ENCODEC_ORIGINAL",
        "audiocraft": "explorer.public.sound.encodec_original:AUDIOCRAFT",
        "speechtokenizer": "explorer.public.sound.seanet_formats:SPEECHTOKENIZER",
        "lyra": "explorer.public.lyra.format:LYRA",
        "wavtokenizer": "explorer.public.sound.seanet_formats:WAVTOKENIZER",
        "diffusers-vq": "explorer.public.convvq.formats:DIFFUSERS",
        "janus": "explorer.public.convvq.formats:JANUS_ORIGINAL",
        "llamagen": "explorer.public.convvq.formats:LLAMAGEN",
        "janus-transformers": "explorer.public.convvq.formats:JANUS_TRANSFORMERS",
        "chameleon-transformers": "explorer.public.convvq.formats:CHAMELEON_TRANSFORMERS",
        "var": "explorer.public.convvq.formats:VAR",
        "rq-vae": "explorer.public.convvq.formats:RQ_VAE",
        "maskgit-vqgan": "explorer.public.convvq.formats:MASKGIT",
        "open-magvit2": "explorer.public.convvq.formats:OPEN_MAGVIT2",
        "simvq": "explorer.public.convvq.formats:SIMVQ",
        "taming-gumbel": "explorer.public.convvq.formats:TAMING_GUMBEL",
        "ibq": "explorer.public.convvq.formats:IBQ",
        "ldm-vq": "explorer.public.convvq.formats:LDM",
        "chameleon": "explorer.public.convvq.formats:CHAMELEON",
        "taming-vqgan": "explorer.public.convvq.formats:TAMING",
    },
)
