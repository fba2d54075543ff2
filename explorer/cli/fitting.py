"""`--side`, `--crop` and `--filter`: how large the pictures and clips are that a tokenizer is given."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.foundation.numerals import whole_option

if TYPE_CHECKING:  # `--help` answers without numpy and Pillow
    from explorer.joints.tokenizer import TokenizerSpec
    from explorer.media.fitting import Fitting


def add_options(parser: argparse.ArgumentParser, side: str = "1,024") -> None:
    """The three options, of a command that reads pictures and clips. side: what --side is by default, in words."""
    parser.add_argument(
        "--side", type=whole_option, metavar="PX", help=f"scale larger pictures and clips down to it (default: {side})"
    )
    parser.add_argument(
        "--crop", type=whole_option, metavar="PX",
        help="scale the shorter side to it, up or down, and cut a square of it at the centre, as evaluations do",
    )  # fmt: skip
    parser.add_argument(
        "--filter", default="lanczos", metavar="NAME",
        help="of that scaling: lanczos, bicubic, bilinear, box or nearest (default: lanczos)",
    )  # fmt: skip


def chosen_fitting(options: argparse.Namespace) -> Fitting:
    """What the options say. Raises SettingsError for numbers out of range, and for a side beside a crop."""
    from explorer.media.fitting import SMALLEST_PX, Fitting

    most = settings().limits.image_side_px
    if options.side is not None and options.crop is not None:
        raise SettingsError("Give --side or --crop, not both: a crop says both sides of a picture.")
    for name, value in (("--side", options.side), ("--crop", options.crop)):
        if value is not None and not SMALLEST_PX <= value <= most:
            raise SettingsError(f"{name} must be from {SMALLEST_PX} to {most:,} pixels, not {value}.")
    return Fitting(options.side or most, options.crop, options.filter)


def fitting_for(options: argparse.Namespace, spec: TokenizerSpec) -> Fitting:
    """What the options say, if that tokenizer can take it. Raises SettingsError if it cannot."""
    fitting = chosen_fitting(options)
    fitting.check(spec)
    return fitting
