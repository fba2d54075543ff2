"""Stretches encoded beside each other: the same audit and the same tokens as one after the other."""

import threading

import numpy as np
import torch

from explorer.audit.batches import Stretch, Together
from explorer.audit.beside import encoded_beside, one_thread_each
from explorer.audit.run import run_audit
from explorer.audit.sources import MediaSource
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer

PICTURES = [name for name, sample in SAMPLES.items() if sample.modality == "image"][:4]


def source_of(times):
    names = [f"{name} {n}" for n in range(times) for name in PICTURES]
    return MediaSource(
        "samples", tuple(names), lambda number, modality: SAMPLES[PICTURES[number % len(PICTURES)]].load()
    )


def test_an_audit_does_not_hang_on_how_many_are_in_work_at_once():
    tokenizer, source = load_tokenizer("vq-ema-reseed", device="cpu"), source_of(6)
    with one_thread_each("cpu"):
        one, three = (run_audit(tokenizer, source, title="t", side_px=64, workers=workers) for workers in (1, 3))
    assert one.media == three.media and one.tokens == three.tokens > 0
    for name in ("counts", "error", "latents", "growth", "batches"):
        assert np.array_equal(getattr(one.levels[0], name), getattr(three.levels[0], name), equal_nan=True), name


class Meeting:
    """Media as stretches of one; `encode` waits until two of them are in work."""

    device, looks_back = "cpu", False

    def __init__(self):
        self.meet, self.threads = threading.Barrier(2, timeout=20), set()

    def encode(self, media):
        self.meet.wait()
        self.threads.add(threading.get_ident())
        return [(float(medium.sum()),) for medium in media]


def test_two_are_in_work_at_once_and_come_in_their_order():
    tokenizer = Meeting()
    asked = [Stretch([str(n)], [np.full((2, 2, 3), float(n))], [()], [], [n], 1) for n in range(4)]
    with encoded_beside(tokenizer, asked, 2) as encoded:
        found = [(stretch.names[0], levels[0][0]) for stretch, (levels, _) in encoded]
    assert found == [("0", 0.0), ("1", 12.0), ("2", 24.0), ("3", 36.0)] and len(tokenizer.threads) == 2


def test_batches_of_one_stretch_are_in_work_at_once():
    """A folder of one stretch, whose four media are of four sizes: each batch waits until another one is in work."""
    tokenizer = Meeting()
    media = [np.full((2, width, 3), 1.0) for width in (5, 2, 4, 3)]
    asked = [Stretch(list("abcd"), media, [()] * 4, [], [0, 1, 2, 3], 4), Stretch([], [], [], [("e", "broken")], [], 1)]
    with encoded_beside(tokenizer, asked, 2) as encoded:
        (first, (levels, done)), (last, (none, nothing)) = encoded
    assert [one[0] for one in levels] == [30.0, 12.0, 24.0, 18.0] and len(tokenizer.threads) == 2
    assert (first.names, done) == (list("abcd"), Together(4, 4, 4))
    assert (last.skipped, list(none), nothing) == ([("e", "broken")], [], Together())


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with one_thread_each("cpu") as workers:
        assert (workers, torch.get_num_threads()) == (before, 1)
    with one_thread_each("cuda") as workers:
        assert workers == 1 and torch.get_num_threads() == before
    assert torch.get_num_threads() == before
