"""Which device to compute on: "auto" picks CUDA, then MPS, then the CPU."""

from __future__ import annotations

import torch

from explorer.foundation.errors import SettingsError
from explorer.foundation.words import count_of

KINDS = ("cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """The torch device of that name. Raises SettingsError if it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type not in KINDS:
            raise RuntimeError(f"{device.type} is none of {', '.join(KINDS)}")
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"device {name!r} cannot be used here; try auto or cpu") from error
    return device


def device_label(device: torch.device) -> str:
    """The device in words, such as "CPU, 2 threads", or CUDA and the name of the card."""
    if device.type == "cuda":
        return f"CUDA, {torch.cuda.get_device_name(device)}"
    if device.type != "cpu":
        return device.type.upper()
    threads = torch.get_num_threads()
    return f"CPU, {count_of(threads, 'thread')}"


def use_one_thread() -> None:
    """Let this process compute on one core from now on."""
    torch.set_num_threads(1)


def rounding() -> str:
    """What decides how numbers are rounded on the CPU here: with the same, the same steps agree in every bit."""
    return f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"
