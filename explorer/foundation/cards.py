"""Whether there may be a GPU here, told without torch, which takes seconds to load."""

from __future__ import annotations

import sys
from ctypes.util import find_library
from pathlib import Path

# Of the drivers of NVIDIA, of those of Windows seen from Linux, of Jetson boards, and of AMD.
NODES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/nvmap", "/dev/kfd")


def surely_cpu(device: str) -> bool:
    """Whether `device.pick_device` of that name can only be the CPU; False also where that is not sure."""
    return device == "cpu" or (device == "auto" and not may_have_card())


def may_have_card() -> bool:
    """Whether there is a driver of a card that torch computes on, or a Mac."""
    if sys.platform == "darwin":
        return True
    if sys.platform == "win32":
        return find_library("nvcuda") is not None
    return any(Path(node).exists() for node in NODES)
