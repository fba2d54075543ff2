"""Sample series made here, by formula: nothing is recorded, so nothing has to ship and no licence applies.

`arm_actions` and `body_motion` make as many different ones as there are seeds: tokenizers are trained on other seeds
than those of the samples.
"""

from __future__ import annotations

import numpy as np

from explorer.joints.columns import Column
from explorer.media.rows.series import LoadedSeries

ARM_HZ, BODY_HZ = 50.0, 30.0
ARM = (
    *(Column(name, "rad") for name in ("base", "shoulder", "elbow", "forearm", "wrist", "hand")),
    Column("gripper", "mm"),
)
BODY = tuple(
    Column(name, "deg")
    for name in (
        *("left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle"),
        *("left shoulder", "right shoulder", "left elbow", "right elbow", "trunk"),
    )
)
_LIMITS_RAD = np.array([2.6, 1.7, 2.4, 2.8, 2.0, 2.9])  # how far a joint of the arm turns either way
SAMPLE_SEED = 20_000  # of the samples; those of training are below 10,000


def reach() -> LoadedSeries:
    """A robot arm that reaches, grips, lifts and puts down, 4 s at 50 Hz: joint angles and the opening of its hand."""
    return arm_actions(SAMPLE_SEED, 4.0)


def wipe() -> LoadedSeries:
    """A robot arm that wipes to and fro, 3 s at 50 Hz: smooth swings, which few frequencies hold."""
    return arm_actions(SAMPLE_SEED + 1, 3.0, wiping=True)


def walk() -> LoadedSeries:
    """Joint angles of a body that walks and then runs, 4 s at 30 Hz."""
    return body_motion(SAMPLE_SEED, 4.0)


def arm_actions(seed: int, seconds: float, wiping: bool | None = None) -> LoadedSeries:
    """Commands to six joints and a gripper: moves of least jerk between poses with stops between them, swings on some,
    a little tremor. wiping: whether it swings to and fro; by chance if None.

    Least jerk: Flash and Hogan, The coordination of arm movements, 1985: 10 s^3 - 15 s^4 + 6 s^5 of the way.
    """
    rng, rows = np.random.default_rng((7, seed)), round(seconds * ARM_HZ)
    time = np.arange(rows) / ARM_HZ  # (T,)
    angles, begin = np.zeros((rows, 6)), 0.0
    pose = rng.uniform(-0.6, 0.6, 6) * _LIMITS_RAD
    angles[:] = pose
    grip, opening = np.full(rows, 80.0), 80.0
    while begin < seconds:
        lasts, rests = rng.uniform(0.5, 1.3), rng.uniform(0.05, 0.35)
        target = np.clip(pose + rng.normal(0, 0.35, 6) * _LIMITS_RAD, -_LIMITS_RAD, _LIMITS_RAD)
        share = np.clip((time - begin) / lasts, 0, 1)
        moved = 10 * share**3 - 15 * share**4 + 6 * share**5
        angles += np.where(time >= begin, moved, 0)[:, None] * (target - pose)
        pose, begin = target, begin + lasts + rests
        wanted = 80.0 - opening + rng.uniform(0, 12) if rng.random() < 0.6 else opening
        closing = np.clip((time - begin + rests) / 0.25, 0, 1)
        grip += np.where(time >= begin - rests, closing, 0) * (wanted - opening)
        opening = wanted
    if wiping if wiping is not None else rng.random() < 0.35:
        swing = np.sin(2 * np.pi * rng.uniform(0.8, 2.2) * time + rng.uniform(0, 6.28))
        angles += swing[:, None] * rng.normal(0, 0.12, 6) * np.minimum(1, time / 0.5)[:, None]
    angles += _tremor(rng, rows, 6) * 0.004
    values = np.concatenate([np.clip(angles, -_LIMITS_RAD, _LIMITS_RAD), np.clip(grip, 0, 85)[:, None]], axis=1)
    return LoadedSeries(values, ARM, ARM_HZ)


def _tremor(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """(rows, columns) noise without its highest notes."""
    noise = rng.normal(0, 1, (rows + 4, columns))
    return (noise[:-4] + 2 * noise[1:-3] + 3 * noise[2:-2] + 2 * noise[3:-1] + noise[4:]) / 4.4


def body_motion(seed: int, seconds: float) -> LoadedSeries:
    """Joint angles of a gait that changes its pace: a few harmonics of the phase, the sides half a turn apart.

    Amplitudes are of the order of those of adult gait (Winter, Biomechanics and motor control of human movement), not
    measured ones.
    """
    rng, rows = np.random.default_rng((11, seed)), round(seconds * BODY_HZ)
    time = np.arange(rows) / BODY_HZ
    slow, fast = rng.uniform(0.7, 1.0), rng.uniform(1.2, 1.6)
    change = 1 / (1 + np.exp(-(time - seconds * rng.uniform(0.35, 0.65)) * 4))
    pace = slow + (fast - slow) * change  # strides a second
    phase = 2 * np.pi * np.cumsum(pace) / BODY_HZ + rng.uniform(0, 6.28)
    size = rng.uniform(0.85, 1.15) * (1 + 0.45 * change)

    def leg(turn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        hip = 10 + size * (22 * np.cos(turn) + 3 * np.cos(2 * turn + 0.4))
        knee = 24 + size * (20 * np.cos(turn - 1.9) + 14 * np.cos(2 * turn - 2.6))
        ankle = size * (9 * np.cos(turn - 2.9) + 7 * np.cos(2 * turn + 0.9) + 2 * np.cos(3 * turn))
        return hip, np.maximum(knee, 0), ankle

    (left_hip, left_knee, left_ankle), (right_hip, right_knee, right_ankle) = leg(phase), leg(phase + np.pi)
    arms = [size * 18 * np.cos(phase + np.pi), size * 18 * np.cos(phase)]
    elbows = [
        25 + 30 * change + size * 8 * np.cos(phase + np.pi - 0.5),
        25 + 30 * change + size * 8 * np.cos(phase - 0.5),
    ]
    trunk = 4 + 6 * change + 1.5 * np.cos(2 * phase + 0.3)
    parts = [left_hip, right_hip, left_knee, right_knee, left_ankle, right_ankle, *arms, *elbows, trunk]
    values = np.stack(parts, axis=1) + _tremor(rng, rows, len(parts)) * 0.35
    return LoadedSeries(values, BODY, BODY_HZ)
