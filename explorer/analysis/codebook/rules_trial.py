"""Rules on what was tried beside counting: what decoded media look like, and whether encoding again gives the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codebook.findings import GITHUB, VISUAL, Finding, percent
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import Trial

CHANGED = 0.02  # of the tokens of one medium: near ties that a batch rounds apart are fewer
MUTE, MUTE_SOUND = 0.02, 1e-3  # variance of a decode as a share of the medium's
BETTER = 4.0  # times as small would the error be (6 dB) with another range, or the channels in reverse
ALIKE = 0.5  # squared correlation of a decode with its medium: below it no range would mend it
LOUD = 10.0  # times the variance, either way: a sound of another gain
FLAT_MEDIUM = 1e-5  # variance of a medium in which there is nothing to see or hear


@dataclass(frozen=True)
class DecodeMeasures:
    """Of decoded media, medians: mean squared error, variances of medium and decode, correlation, error that the best
    gain and offset would leave, that gain and offset, error with the channels in reverse, share at an end."""

    error: float
    medium: float
    decode: float
    correlation: float
    fitted: float
    gain: float
    offset: float
    reverse: float
    ends: float

    @property
    def psnr_db(self) -> float:
        """10 log10(1 / error), for values from 0 to 1."""
        return float(-10 * np.log10(max(self.error, 1e-12)))

    @property
    def blank_db(self) -> float:
        """The same of one mean value in place of every decode."""
        return float(-10 * np.log10(max(self.medium, 1e-12)))


def decoded_of(trial: Trial) -> DecodeMeasures | None:
    """The medians over the media in which there is something to see; None if there are none."""
    x, y, var_x, var_y, both, ends, reverse = trial.decoded.T
    seen = var_x > FLAT_MEDIUM
    if not seen.any() or not np.isfinite(trial.decoded[seen, :5]).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.where(var_y > 0, both / np.sqrt(var_x * var_y), 0.0)
        gain = both / var_x
    error = var_x + var_y - 2 * both + np.square(x - y)
    rows = (error, var_x, var_y, correlation, var_x * (1 - correlation**2), gain, y - gain * x, reverse, ends)
    return DecodeMeasures(*(float(np.median(row[seen])) for row in rows))


def of_trial(audit: Audit) -> list[Finding]:
    """What the trial of an audit says; nothing where none was made."""
    if audit.trial is None:
        return []
    found = [_changes(audit.trial), _refused(audit.trial)]
    if len(audit.trial.decoded):
        found.append(_decodes(audit, audit.trial))
    return [one for one in found if one is not None]


def changes(audit: Audit) -> bool:
    """Whether the tokenizer gives other tokens each time, so that no token belongs to a code for certain."""
    return audit.trial is not None and _changes(audit.trial) is not None


def _changes(trial: Trial) -> Finding | None:
    if not trial.compared or trial.changed <= CHANGED * trial.compared:
        return None
    share = percent(trial.changed / trial.compared)
    text = (
        f"Encoded again after the last medium, {trial.changed:,} of {trial.compared:,} tokens of the first one "
        f"({share}) are other codes. "
    )
    if trial.restless is not None and trial.restless > CHANGED * trial.compared:
        text += f"Twice in a row it differs, too ({trial.restless:,}): it draws at random, as with dropout or sampling."
    else:
        text += "Twice in a row it does not: it was changed by what it counted, as by moving averages and reseeding."
    return Finding(
        "bad",
        f"The tokenizer changes while it is counted: {share} of the tokens of one medium",
        f"{text} Every figure here is of a mixture of models.",
        "certain",
        "Put the model into evaluation mode before it is counted (the quantizer, too), and count again.",
        "batches",
        f"Only evaluation mode freezes a codebook: {GITHUB}lucidrains/vector-quantize-pytorch/issues/42; "
        f"{GITHUB}ritheshkumar95/pytorch-vqvae/pull/12",
        None,
        "The tokenizer changes",
    )


def _refused(trial: Trial) -> Finding | None:
    """A decoder that ends in an error: of all media that were tried, or of some."""
    if not trial.refused:
        return None
    failed = max(1, trial.refusals)
    tried = failed + len(trial.decoded)
    which = (
        f"{failed} of {tried} media" if failed < tried else f"all {failed} media" if failed > 1 else "the one medium"
    )
    advice = "Look whether `decode` takes what `encode` gives (shape, type, device), and what the message says."
    return _finding(
        "warning" if failed < tried else "bad", f"The decoder fails on {which} that it was tried on",
        f"It ends in an error, so there is no decode to judge: {trial.refused.rstrip('.')}.", advice,
        "A decoder that fails",
    )  # fmt: skip


def _decodes(audit: Audit, trial: Trial) -> Finding | None:
    known = decoded_of(trial)
    if known is None:
        return _not_finite(trial)
    sound = audit.modality == "audio"
    if known.decode <= (MUTE_SOUND if sound else MUTE) * known.medium:
        return _mute(known, len(trial.decoded), sound)
    if sound:
        return _gain(known, len(trial.decoded))
    return _pictures(known, len(trial.decoded))


def _not_finite(trial: Trial) -> Finding | None:
    if np.isfinite(trial.decoded[:, :5]).all():
        return None
    return _finding(
        "bad", "Decodes hold NaN or infinity", f"Decoded: {_media(len(trial.decoded))}.",
        "Go back to a checkpoint from before the loss became NaN.", "A decode that is not finite",
    )  # fmt: skip


def _mute(known: DecodeMeasures, count: int, sound: bool) -> Finding:
    media = count_of(count, "decoded sound" if sound else "decoded picture")
    text = (
        f"The variance of {media} is {percent(known.decode / known.medium)} of the original's (median): "
        "whatever the tokens are, the decode is nearly the same."
    )
    title = "The decoder is mute" if sound else "The decoder is mute: it gives a blank picture"
    advice = (
        "Load the decoder's weights too (keys that were skipped?), and look whether its input is what `decode` gets."
    )
    return _finding("bad", title, text, advice, "A mute decoder")


def _gain(known: DecodeMeasures, count: int) -> Finding | None:
    ratio = known.decode / known.medium
    if 1 / LOUD <= ratio <= LOUD:
        return None
    text = f"The energy of {count_of(count, 'decoded sound')} is {ratio:.2g} times the original's (median)."
    word = "louder" if ratio > 1 else "quieter"
    title = f"Decodes are much {word} than their sounds: is the range right?"
    return _finding("warning", title, text, "Samples lie in -1 to 1: look for a division that is missing.", "Range")


def _pictures(known: DecodeMeasures, count: int) -> Finding | None:
    said = (
        f"{known.psnr_db:.0f} dB over {_media(count)}, decoded (median PSNR); one grey gives {known.blank_db:.0f} dB. "
    )
    if known.reverse * BETTER <= known.error:
        title = f"Decodes have red and blue exchanged ({known.psnr_db:.0f} dB)"
        text = f"{said}With the channels in reverse it would be {-10 * np.log10(max(known.reverse, 1e-12)):.0f} dB."
        return _finding("bad", title, text, "Feed RGB rather than BGR, and show what is decoded as such.", "Channels")
    off = known.fitted * BETTER <= known.error and known.correlation**2 >= ALIKE
    if not off and known.error < known.medium:
        return None
    text = said
    if off and known.correlation > 0:
        text += (
            f"A decode is about {known.gain:.2g} times its medium plus {known.offset:.2g}; without that it would be "
            f"{-10 * np.log10(max(known.fitted, 1e-12)):.0f} dB. "
        )
    elif off:
        text += "Light and dark are exchanged. "
    text += f"{percent(known.ends)} of its values lie at 0 or 1."
    advice = (
        "Say what range of pixels the model takes and gives (pixel_range=(-1, 1) or (0, 1)), and whether it subtracts "
        "a mean."
    )
    return _finding(
        "bad", f"Decodes miss their media, {known.psnr_db:.0f} dB: is the range right?", text, advice, "Range"
    )


def _media(count: int) -> str:
    return count_of(count, "medium", "media")


def _finding(level: str, title: str, text: str, advice: str, kind: str) -> Finding:
    source = (
        f"{GITHUB}CompVis/taming-transformers/issues/55; {GITHUB}markweberdev/maskbit/issues/1; {VISUAL}, section 6"
    )
    return Finding(level, title, text, "certain", advice, "heatmap", f"Range of pixels: {source}", None, kind)
