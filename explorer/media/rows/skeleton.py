"""A body as a stick figure, from the angles of its joints: seen from its right side, walking to the right.

Lengths are shares of the body's height (Drillis and Contini 1966, as in Winter, Biomechanics and motor control of human
movement): thigh 0.245, shank 0.246, foot 0.152, upper arm 0.186, forearm 0.146. Angles are those of gait analysis: hip,
shoulder and trunk forwards from upright, knee and elbow bent, ankle toes up. Letters: T rows, J joints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.joints.columns import Column

SIDES = ("left", "right")
NEEDED = tuple(f"{side} {part}" for side in SIDES for part in ("hip", "knee"))
KNOWN = (*NEEDED, *(f"{side} {part}" for side in SIDES for part in ("ankle", "shoulder", "elbow")), "trunk")
UPPER_ARM, FOREARM, THIGH, SHANK, FOOT, TRUNK, NECK, HEAD = 0.186, 0.146, 0.245, 0.246, 0.152, 0.288, 0.052, 0.13
JOINTS = (
    *("pelvis", "neck", "head"),
    *(f"{side} {part}" for side in SIDES for part in ("knee", "ankle", "toe", "elbow", "hand")),
)
_LIMBS = (("pelvis", "knee"), ("knee", "ankle"), ("ankle", "toe"), ("neck", "elbow"), ("elbow", "hand"))


def bones() -> list[tuple[int, int, str]]:
    """(joint, joint, side "left", "right" or "") of each bone, those of the far, left side first."""
    place = {name: number for number, name in enumerate(JOINTS)}

    def named(part: str, side: str) -> int:
        return place[part] if part in place else place[f"{side} {part}"]

    limbs = [(named(a, side), named(b, side), side) for side in SIDES for a, b in _LIMBS]
    middle = [(place["pelvis"], place["neck"], ""), (place["neck"], place["head"], "")]
    return [*limbs[: len(_LIMBS)], *middle, *limbs[len(_LIMBS) :]]


def pose(values: np.ndarray, columns: Sequence[Column]) -> np.ndarray | None:
    """(T, D) in the units of the columns -> (T, J, 2) places of `JOINTS`, forwards and up, in heights of the body; its
    lowest point is on the ground. None where columns are not named as the joints of a body are.

    Columns are "left hip", "right_knee", ... in degrees, or in radians where the unit says so; hips and knees have to
    be there, and what else is not hangs straight.
    """
    places = {column.name.casefold().replace("_", " ").strip(): place for place, column in enumerate(columns)}
    if any(name not in places for name in NEEDED):
        return None
    turn = {
        name: values[:, places[name]] * (1.0 if columns[places[name]].unit.casefold() == "rad" else np.pi / 180)
        if name in places
        else np.zeros(len(values))
        for name in KNOWN
    }
    at = {"pelvis": np.zeros((len(values), 2))}
    at["neck"] = at["pelvis"] + TRUNK * _upwards(turn["trunk"])
    at["head"] = at["neck"] + (NECK + HEAD / 2) * _upwards(turn["trunk"])
    for side in SIDES:
        hip, shin = turn[f"{side} hip"], turn[f"{side} hip"] - turn[f"{side} knee"]
        at[f"{side} knee"] = at["pelvis"] + THIGH * _downwards(hip)
        at[f"{side} ankle"] = at[f"{side} knee"] + SHANK * _downwards(shin)
        at[f"{side} toe"] = at[f"{side} ankle"] + FOOT * _downwards(shin + np.pi / 2 + turn[f"{side} ankle"])
        arm = turn[f"{side} shoulder"]
        at[f"{side} elbow"] = at["neck"] + UPPER_ARM * _downwards(arm)
        at[f"{side} hand"] = at[f"{side} elbow"] + FOREARM * _downwards(arm + turn[f"{side} elbow"])
    found = np.stack([at[name] for name in JOINTS], axis=1)  # (T, J, 2)
    found[..., 1] -= found[..., 1].min(1, keepdims=True)
    return found


def _downwards(angle: np.ndarray) -> np.ndarray:
    """(T, 2) of length 1, from straight down by so much forwards."""
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1)


def _upwards(angle: np.ndarray) -> np.ndarray:
    """(T, 2) of length 1, from straight up by so much forwards."""
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)
