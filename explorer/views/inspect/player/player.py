"""The player: a sound or a clip beside what its tokens decode to, heard and seen in step with the tokens.

A sound: waveform, spectrogram and the tokens of all levels on one axis of time, and a switch between original and
reconstruction while it plays. A clip: both, frame by frame. Pictures have no player; the value "" hides it.

The tokens themselves come from the inspect view, which shares what it shows with the other components of the page.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.measures.over_time import Change
from explorer.media.quality.metrics import Quality
from explorer.media.sounds.audio import Excerpt, wav_bytes
from explorer.views.kit.wire.encoding import image_bytes, lossless_data_url, pack, wav_data_url

SPRITE_SIDE_PX = 4096  # longest side of all frames side by side; larger frames are halved until they fit
LOSSLESS_PIXELS = 512 * 512
FILMS = ("decoded_mp4", "decoded_gif", "decoded_webp", "beside_mp4", "beside_gif")  # what a clip is saved as


@dataclass(frozen=True)
class AddedSound:
    """What one level adds to those before it: sound (S, C), its spectrogram (bands, columns, 3), its name on the
    screen, and how much nearer it brings the decode, in words."""

    sound: np.ndarray
    spectrogram: np.ndarray
    label: str
    words: str


def sound_payload(
    sound: np.ndarray,
    decoded: np.ndarray | None,
    sample_rate_hz: int,
    spectrograms: Sequence[np.ndarray],
    caption: str = "",
    added: AddedSound | None = None,
    excerpt: Excerpt | None = None,
) -> str:
    """The value for a sound.

    sound, decoded: (S, C) in about [-1, 1], decoded None where there is no decoder. spectrograms: (bands, columns, 3)
    of each. caption: what the reconstruction is made of. excerpt: what was read of a longer sound. Raises RecordError
    for sounds of different shapes.
    """
    if decoded is not None and sound.shape != decoded.shape:
        raise RecordError(f"a sound of shape {sound.shape} cannot be played beside one of {decoded.shape}")
    original = wav_bytes(sound, sample_rate_hz)
    seen = [*spectrograms, *([] if added is None else [added.spectrogram])]
    return _json(
        {
            "kind": "sound",
            "key": hashlib.blake2b(original, digest_size=12).hexdigest(),
            "rate": sample_rate_hz,
            "seconds": len(sound) / sample_rate_hz,
            "original": wav_data_url(original),
            "reconstruction": None if decoded is None else wav_data_url(wav_bytes(decoded, sample_rate_hz)),
            "added": None if added is None else wav_data_url(wav_bytes(added.sound, sample_rate_hz)),
            "added_label": "" if added is None else added.label,
            "spectrograms": [lossless_data_url(pixels) for pixels in seen],
            "caption": caption if added is None else f"{caption} {added.words}".strip(),
            "excerpt": None if excerpt is None else asdict(excerpt),
        }
    )


def clip_payload(
    frames: np.ndarray,
    decoded: np.ndarray | None,
    frames_per_second: float,
    steps: Sequence[Sequence[int]],
    caption: str = "",
    changes: Sequence[Change] = (),
    qualities: Sequence[Quality] = (),
    decoded_levels: tuple[str, int] = ("all", 0),
) -> str:
    """The value for a clip: frames, decoded (F, H, W, 3) in [0, 1]. steps: [first, end) frames of each step of tokens.

    changes: of the tokens of each level. qualities: of each frame, none without a decoder. decoded_levels: the
    way in which levels were decoded, and about which of them. Raises RecordError for clips of different shapes.
    """
    if decoded is not None and frames.shape != decoded.shape:
        raise RecordError(f"a clip of shape {frames.shape} cannot be played beside one of {decoded.shape}")
    columns = math.ceil(math.sqrt(len(frames)))
    original = _sprite(frames, columns)
    return _json(
        {
            "kind": "clip",
            "key": hashlib.blake2b(original.encode(), digest_size=12).hexdigest(),
            "frames": len(frames),
            "frames_per_second": frames_per_second,
            "height": frames.shape[1],
            "width": frames.shape[2],
            "columns": columns,
            "original": original,
            "reconstruction": None if decoded is None else _sprite(decoded, columns),
            "steps": [list(step) for step in steps],
            "caption": caption,
            "decoded": {"mode": decoded_levels[0], "level": decoded_levels[1]},
            "changes": [_change(change) for change in changes],
            "quality": [{"psnr": one.psnr_text, "ssim": one.ssim_text} for one in qualities],
        }
    )


def _change(change: Change) -> dict[str, object]:
    """counts: (rows, columns), in how many of `pairs` the token changed. words: the share, with what it is of."""
    share = (
        f"Changed over time: {change.changed:,} of {change.possible:,} tokens ({change.share:.1%}) are another one "
        f"than in the step before, over {count_of(change.counts.size, 'position')} times "
        f"{count_of(change.pairs, 'pair')} of steps."
        if change.share is not None
        else "This clip has one step of tokens: nothing can change over time."
    )
    return {"counts": pack(change.counts.astype(np.uint32)), "pairs": change.pairs, "words": share}


def _sprite(frames: np.ndarray, columns: int) -> str:
    """All frames side by side, `columns` in a row, as a data URL: lossless while small."""
    count, height, width = frames.shape[:3]
    rows = math.ceil(count / columns)
    step = 1
    while max(columns * width, rows * height) // step > SPRITE_SIDE_PX:
        step *= 2
    frames = frames[:, ::step, ::step]
    height, width = frames.shape[1:3]
    sheet = np.zeros((rows * height, columns * width, 3), np.float32)
    for number, frame in enumerate(frames):
        row, column = divmod(number, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = frame
    if sheet.shape[0] * sheet.shape[1] <= LOSSLESS_PIXELS:
        return lossless_data_url(sheet)
    return "data:image/jpeg;base64," + base64.b64encode(image_bytes(sheet, "JPEG", quality=92)).decode("ascii")


def _json(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
