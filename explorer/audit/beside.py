"""Stretches of media encoded beside each other, each by one thread of torch.

Torch's own threads share out a layer at a time: on a picture of 256 px two of them are little faster than one. Two
stretches on a thread each take two cores' worth of time. What is encoded together, and that one thread does it, does
not hang on how many there are, so neither does a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from explorer.audit.batches import Levels, Stretch, Together, encode_together
from explorer.foundation.ahead import made_ahead
from explorer.foundation.freed_memory import keep_freed_memory
from explorer.joints.tokenizer import Tokenizer

Encoded = tuple[Sequence[Levels | str], Together]


@contextmanager
def one_thread_each(device: str) -> Iterator[int]:
    """Yield how many stretches are to be encoded beside each other on a device: as many as torch had threads, each by
    one, until the block ends. A GPU is fed by one.

    For a command, whose process does nothing else: torch's number of threads is that of the whole process, and so is
    what becomes of memory that is freed.
    """
    if device != "cpu":
        yield 1
        return
    keep_freed_memory()
    import torch  # a command imports this before it knows its device

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


@contextmanager
def encoded_beside(
    tokenizer: Tokenizer, stretches: Iterable[Stretch], workers: int = 1
) -> Iterator[Iterator[tuple[Stretch, Encoded]]]:
    """Yield an iterator of (stretch, what `encode_together` makes of it) in their order, of which `workers` are in work
    at once."""

    def encode(stretch: Stretch) -> Encoded:
        return encode_together(tokenizer, stretch.media)

    if workers < 2:
        yield ((stretch, encode(stretch)) for stretch in stretches)
        return
    with made_ahead(encode, stretches, workers, workers + 1) as made:
        yield made
