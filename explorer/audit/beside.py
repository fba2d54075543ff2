"""Batches of media encoded beside each other, each by one thread of torch.

Torch's own threads share out a layer at a time: on a picture of 256 px two of them are little faster than one. Two
batches on a thread each take two cores' worth of time. What is encoded together, and that one thread does it, does not
hang on how many there are, so neither does a token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

from explorer.audit.batches import Levels, Stretch, Together, encode_group, encode_together, groups_for, in_order
from explorer.foundation.freed_memory import keep_freed_memory
from explorer.joints.tokenizer import Tokenizer

Encoded = tuple[Sequence[Levels | str], Together]


@contextmanager
def one_thread_each(device: str) -> Iterator[int]:
    """Yield how many batches are to be encoded beside each other on a device: as many as torch had threads, each by
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
    """Yield an iterator of (stretch, what `encode_together` makes of it) in their order. `workers` batches are in work
    at once, whichever stretch they are of: whole stretches would leave one without work at the end of a folder."""

    if workers < 2:
        yield ((stretch, encode_together(tokenizer, stretch.media)) for stretch in stretches)
        return
    pool, left = ThreadPoolExecutor(workers, thread_name_prefix="beside"), iter(stretches)

    def begin(stretch: Stretch) -> tuple[Stretch, list[list[int]], list[Future]]:
        split, media = groups_for(tokenizer, stretch.media), stretch.media
        made = [pool.submit(encode_group, tokenizer, [media[number] for number in group]) for group in split]
        return stretch, split, made

    def each() -> Iterator[tuple[Stretch, Encoded]]:
        waiting: deque[tuple[Stretch, list[list[int]], list[Future]]] = deque()
        while True:
            waiting.extend(map(begin, islice(left, workers + 1 - len(waiting))))
            if not waiting:
                return
            stretch, split, made = waiting.popleft()
            yield stretch, in_order(split, [one.result() for one in made])

    try:
        yield each()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
