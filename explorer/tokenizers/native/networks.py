"""The networks of the zoo by modality: how each is built from a config's "architecture", and what it takes.

A kind of medium is one `Network` in NETWORKS; quantizers and checkpoints know no other difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from explorer.tokenizers.native import autoencoder
from explorer.tokenizers.native.autoencoder import AutoencoderConfig, Decoder, Encoder, decoder_reach
from explorer.tokenizers.native.clip import TIME_STEP, ClipConfig, ClipDecoder, ClipEncoder, clip_reach
from explorer.tokenizers.native.sound import SoundConfig, SoundDecoder, SoundEncoder, sound_reach


@dataclass(frozen=True)
class Network:
    """build: (D, architecture) -> encoder and decoder, media (B, C, *extent) to latents (B, D, *shape) and back.

    downsampling, reach: of an architecture: pixels or samples a token; how far from a token the output may change.
    time_step: frames a token of a clip, after the first.
    to_network, from_network: between the media of a `Codec` and what encoder and decoder take and give.
    """

    build: Callable[[int, Mapping], tuple[nn.Module, nn.Module]]
    downsampling: Callable[[Mapping], int]
    reach: Callable[[Mapping], int]
    to_network: Callable[[Tensor], Tensor]
    from_network: Callable[[Tensor], Tensor]
    time_step: int = 1


def _picture_config(latent_dim: int, architecture: Mapping) -> AutoencoderConfig:
    return AutoencoderConfig(latent_dim, tuple(architecture["channels"]), tuple(architecture["blocks"]))


def _clip_config(latent_dim: int, architecture: Mapping) -> ClipConfig:
    return ClipConfig(latent_dim, tuple(architecture["channels"]), tuple(architecture["blocks"]))


def _sound_config(latent_dim: int, architecture: Mapping) -> SoundConfig:
    return SoundConfig(latent_dim, *(tuple(architecture[name]) for name in ("channels", "blocks", "strides")))


def _pictures(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    config = _picture_config(latent_dim, architecture)
    return Encoder(config), Decoder(config)


def _clips(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    config = _clip_config(latent_dim, architecture)
    return ClipEncoder(config), ClipDecoder(config)


def _sounds(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    config = _sound_config(latent_dim, architecture)
    return SoundEncoder(config), SoundDecoder(config)


def _as_it_is(samples: Tensor) -> Tensor:
    return samples.float()


NETWORKS: Mapping[str, Network] = {
    "image": Network(
        _pictures,
        lambda _: autoencoder.DOWNSAMPLING,
        lambda architecture: decoder_reach(tuple(architecture["blocks"])),
        autoencoder.to_network,
        autoencoder.from_network,
    ),
    "audio": Network(
        _sounds,
        lambda architecture: _sound_config(1, architecture).downsampling,
        lambda architecture: sound_reach(_sound_config(1, architecture)),
        _as_it_is,
        _as_it_is,
    ),
    "video": Network(
        _clips,
        lambda _: autoencoder.DOWNSAMPLING,
        lambda architecture: clip_reach(_clip_config(1, architecture)),
        lambda frames: frames * 2 - 1,
        autoencoder.from_network,
        time_step=TIME_STEP,
    ),
}
