"""Loading: files and Hub repositories of others -> Header -> Format -> Codec -> Tokenizer, by the rules of safety.

`Header` is what is known before any weight is read; a `Format` recognises it, describes it, and builds its codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.registry import Registry

if TYPE_CHECKING:
    from explorer.loading.format import Format

# In the order in which they are asked: the more particular fingerprints first.
FORMATS: Registry[Format] = Registry(
    "format",
    {
        "openai-dvae": "explorer.tokenizers.dvae.format:OPENAI_DVAE",
        "titok": "explorer.tokenizers.vit.titok_format:TITOK",
        "bsq-vit": "explorer.tokenizers.vit.bsqvit_format:BSQ_VIT",
        "vit-vqgan": "explorer.tokenizers.vit.vitvqgan_format:VIT_VQGAN",
        "cosmos-di": "explorer.tokenizers.cosmos.format:COSMOS_DI",
        "cosmos-dv": "explorer.tokenizers.cosmos.video_format:COSMOS_DV",
        "encodec": "explorer.tokenizers.hub.sound_formats:ENCODEC",
        "dac": "explorer.tokenizers.hub.sound_formats:DAC",
        "mimi": "explorer.tokenizers.hub.sound_formats:MIMI",
        "xcodec": "explorer.tokenizers.hub.speech_formats:XCODEC",
        "xcodec2": "explorer.tokenizers.hub.speech_formats:XCODEC2",
        "neucodec": "explorer.tokenizers.hub.speech_formats:NEUCODEC",
        "wav2vec2": "explorer.tokenizers.hub.speech_formats:WAV2VEC2",
        "emu3": "explorer.tokenizers.hub.picture_formats:EMU3",
        "emu3-older": "explorer.tokenizers.hub.picture_formats:EMU3_OLDER",
        "emu3-alone": "explorer.tokenizers.hub.picture_formats:EMU3_ALONE",
        "flava-codebook": "explorer.tokenizers.hub.picture_formats:FLAVA_CODEBOOK",
        "flava-codebook-in-flava": "explorer.tokenizers.hub.picture_formats:FLAVA_CODEBOOK_IN_FLAVA",
        "encodec-in-musicgen": "explorer.tokenizers.hub.sound_formats:ENCODEC_IN_MUSICGEN",
        "encodec-in-bark": "explorer.tokenizers.hub.sound_formats:ENCODEC_IN_BARK",
        "mimi-in-moshi": "explorer.tokenizers.hub.sound_formats:MIMI_IN_MOSHI",
        "mimi-in-csm": "explorer.tokenizers.hub.sound_formats:MIMI_IN_CSM",
        "snac": "explorer.tokenizers.sound.snac_format:SNAC",
        "dac-original": "explorer.tokenizers.sound.dac_original:DAC_ORIGINAL",
        "encodec-original": "explorer.tokenizers.sound.encodec_original:ENCODEC_ORIGINAL",
        "audiocraft": "explorer.tokenizers.sound.encodec_original:AUDIOCRAFT",
        "speechtokenizer": "explorer.tokenizers.sound.seanet_formats:SPEECHTOKENIZER",
        "wavtokenizer": "explorer.tokenizers.sound.seanet_formats:WAVTOKENIZER",
        "diffusers-vq": "explorer.tokenizers.convvq.formats:DIFFUSERS",
        "janus": "explorer.tokenizers.convvq.formats:JANUS_ORIGINAL",
        "llamagen": "explorer.tokenizers.convvq.formats:LLAMAGEN",
        "janus-transformers": "explorer.tokenizers.convvq.formats:JANUS_TRANSFORMERS",
        "chameleon-transformers": "explorer.tokenizers.convvq.formats:CHAMELEON_TRANSFORMERS",
        "var": "explorer.tokenizers.convvq.formats:VAR",
        "rq-vae": "explorer.tokenizers.convvq.formats:RQ_VAE",
        "maskgit-vqgan": "explorer.tokenizers.convvq.formats:MASKGIT",
        "open-magvit2": "explorer.tokenizers.convvq.formats:OPEN_MAGVIT2",
        "simvq": "explorer.tokenizers.convvq.formats:SIMVQ",
        "taming-gumbel": "explorer.tokenizers.convvq.formats:TAMING_GUMBEL",
        "ibq": "explorer.tokenizers.convvq.formats:IBQ",
        "ldm-vq": "explorer.tokenizers.convvq.formats:LDM",
        "chameleon": "explorer.tokenizers.convvq.formats:CHAMELEON",
        "taming-vqgan": "explorer.tokenizers.convvq.formats:TAMING",
    },
)
