"""Recordings of small runs with a known fate, for the tests of what is said of them."""

import numpy as np

from explorer.joints.files.recording import RecordingWriter, RecordLevel
from explorer.joints.frame import Frame, FrameEvent, FrameLevel

WINDOW, TOKENS = 20, 64


def level_of(vectors, indices, numbers=None, whole=0, noise=0.05, seed=0):
    chance = np.random.default_rng(seed)
    z = vectors[indices] + noise * chance.normal(size=(len(indices), vectors.shape[1]))
    zeros = np.zeros(len(vectors))
    return FrameLevel(
        z_e=z.astype(np.float32),
        indices=np.asarray(indices, np.int32),
        vectors=vectors.astype(np.float32),
        counts=zeros.astype(np.float32),  # these three follow from totals and last
        silent=zeros.astype(np.int32),
        state=zeros.astype(np.uint8),
        metric="euclidean",
        window=WINDOW,
        numbers=numbers,
        whole=whole,
    )


def write_run(folder, moments, K=8, measures=None, events=None, end=True, levels=1, every=10):
    """moments: step -> codes that are chosen in all steps since the one before, alike. measures, events: by step."""
    vectors = np.random.default_rng(3).normal(size=(K, 3)) * 4
    writer = RecordingWriter(folder, [RecordLevel(f"level {i + 1}", K, 3) for i in range(levels)], every, None, {})
    writer.begin_session(1, 0)
    total, last, before = np.zeros(K, np.int64), np.full(K, -1, np.int64), 0
    for step, chosen in moments.items():
        total[chosen] += (step - before) * TOKENS // len(chosen)
        last[chosen] = step
        indices = np.resize(chosen, TOKENS)
        shown = tuple(level_of(vectors, indices, seed=step) for _ in range(levels))
        told = tuple(FrameEvent(step - 1, 0, code, how, -1, again) for code, how, again in (events or {}).get(step, ()))
        frame = Frame(
            step, step * TOKENS, TOKENS, shown, {"mse": 1 / step}, (measures or {}).get(step, {}), events=told
        )
        writer.add(frame, [total] * levels, [last] * levels, seconds=step)
        before = step
    if end:
        writer.end("", before)
    else:
        writer.close()
    return folder
