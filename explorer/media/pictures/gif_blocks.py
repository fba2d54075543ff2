"""Whether a GIF is there to its end: a file that was cut between two frames decodes, and nobody knows what followed."""

from __future__ import annotations

_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B  # what a block begins with (GIF89a, appendix A)
_HEAD = 13  # bytes of the signature and the screen
_IMAGE_HEAD = 10  # of an image block, up to its palette


def is_complete(data: bytes) -> bool:
    """Whether its blocks lead to the end mark; False for a file that stops before, or whose blocks lead nowhere."""
    at = _HEAD + _palette(data[10]) if len(data) >= _HEAD else len(data)
    while at < len(data):
        kind = data[at]
        if kind == _END:
            return True
        if kind == _EXTENSION:
            at = _behind_parts(data, at + 2)
        elif kind == _IMAGE and at + _IMAGE_HEAD < len(data):
            at = _behind_parts(data, at + _IMAGE_HEAD + _palette(data[at + 9]) + 1)
        else:
            return False
    return False


def _palette(flags: int) -> int:
    """Bytes of the palette that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_parts(data: bytes, at: int) -> int:
    """Where a chain of parts, each with its length before it, is over."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
