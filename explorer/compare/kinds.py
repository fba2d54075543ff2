"""What a comparison of media of one kind measures, in which unit its bits are, and how people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from explorer.foundation.errors import SettingsError
from explorer.foundation.words import count_of
from explorer.media.medium import NOUNS


@dataclass(frozen=True)
class Kind:
    """noun, nouns: what one medium is called, and several. rate_name, rate_unit, rate_key: what bits are held against;
    axis: the same on an axis.

    measures: key of a figure -> its title, in the order of the curves. codecs: references at the same bits.
    raw_bits: of an uncompressed medium, for each unit of its extent; None where it depends on the medium. maps: whether
    errors are drawn as pictures, pixel by pixel. decoded: False where tokens alone are compared. less: of which of the
    measures less is better, in a sentence. says: what cannot be compared here, and why, in a sentence.
    """

    modality: str
    noun: str
    nouns: str
    rate_name: str
    rate_unit: str
    rate_key: str
    axis: str
    measures: Mapping[str, str]
    codecs: Mapping[str, str]
    raw_bits: float | None
    maps: bool = False
    decoded: bool = True
    less: str = ""
    says: str = ""

    def some(self, count: int) -> str:
        """ "1 picture", "3 sounds"."""
        return count_of(count, self.noun, self.nouns)


_PICTURE_MEASURES = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "ms_ssim": "MS-SSIM", "gradient_error": "Gradient RMSE"}
_SOUND_MEASURES = {"si_sdr_db": "SI-SDR, dB", "log_mel_db": "Log-mel distance, dB", "snr_db": "SNR, dB"}
_SERIES_MEASURES = {"rmse_percent": "RMS error, %", "largest_percent": "Largest error, %"}
_ITEM_MEASURES = {
    "explained_percent": "Variance kept, %",
    "sharing_percent": "Sharing an id, %",
    "kept_percent": "Near items kept, %",
}
_GRAPH_MEASURES = {"sharing_percent": "Sharing a tuple, %", "beside_percent": "Beside an anchor, %"}
_LESS_SLOPE = "Less gradient RMSE is better."

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "image": Kind(
            "image", "picture", "pictures", "Bits a pixel", "bits/pixel", "bpp", "bits a pixel", _PICTURE_MEASURES,
            {"jpeg": "JPEG", "webp": "WebP"}, 24, maps=True, less=_LESS_SLOPE,
        ),
        "audio": Kind(
            "audio", "sound", "sounds", "Bit rate", "kbit/s", "kbps", "kbit/s", _SOUND_MEASURES,
            {"opus": "Opus", "vorbis": "Ogg Vorbis"}, None, less="Less log-mel distance is better.",
        ),
        "video": Kind(
            "video", "clip", "clips", "Bits a pixel", "bits/pixel", "bpp", "bits a pixel", _PICTURE_MEASURES, {}, 24,
            maps=True, less=_LESS_SLOPE,
        ),
        "series": Kind(
            "series", "series", "series", "Bits a row", "bits/row", "bpr", "bits a row", _SERIES_MEASURES, {}, None,
            less="Less error is better; percent are of half the range of a column in this series.",
        ),
        "vectors": Kind(
            "vectors", "table of items", "tables of items", "Bits an item", "bits/item", "bpi", "bits an item",
            _ITEM_MEASURES, {}, None, less="Fewer items that share their id are better; more of the other two.",
        ),
        "graph": Kind(
            "graph", "graph", "graphs", "Bits a node", "bits/node", "bpn", "bits a node", _GRAPH_MEASURES, {}, None,
            decoded=False, less="Fewer nodes that share their tuple are better; more beside an anchor.",
            says="A tuple tells where a node stands, not which edges it has: no graph is decoded, so tokens are "
            "compared, not reconstructions.",
        ),
    }
)  # fmt: skip


def kind_of(modality: str) -> Kind:
    """The kind of comparison of that modality. Raises SettingsError where there is none."""
    if modality not in KINDS:
        nouns = ", ".join(kind.nouns for kind in KINDS.values())
        takes = NOUNS.get(modality, modality)
        raise SettingsError(f"Tokenizers of {takes} cannot be compared yet; those of {nouns} can.")
    return KINDS[modality]
