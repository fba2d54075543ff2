"""The networks of the zoo by modality: how each is built from a config's "architecture", and what it takes.

A kind of medium is one `Network` in NETWORKS, and so is each other kind of network for it, which "kind" of an
architecture names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.tokenizers.native import autoencoder
from explorer.tokenizers.native.autoencoder import AutoencoderConfig, Decoder, Encoder, decoder_reach
from explorer.tokenizers.native.clip import TIME_STEP, ClipConfig, ClipDecoder, ClipEncoder, clip_reach
from explorer.tokenizers.native.latent_tokens import LatentTokenConfig, LatentTokenDecoder, LatentTokenEncoder
from explorer.tokenizers.native.sound import SoundConfig, SoundDecoder, SoundEncoder, sound_reach
from explorer.tokenizers.native.specs import LATENT_TOKENS, TWO_GRIDS
from explorer.tokenizers.native.two_grids import FINE, TwoGridConfig, TwoGridDecoder, TwoGridEncoder


@dataclass(frozen=True)
class Network:
    """build: (D, architecture) -> encoder and decoder, media (B, C, *extent) to latents (B, D, *shape) and back.

    downsampling, reach: of an architecture: pixels or samples a token; how far from a token the output may change.
    time_step: frames a token of a clip, after the first.
    to_network, from_network: between the media of a `Codec` and what encoder and decoder take and give.
    reach: None where a token changes the output everywhere, or where grids differ. modality: of its media.
    """

    build: Callable[[int, Mapping], tuple[nn.Module, nn.Module]]
    downsampling: Callable[[Mapping], int]
    reach: Callable[[Mapping], int | None]
    to_network: Callable[[Tensor], Tensor]
    from_network: Callable[[Tensor], Tensor]
    time_step: int = 1
    modality: str = "image"


def network_of(modality: str, architecture: Mapping) -> Network:
    """The network that an architecture's "kind" names, or the one of the modality. Raises SettingsError."""
    kind = architecture.get("kind", modality)
    if kind not in NETWORKS or NETWORKS[kind].modality != modality:
        said = f"of kind {kind!r} for the modality {modality!r}" if kind != modality else f"for the modality {kind!r}"
        raise SettingsError(f"the zoo has no network {said}, only {', '.join(NETWORKS)}")
    return NETWORKS[kind]


def _picture_config(latent_dim: int, architecture: Mapping) -> AutoencoderConfig:
    return AutoencoderConfig(latent_dim, tuple(architecture["channels"]), tuple(architecture["blocks"]))


def _clip_config(latent_dim: int, architecture: Mapping) -> ClipConfig:
    return ClipConfig(latent_dim, tuple(architecture["channels"]), tuple(architecture["blocks"]))


def _sound_config(latent_dim: int, architecture: Mapping) -> SoundConfig:
    return SoundConfig(latent_dim, *(tuple(architecture[name]) for name in ("channels", "blocks", "strides")))


def _pictures(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    config = _picture_config(latent_dim, architecture)
    return Encoder(config), Decoder(config)


def _two_grids(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    config = TwoGridConfig(latent_dim, tuple(architecture["channels"]), tuple(architecture["blocks"]))
    return TwoGridEncoder(config), TwoGridDecoder(config)


def _latent_tokens(latent_dim: int, architecture: Mapping) -> tuple[nn.Module, nn.Module]:
    (width,), (blocks,) = architecture["channels"], architecture["blocks"]
    sizes = (int(architecture[name]) for name in ("side", "patch", "tokens"))
    dropout = float(architecture.get("token_dropout", 0.0))
    config = LatentTokenConfig(latent_dim, width, blocks, *sizes, dropout)
    return LatentTokenEncoder(config), LatentTokenDecoder(config)


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
        modality="audio",
    ),
    "video": Network(
        _clips,
        lambda _: autoencoder.DOWNSAMPLING,
        lambda architecture: clip_reach(_clip_config(1, architecture)),
        lambda frames: frames * 2 - 1,
        autoencoder.from_network,
        time_step=TIME_STEP,
        modality="video",
    ),
    TWO_GRIDS: Network(_two_grids, lambda _: FINE, lambda _: None, autoencoder.to_network, autoencoder.from_network),
    LATENT_TOKENS: Network(
        _latent_tokens,
        lambda architecture: int(architecture["patch"]),
        lambda _: None,
        autoencoder.to_network,
        autoencoder.from_network,
    ),
}
