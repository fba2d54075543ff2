"""The figures under a reconstruction that is not a picture's: of sounds, of clips, and of tokens alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.foundation.words import count_of
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.media.quality.metrics import Quality, psnr_of
from explorer.media.quality.sound_delay import BOUND_S, NO_DELAY, Delay
from explorer.media.quality.sound_fidelity import sound_quality
from explorer.views.inspect.reconstruction.reconstruction import figure

PCM_BITS = 16  # of a sample, which a sound's compression is reckoned against
RGB_BITS = 24  # of a pixel


def sound_figures(record: TokenRecord, decoded: np.ndarray | None, delay: Delay = NO_DELAY) -> list[dict]:
    """How near a decoded sound is, and what its tokens cost. record: of the levels that it was decoded from.

    decoded: (S, C), None where there is no decoder. delay: of the tokenizer, by which it is moved back.
    """
    rows = [] if decoded is None else _sound_quality(record, decoded, delay)
    seconds, rate = record.duration_s or 1.0, record.sample_rate_hz or 1.0
    per_second = [level.layout.num_tokens / seconds for level in record.levels]
    spread = " + ".join(f"{value:.4g}" for value in per_second)
    pcm = PCM_BITS * record.media.size
    several = f", {part_noun(record.combination)} by {part_noun(record.combination)}: {spread}"
    rows += [
        figure("tokens", "Tokens", record.num_tokens, "indices", 0, "Indices that stand for this sound."),
        figure("indices_per_s", "Index rate", sum(per_second), "indices/s", 1,
               f"Indices a second of sound{several if len(per_second) > 1 else ''}."),
        figure("kbps_uniform", "Bit rate, uniform", _kbps(record, "uniform"), "kbit/s", 3,
               "log2(K) bits for each index, divided by the duration."),
        figure("kbps_empirical", "Bit rate, empirical", _kbps(record, "empirical"), "kbit/s", 3,
               "Bits at the entropy of this sound's own code counts, divided by the duration."),
        figure("compression", "Compression", pcm / record.bits_uniform if record.bits_uniform else None, ": 1", 1,
               f"Bits of the same samples at {PCM_BITS} bit, divided by the uniform bits of the tokens."),
        figure("seconds", "Duration", seconds, "s", 2, "Of the sound as it was tokenized."),
        figure("sample_rate_khz", "Sample rate", rate / 1000, "kHz", 2,
               "Samples a second as the tokenizer takes them; nothing above half of it is kept."),
    ]  # fmt: skip
    took = sum(record.seconds.get(step, 0.0) for step in ("encode", "quantize", "decode"))
    rows.append(
        figure("real_time", "Real-time factor", seconds / took if took else None, "x", 1,
               "Seconds of sound in a second of encoding, quantizing and decoding it all: above 1 it keeps up with "
               f"speech. Once, on {record.device}, while others may use it.")
    )  # fmt: skip
    return rows + times(record.seconds, record.device, "sound", decoded is not None)


def _sound_quality(record: TokenRecord, decoded: np.ndarray, delay: Delay) -> list[dict]:
    found = sound_quality(record.media, decoded, float(record.sample_rate_hz or 1), delay)
    moved = " Of the decode moved back by its delay." if delay.samples else ""

    def decibels(name: str, label: str, value: float | None, explains: str) -> dict:
        text = None
        if value is not None and math.isinf(value):
            text = "identical" if value > 0 else "nothing in common"
        return figure(name, label, None if text else value, "dB", 2, explains, text=text)

    rows = [
        decibels("si_sdr_db", "SI-SDR", found.si_sdr_db,
                 "Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019), sample by sample: higher is "
                 f"closer. Decoders trained with a discriminator may sound right and score low.{moved}"),
        decibels("snr_db", "SNR", found.snr_db,
                 f"Signal-to-noise ratio, sample by sample; a wrong loudness counts, too.{moved}"),
        figure("log_mel_db", "Log-mel distance", found.log_mel_db, "dB", 2,
               "Mean difference of the log-mel spectrograms, 80 bands, floored 80 dB below the loudest point: lower is "
               f"closer, and phases do not count.{moved}"),
        figure("max_error", "Largest error", found.max_error, "of 1", 3, f"Of a sample; full scale is 1.{moved}"),
    ]  # fmt: skip
    rows.append(
        figure("delay", "Delay", None, "", 0,
               f"By how much the decode comes late or early: as the tokenizer declares it, or estimated over the whole "
               f"sound within {1000 * BOUND_S:g} ms either way. It is no loss, and is taken out of the figures.",
               text=delay.text)
    )  # fmt: skip
    if delay.samples:
        rows += [
            decibels("raw_si_sdr_db", "SI-SDR, raw", found.raw_si_sdr_db, "Of the decode as it came, delay and all."),
            decibels("raw_snr_db", "SNR, raw", found.raw_snr_db, "Of the decode as it came, delay and all."),
        ]
    return rows


def clip_figures(record: TokenRecord, qualities: Sequence[Quality]) -> list[dict]:
    """How near a decoded clip is, and what its tokens cost. qualities: of each frame, none without a decoder."""
    frames, height, width = record.media.shape[:3]
    pixels = frames * height * width
    rows = []
    if qualities:
        whole = psnr_of(float(np.mean([one.mse for one in qualities])))  # all frames are of one size
        similar = [one.ssim for one in qualities if one.ssim is not None]
        size = f"this clip, {count_of(frames, 'frame')} of {width:,} x {height:,} px"
        worst = min(range(frames), key=lambda frame: qualities[frame].psnr_db)
        rows = [
            figure("psnr_db", "PSNR", None if math.isinf(whole) else whole, "dB", 2,
                   "Peak signal-to-noise ratio over all pixels of all frames, by their mean squared error together.",
                   text="identical" if math.isinf(whole) else None, of=size),
            figure("ssim", "SSIM", float(np.mean(similar)) if similar else None, "of 1", 3,
                   "Structural similarity, the mean over the frames.", of=size),
            figure("worst_frame", "Worst frame", worst + 1, f"of {frames}", 0,
                   f"The frame with the lowest PSNR, {qualities[worst].psnr_text}."
                   if math.isfinite(qualities[worst].psnr_db) else "Every frame is identical."),
        ]  # fmt: skip
    rows += [
        figure("tokens", "Tokens", record.num_tokens, "indices", 0, "Indices that stand for this clip."),
        figure("bpp_uniform", "Rate, uniform", record.bits_per_pixel("uniform"), "bit/pixel", 4,
               "log2(K) bits for each index, divided by the pixels of all frames."),
        figure("bpp_empirical", "Rate, empirical", record.bits_per_pixel("empirical"), "bit/pixel", 4,
               "Bits at the entropy of this clip's own code counts, divided by the pixels of all frames."),
        figure("kbps_uniform", "Bit rate, uniform", _kbps(record, "uniform"), "kbit/s", 2,
               "Uniform bits divided by the duration, where the frames a second are known."),
        figure("compression", "Compression", RGB_BITS * pixels / record.bits_uniform if record.bits_uniform else None,
               ": 1", 1, "Bits of the 24 bit RGB frames divided by the uniform bits of the tokens."),
    ]  # fmt: skip
    return rows + times(record.seconds, record.device, "clip", bool(qualities))


def token_figures(record: TokenRecord) -> list[dict]:
    """What the tokens of a picture cost where nothing can be decoded from them."""
    rows = [
        figure("tokens", "Tokens", record.num_tokens, "indices", 0, "Indices that stand for this picture."),
        figure("bpp_uniform", "Rate, uniform", record.bits_per_pixel("uniform"), "bit/pixel", 3,
               "log2(K) bits for each index, divided by the number of pixels."),
        figure("bpp_empirical", "Rate, empirical", record.bits_per_pixel("empirical"), "bit/pixel", 3,
               "Bits at the entropy of this picture's own code counts, divided by the number of pixels."),
    ]  # fmt: skip
    return rows + times(record.seconds, record.device, "picture", False)


def times(seconds: Mapping[str, float], device: str, noun: str, decodes: bool) -> list[dict]:
    """Wall times of the parts, and where they ran."""
    parts: Sequence[tuple[str, str]] = (("encode", "the encoder"), ("quantize", "the quantizer"))
    parts = (*parts, ("decode", "the decoder")) if decodes else parts
    rows = [
        figure(f"{step}_ms", step.capitalize(), seconds[step] * 1000, "ms", 1,
               f"Wall time of {doing} for this {noun} on {device}.")
        for step, doing in parts
        if step in seconds
    ]  # fmt: skip
    return [*rows, figure("device", "Device", None, "", 0, "Where the tokenizer ran.", text=device)]


def _kbps(record: TokenRecord, kind: str) -> float | None:
    found = record.bitrate_bps(kind)  # type: ignore[arg-type]
    return None if found is None else found / 1000
