"""A clip over time: how near each frame is, which codes each step brings, and which code is used when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, colorscale, ink
from explorer.figures.traces import bars, cells, dots, line
from explorer.foundation.colormaps import CATEGORIES
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of, plural
from explorer.joints.measures.over_time import change_over_time, code_times, reuse_over_time
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenLevel, TokenRecord
from explorer.media.quality.metrics import Quality, frame_qualities, mean_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

RIGHT = {"overlaying": "y", "side": "right", "showgrid": False, "tickmode": "auto"}  # the second axis of a figure
FEW = 60  # codes whose rows are apart
FEW_STEPS = 12  # whose numbers all stand at their axis


def frame_quality(record: TokenRecord, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """PSNR and SSIM of each frame of a clip; customdata: the frame, from 0. A frame that is decoded exactly has no
    finite PSNR and leaves a gap.

    level: names the figure alone. Raises RecordError for a record that is not of a clip.
    """
    _level_of(record, level)
    found = frame_qualities(record.media, record.reconstruction)
    drawn, scale = _quality_traces(found, ink(theme)["accent"])
    psnrs, ssims = mean_of([one.psnr_db for one in found]), mean_of([one.ssim for one in found])
    some = f" ({psnrs.left_out})" if psnrs.left_out else ""
    worst = min(range(len(found)), key=lambda frame: found[frame].psnr_db)
    words = f"PSNR of each of {count_of(len(found), 'frame')}"
    if psnrs.value is not None:
        words += f", {psnrs.value:.2f} dB in the mean{some}, lowest in frame {worst + 1}"
    words += (
        f"; SSIM, {ssims.value:.3f} in the mean."
        if ssims.value is not None
        else "; SSIM needs frames of 11 x 11 px or more."
    )
    x = named_axis("frame (number, from 1)")
    y = named_axis("PSNR (dB)")
    about = {"title": "How near each frame is", "words": words, "pick": "frame", "level": level}
    return frame_traces("frame_quality", drawn, x, y, theme=theme, **about, **scale)


def _quality_traces(found: Sequence[Quality], colour: str) -> tuple[list[Any], dict[str, Any]]:
    frames = np.arange(len(found))
    psnr = np.array([one.psnr_db if np.isfinite(one.psnr_db) else np.nan for one in found])
    ssim = np.array([np.nan if one.ssim is None else one.ssim for one in found])
    texts = [
        f"frame {frame + 1} of {len(found)}<br>PSNR {one.psnr_text}, SSIM {one.ssim_text}"
        for frame, one in enumerate(found)
    ]
    drawn = []
    for values, name, own, symbol, axis in (
        (psnr, "PSNR (dB)", colour, "circle", "y"),
        (ssim, "SSIM (of 1)", CATEGORIES[1], "diamond", "y2"),
    ):
        if np.isfinite(values).any():
            drawn.append(line(frames + 1, values, own, name, showlegend=False, yaxis=axis))
            drawn.append(
                dots(frames + 1, values, own, name, hovertext=texts, hover="%{hovertext}", symbol=symbol, yaxis=axis,
                     customdata=frames)
            )  # fmt: skip
    return drawn, {"yaxis2": named_axis("SSIM (of 1)", **RIGHT)}


def code_reuse(record: TokenRecord, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Codes of each step, those that an earlier step has and those that are new, and the share of tokens that stay as
    they were; customdata: the first frame of the step, from 0.

    Raises RecordError for a record that is not of a clip, or a level that is not there.
    """
    chosen = _level_of(record, level)
    reuse, change = reuse_over_time(chosen), change_over_time(chosen)
    steps, firsts = np.arange(1, len(reuse.codes) + 1), _first_frames(chosen)
    known = reuse.codes - reuse.new
    texts = [
        f"step {step} of {len(steps)}, {_frames(chosen, step - 1)}<br>"
        f"{known[i]:,} of its {count_of(int(reuse.codes[i]), 'code')} used before ({known[i] / reuse.codes[i]:.0%}), "
        f"{reuse.new[i]:,} new<br>{reuse.known_tokens[i]:,} of {reuse.tokens:,} tokens have a code used before"
        f"<br>{reuse.same_tokens[i]:,} of {reuse.tokens:,} tokens as in the step before"
        for i, step in enumerate(steps)
    ]
    look = {"hovertext": texts, "customdata": firsts}
    colours = ink(theme)
    drawn = [
        bars(steps, known, colours["bar"], "codes used before", **look),
        bars(steps, reuse.new, colours["accent"], "new codes", **look),
    ]
    if change.pairs:
        stays = 100 * reuse.same_tokens[1:] / reuse.tokens
        own = {"hovertext": texts[1:], "customdata": firsts[1:], "yaxis": "y2"}
        drawn.append(line(steps[1:], stays, CATEGORIES[1], "unchanged", showlegend=False, yaxis="y2"))
        drawn.append(
            dots(steps[1:], stays, CATEGORIES[1], "tokens as in the step before", hover="%{hovertext}",
                 symbol="diamond", **own)
        )  # fmt: skip
    x, y = _axis_of_steps(len(steps)), named_axis("codes in the step (count)", rangemode="tozero")
    about = {"title": _named("Codes that come again", record, level), "words": _reuse_words(reuse), "pick": "frame"}
    right = named_axis("as before (% of tokens)", range=[0, 102], **RIGHT)
    look = {"barmode": "stack", "yaxis2": right}
    return frame_traces("code_reuse", drawn, x, y, theme=theme, level=level, **about, **look)


def _reuse_words(reuse: Any) -> str:
    steps, later = len(reuse.codes), int(reuse.codes[1:].sum())
    first = f"The first of {count_of(steps, 'step')} has {count_of(int(reuse.codes[0]), 'code')}"
    if steps == 1:
        return f"{first}; there is no later one that could use them again."
    known, tokens = int((reuse.codes - reuse.new)[1:].sum()), reuse.tokens * (steps - 1)
    return (
        f"{first}. Of the {count_of(later, 'code')} of the later ones, counted step by step, {known:,} "
        f"({known / later:.0%}) were used in an earlier step; {int(reuse.known_tokens.sum()):,} of {tokens:,} tokens "
        f"have such a code ({reuse.known_tokens.sum() / tokens:.0%})."
    )


def codes_over_time(record: TokenRecord, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Which code is used when: a row a code, from the first used on, a column a step; customdata: the code.

    Raises RecordError for a record that is not of a clip, or a level that is not there.
    """
    chosen = _level_of(record, level)
    found = code_times(chosen)
    used, steps = found.counts.shape
    most = int(found.counts.max())
    shades = np.where(found.counts > 0, found.counts, None)  # None: no token, nothing is drawn
    hover = (
        f"code %{{customdata}}, number %{{y}} of {used:,} used<br>"
        f"%{{text}} of {chosen.layout.num_tokens // steps:,} tokens of step %{{x}} of {steps}"
    )
    codes = np.repeat(found.codes[:, None], steps, axis=1).astype(np.int32)
    title = "tokens (count)"
    look = {"customdata": codes, "text": found.counts.astype(np.int32), "hoverongaps": False}
    heat = cells(np.arange(1, steps + 1), np.arange(1, used + 1), shades, title, hover=hover, **look)
    heat.update(zmin=1, zmax=max(most, 2), colorscale=_log_scale(max(most, 2)), ygap=1 if used <= FEW else 0)
    every = int((found.counts > 0).all(axis=1).sum())
    once = int(((found.counts > 0).sum(axis=1) == 1).sum())
    words = f"{used:,} of {chosen.codebook.codebook_size:,} codes in use"
    words += (
        f", each in the row of its first step: {every:,} of them in every one of {steps:,} steps, {once:,} in one "
        "alone."
        if steps > 1
        else " in the one step of this clip."
    )
    x = _axis_of_steps(steps)
    y = named_axis("code (number in the order of first use)", autorange="reversed")
    about = {"title": _named("Which code is used when", record, level), "words": words, "pick": "code", "level": level}
    return frame_traces("codes_over_time", [heat], x, y, theme=theme, **about)


def _axis_of_steps(steps: int) -> dict[str, Any]:
    """No half steps where there are few."""
    return named_axis("step (number, from 1)", **({"dtick": 1} if steps <= FEW_STEPS else {}))


def _log_scale(most: int) -> list[tuple[float, str]]:
    """Colours of the counts 1 to `most`, as far from each other as their logarithms: most codes have few tokens."""
    return [((most**place - 1) / (most - 1), colour) for place, colour in colorscale("viridis")]


def _level_of(record: TokenRecord, level: int) -> TokenLevel:
    if record.modality != "video":
        raise RecordError("Only a clip is drawn over its frames and steps.")
    if not 0 <= level < len(record.levels):
        raise RecordError(f"level {level} is outside 0..{len(record.levels) - 1}")
    return record.levels[level]


def _named(text: str, record: TokenRecord, level: int) -> str:
    return f"{text}, {part_noun(record.combination)} {level + 1}" if len(record.levels) > 1 else text


def _span(level: TokenLevel, step: int) -> slice:
    """The frames of a step."""
    return level.layout.region(step * (level.layout.num_tokens // level.layout.shape[0]))[0]  # type: ignore[index]


def _first_frames(level: TokenLevel) -> np.ndarray:
    return np.array([_span(level, step).start for step in range(level.layout.shape[0])])


def _frames(level: TokenLevel, step: int) -> str:
    span = _span(level, step)
    several = span.stop - span.start
    return f"{plural(several, 'frame')} {span.start + 1}" + (f" to {span.stop}" if several > 1 else "")
