"""What a link to the lab asks for, and how a run that was just opened is brought there.

Keys of the query: `settings` (JSON of what differs from the defaults), `preset`, `mended` ("1"), `b` (JSON of what run
B changes of run A), `speed` (steps a second, or "full") and `paused` ("1"). A run begins at step 0 with them; a paused
one stands still there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.foundation.errors import ExplorerError
from explorer.foundation.numerals import read_number
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings, settings_from_json
from explorer.pages.shared.link_keys import tell_stray

# What is seen before anything was chosen: a run that works, slow enough to follow, so that breaking it means something.
FIRST = LabSettings(model="none", codebook_size=32, initialization="kmeans", reseeding="random_latent")
FIRST_SPEED = 30.0  # steps a second
FULL = "full"


@dataclass(frozen=True)
class LinkedRun:
    """other: what B changes of A, empty for one run. speed: None as the run begins, else steps a second or "full".

    said: what the link asks for and cannot be, in words; where that is the run, the first one is shown.
    """

    settings: LabSettings
    preset: str | None = None
    mended: bool = False
    other: Mapping[str, Any] = field(default_factory=dict)
    speed: float | str | None = None
    paused: bool = False
    said: str = ""


def linked_run(query: Mapping[str, str]) -> LinkedRun:
    """The run that a link asks for; never raises."""
    stray = tell_stray("lab", query)
    try:
        return replace(_read(query), said=" ".join(stray))
    except ExplorerError as error:
        why = str(error)
        why = why if why.endswith((".", "?")) else f"{why}."
        said = f"The link asks for a run that cannot be, so the first one is shown. {why}"
        return LinkedRun(FIRST, speed=FIRST_SPEED, said=" ".join([said, *stray]))


def _read(query: Mapping[str, str]) -> LinkedRun:
    chosen = preset(query["preset"]) if "preset" in query else None
    settings = LabSettings().changed(chosen.changes) if chosen else FIRST
    if "settings" in query:
        settings = settings_from_json(query["settings"])
    other = _object(query.get("b", ""))
    settings.changed(other)  # refuses here what cannot be
    speed = _speed(query.get("speed", ""))
    if speed is None and chosen is None and "settings" not in query:
        speed = FIRST_SPEED
    mended = chosen is not None and query.get("mended") == "1"
    return LinkedRun(settings, chosen.id if chosen else None, mended, other, speed, query.get("paused") == "1")


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"What run B changes is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ExplorerError('What run B changes must be a JSON object, such as {"decay": 0.9}.')
    return value


def _speed(text: str) -> float | str | None:
    if text in ("", FULL):
        return text or None
    try:
        return read_number(text)
    except ValueError:
        raise ExplorerError(f"The speed cannot be {text[:40]!r}: it is a number of steps a second, or full.") from None


def requests_of(run: LinkedRun) -> list[dict[str, Any]]:
    """What a desk is to be asked for, in this order, once the run is open."""
    requests: list[dict[str, Any]] = []
    if run.mended:
        requests.append({"action": "mend"})
    if run.other:
        requests.append({"action": "compare", "changes": dict(run.other)})
    if run.paused:
        requests += [{"action": "pause"}, {"action": "reset"}]
    if run.speed is not None:  # last: a run that begins anew may choose its own
        requests.append({"action": "speed", "steps_per_second": None if run.speed == FULL else run.speed})
    return requests


def restore(run: LinkedRun, ask: Callable[[str, dict[str, Any]], str]) -> str:
    """Bring an open run to where the link left it. ask: LabProcess.ask. -> what could not be restored, in words."""
    answers = [json.loads(ask("do", request)) for request in requests_of(run)]
    return " ".join(answer["error"]["message"] for answer in answers if not answer["ok"])
