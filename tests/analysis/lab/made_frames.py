"""Runs that are made up of frames, for the tests of what is said of them."""

import numpy as np

from explorer.analysis.lab.diagnosis import diagnose
from explorer.joints.frame import DEAD, Frame, FrameLevel
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.settings import LabSettings

K, BATCH = 16, 64


def frame(step, z, vectors, indices=None, dead=0, outputs=None):
    """A frame of one level; the last `dead` codes are dead."""
    state = np.zeros(len(vectors), dtype=np.uint8)
    state[len(vectors) - dead :] = DEAD
    if indices is None:
        alive = vectors[: len(vectors) - dead]
        indices = np.square(z[:, None] - alive[None]).sum(-1).argmin(1)
    level = FrameLevel(
        z_e=z.astype(np.float32),
        indices=np.asarray(indices, dtype=np.int32),
        vectors=vectors.astype(np.float32),
        counts=np.ones(len(vectors), dtype=np.float32),
        silent=np.zeros(len(vectors), dtype=np.int32),
        state=state,
        metric="euclidean",
        window=20,
    )
    inputs = None if outputs is None else z.astype(np.float32)
    return Frame(step, step * BATCH, BATCH, (level,), inputs=inputs, outputs=outputs)


def told(frames, norms=(), events=(), name="latent_norm", **settings):
    """Findings of a run made of `frames`; norms: the curve of that name; settings: for the advice."""
    curves, timeline, log = Curves(), Timeline(), EventLog()
    for step, norm in enumerate(norms, 1):
        curves.add(step, {name: norm})
    for one in frames:
        timeline.add(one)
    log.add(tuple(events))
    return diagnose(curves, timeline, log, LabSettings().changed(settings) if settings else None)


def titles(found):
    return " / ".join(finding.title for finding in found)
