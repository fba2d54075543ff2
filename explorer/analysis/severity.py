"""How severe a finding is, in one word: the same four for codebooks, runs and experiments."""

from __future__ import annotations

from typing import Literal

Severity = Literal["bad", "warning", "note", "good"]

RANK: dict[Severity, int] = {"bad": 0, "warning": 1, "note": 2, "good": 3}  # worst first
ALARMS: tuple[Severity, ...] = ("bad", "warning")  # something is wrong, or will be
