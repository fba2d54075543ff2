"""What the lab answers: the newest of a run (`pull`), and what a visitor asks it to do (`do`). JSON in and out."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from explorer.analysis.lab_diagnosis import diagnose
from explorer.errors import ExplorerError, SettingsError
from explorer.frame import Frame
from explorer.lab.controls import CONTROLS
from explorer.lab.presets import preset
from explorer.lab.settings import FieldError, LabSettings
from explorer.pages.inspect_events import plain_words
from explorer.pages.lab_visitors import Visitor, as_dict, open_run, pool, visitors
from explorer.runfile import csv_bytes, npz_bytes
from explorer.views.lab_payload import curves_payload, events_payload, frame_payload, heat_payload

FRAMES_PER_SECOND = 30
DIAGNOSIS_S = 1.0
GONE = "This run has ended: its page was closed, or the server was started again. Start it again to go on."
_log = logging.getLogger(__name__)


def pull(request: dict[str, Any]) -> str:
    """The newest of a run, less what the browser holds already."""
    visitor = visitors.get(request.get("token"))
    runner = pool().get(visitor.token) if visitor else None
    if visitor is None or runner is None or runner.ended:
        why = runner.ended if runner is not None else GONE
        return json.dumps({"run": "", "status": {"playing": False, "ended": why}, "sides": []})
    runner.look(_number(request.get("idle_s"), 0.0))
    with visitor.lock:
        try:
            with runner.held():
                return json.dumps(_newest(visitor, runner, request), allow_nan=False, default=_finite)
        except ExplorerError as error:
            return json.dumps({"run": "", "status": {"playing": False, "ended": str(error)}, "sides": []})


def _newest(visitor: Visitor, runner: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of `pull`; the runner is held."""
    after = request.get("after") if isinstance(request.get("after"), dict) else {}
    same = after.get("run") == str(runner.serial)
    if not same:
        visitor.sent.clear()
        visitor.diagnosed.clear()
    held = {name: int(_number(after.get(name), -1)) if same else -1 for name in ("curve", "heat", "event")}
    settings = [as_dict(side.settings) for side in runner.sides]
    level = int(_number(request.get("level"), 0))
    answer: dict[str, Any] = {
        "run": str(runner.serial),
        "status": status_of(visitor, runner),
        "sides": [
            _side(visitor, runner, number, level, held, bool(request.get("want_frame", True)))
            for number in range(len(runner.sides))
        ],
    }
    if settings != visitor.told or not same:
        answer["settings"] = visitor.told = settings
    return answer


def _side(
    visitor: Visitor, runner: Any, number: int, level: int, held: dict[str, int], want_frame: bool
) -> dict[str, Any]:
    side = runner.sides[number]
    levels = len(side.newest.levels)
    level = min(max(level, 0), levels - 1)
    before = visitor.sent.get(number)
    frame = (runner.good_frame(number) or side.newest) if runner.stopped else side.frame()
    payload = None
    if want_frame and frame is not before:
        events = side.events.since(before.step) if before else ()
        payload = _no_nan(frame_payload(frame, level, side.plane(level), before, events))
        visitor.sent[number] = frame
    return {
        "frame": payload,
        "curves": curves_payload(side.curves, levels, held["curve"]),
        "heat": heat_payload(side.timeline, level, held["heat"]),
        "events": events_payload(side.events, held["event"]),
        "ticks": side.events.ticks,
        "diagnosis": _diagnosis(visitor, side, number),
    }


def _diagnosis(visitor: Visitor, side: Any, number: int) -> list[dict[str, str]]:
    """Findings of now, made anew at most once a second."""
    when, step, findings = visitor.diagnosed.get(number, (0.0, -1, []))
    if step != side.trainer.step_count and time.monotonic() - when > DIAGNOSIS_S:
        found = diagnose(side.curves, side.timeline, side.events)
        findings = [
            {"level": f.level, "title": f.title, "text": f.text, "try": f.advice, "figure": f.figure} for f in found
        ]
        visitor.diagnosed[number] = (time.monotonic(), side.trainer.step_count, findings)
    return findings


def status_of(visitor: Visitor, runner: Any) -> dict[str, Any]:
    """How the run stands."""
    stopped = runner.stopped
    kept = runner.sides[0].timeline
    return {
        "playing": runner.playing,
        "step": runner.step,
        "steps_per_second": runner.steps_per_second if runner.playing else 0.0,
        "limit": runner.limit,
        "device": runner.device_label,
        "ended": runner.ended,
        "stopped": {"step": stopped.step, "term": stopped.term, "words": str(stopped)} if stopped else None,
        "preset": visitor.preset,
        "mended": visitor.mended,
        "kept": {"stride": kept.stride, "first": 0, "last": kept.steps[-1]},
        "differences": differences(*[side.settings for side in runner.sides]),
        "max_frames_per_second": FRAMES_PER_SECOND,
        "waiting": False,
    }


def differences(*settings: LabSettings) -> list[str]:
    """What differs between two sides, in words: "EMA decay: 0.99 | 0.9"."""
    if len(settings) < 2:
        return []
    words = []
    for control in CONTROLS:
        values = [getattr(one, control.name) for one in settings]
        if values[0] != values[1]:
            labels = dict(control.options)
            words.append(f"{control.label}: " + " | ".join(str(labels.get(value, value)) for value in values))
    return words


def do(request: dict[str, Any]) -> str:
    """Carry out one action; on an error nothing changed, and the answer says at which setting it was."""
    visitor = visitors.get(request.get("token"))
    try:
        if visitor is None:
            raise ExplorerError(GONE)
        name = str(request.get("action"))
        if name == "resume":
            return json.dumps({"ok": True, "error": None, **_resume(visitor, request)})
        runner = pool().get(visitor.token)
        if runner is None or runner.ended:
            raise ExplorerError(runner.ended if runner else GONE)
        if name not in ACTIONS:
            raise SettingsError(f"There is no action {name[:40]!r}. Actions: {', '.join(ACTIONS)}.")
        runner.look()
        more = ACTIONS[name](visitor, runner, request) or {}
        with runner.held():
            settings = [as_dict(side.settings) for side in runner.sides]
            answer = {"ok": True, "error": None, "settings": settings, "status": status_of(visitor, runner)} | more
        return json.dumps(answer)
    except FieldError as error:
        return json.dumps({"ok": False, "error": {"field": error.name, "message": str(error)}})
    except ExplorerError as error:
        return json.dumps({"ok": False, "error": {"field": None, "message": str(error)}})
    except Exception as error:
        return json.dumps({"ok": False, "error": {"field": None, "message": plain_words(error)}})


def _set(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    changes = request.get("changes")
    if not isinstance(changes, dict):
        raise SettingsError("Changes must be a JSON object.")
    began = runner.change(changes, int(_number(request.get("side"), 0)))
    if began and not runner.playing:
        runner.play()


def _preset(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    chosen = preset(str(request.get("id")))
    runner.start(LabSettings().changed(chosen.changes))
    visitor.preset, visitor.mended = chosen.id, False
    runner.play()


def _mend(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    if visitor.preset is None:
        raise SettingsError("Choose a preset first: there is nothing to mend.")
    runner.change(preset(visitor.preset).mend.changes)
    visitor.mended = True
    runner.play()


def _compare(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    first = runner.sides[0].settings
    changes = request.get("changes")
    if not isinstance(changes, dict) or not changes:
        raise SettingsError("Choose the setting that shall differ.")
    runner.start(first, first.changed(changes))
    runner.play()


def _compare_off(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    runner.start(runner.sides[0].settings)
    runner.play()


def _frame(visitor: Visitor, runner: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The kept frames nearest to a step."""
    step, level = int(_number(request.get("step"), 0)), int(_number(request.get("level"), 0))
    with runner.held():
        shown = []
        for side in runner.sides:
            frame: Frame = side.timeline.nearest(step)
            at = min(max(level, 0), len(frame.levels) - 1)
            shown.append({"frame": _no_nan(frame_payload(frame, at, side.plane(at)))})
    return {"sides": shown}


def _export(visitor: Visitor, runner: Any, request: dict[str, Any]) -> dict[str, Any]:
    """A file of side A: the frames, curves and events, or the curves alone."""
    with runner.held():
        side = runner.sides[0]
        frames, curves, events = side.timeline.after(-1), side.curves, side.events
        name = f"lab-{side.settings.quantizer}-seed{side.settings.seed}-step{runner.step}"
        if request.get("kind") == "csv":
            file = {"name": f"{name}.csv", "mime": "text/csv", "data": csv_bytes(curves)}
        else:
            data = npz_bytes(as_dict(side.settings), frames, curves, events)
            file = {"name": f"{name}.npz", "mime": "application/octet-stream", "data": data}
    return {"file": file | {"data": base64.b64encode(file["data"]).decode("ascii")}}


def _resume(visitor: Visitor, request: dict[str, Any]) -> dict[str, Any]:
    """A new runner with the settings that the browser still has."""
    wanted = request.get("settings") if isinstance(request.get("settings"), dict) else {}
    open_run(visitor, LabSettings().changed(wanted))
    return {"token": visitor.token}


def _speed(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    speed = request.get("steps_per_second")
    runner.set_speed(None if speed is None else _number(speed, -1.0))


def _refit(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    with runner.held():
        for side in runner.sides:
            side.refit()
    visitor.sent.clear()


def _watch(visitor: Visitor, runner: Any, request: dict[str, Any]) -> None:
    runner.watch_gradients(bool(request.get("gradients")))


Action = Callable[[Visitor, Any, dict[str, Any]], dict[str, Any] | None]
ACTIONS: dict[str, Action] = {
    "play": lambda visitor, runner, request: runner.play(),
    "pause": lambda visitor, runner, request: runner.pause(),
    "step": lambda visitor, runner, request: runner.advance(int(_number(request.get("count"), 1))),
    "speed": _speed,
    "reset": lambda visitor, runner, request: runner.reset(),
    "set": _set,
    "preset": _preset,
    "mend": _mend,
    "watch": _watch,
    "refit": _refit,
    "compare": _compare,
    "compare_off": _compare_off,
    "frame": _frame,
    "export": _export,
}


def _number(value: object, default: float) -> float:
    """A finite number from the browser, else the default."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return default
    return float(value)


def _no_nan(payload: dict[str, Any]) -> dict[str, Any]:
    """Numbers of losses and measures as JSON can hold them: what is not finite is null."""
    for name in ("losses", "measures"):
        payload[name] = {key: value if abs(value) < 1e300 else None for key, value in payload[name].items()}
    return payload


def _finite(value: object) -> object:
    return value.item() if hasattr(value, "item") else str(value)
