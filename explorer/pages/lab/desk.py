"""LabDesk: what a run answers to its visitor: the newest of it (`pull`), and what it is asked to do (`do`).

JSON in and out. It lives with the runner in the visitor's process, and is called between two steps.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from explorer.foundation.errors import SettingsError, plain_words
from explorer.joints.frame import Frame
from explorer.lab.measures import describe
from explorer.lab.preset import Preset
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings
from explorer.pages.lab import requests as asked
from explorer.pages.lab.judging import Judge, Telling
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing
from explorer.views.lab.payload import curves_payload, events_payload, frame_payload, heat_payload

FRAMES_PER_SECOND = 30
PRESET_SPEED = 60.0  # steps a second: a fault that takes 200 steps is to be seen coming


class LabDesk:
    """One visitor's view of a LabRunner, with what the browser was sent last. Not safe between threads.

    sent: the frame that each side of the browser shows; told: the settings that it knows; judge: what is said of them.
    """

    def __init__(self, runner: Any, preset_id: str | None = None) -> None:
        self.runner, self.preset, self.mended_at = runner, preset_id, None  # type: Any, str | None, int | None
        self.sent: dict[int, Frame] = {}
        self.told: list[dict[str, Any]] | None = None
        self.judge = Judge()
        if preset_id:
            self.show_slowly()

    @property
    def mended(self) -> bool:
        return self.mended_at is not None

    @property
    def by_hand(self) -> bool:
        """Whether the run is another than the preset that was chosen, since a setting but the seed was changed."""
        if self.preset is None:
            return False
        one, now = preset(self.preset), self.runner.sides[0].settings
        made = LabSettings().changed({**one.changes, "seed": now.seed})
        return now != (made.changed(one.mend.changes) if self.mended else made)

    def show_slowly(self) -> None:
        """Let the preset's run begin slowly, and pause itself where its fault is plain."""
        self.runner.set_speed(PRESET_SPEED)
        self.pause_where_it_is_plain()

    def pause_where_it_is_plain(self) -> None:
        """Let the preset's run pause itself there, at the speed that it has."""
        self.mended_at = None
        self.runner.pause_itself(preset(self.preset).pause_at)

    def pull(self, payload: dict[str, Any]) -> str:
        """The newest of the run, less what the browser holds already."""
        return PULL.ask_of(self, payload | {"what": "pull"})

    def do(self, payload: dict[str, Any]) -> str:
        """Carry out one action; on an error nothing changed, and the answer says at which setting it was."""
        return ACTIONS.ask_of(self, payload)

    def done(self, more: dict[str, Any]) -> dict[str, Any]:
        """What every action is answered with."""
        settings = [asdict(side.settings) for side in self.runner.sides]
        return {"error": None, "settings": settings, "status": self.status()} | more

    def status(self) -> dict[str, Any]:
        """How the run stands."""
        runner, stopped = self.runner, self.runner.stopped
        kept = runner.sides[0].timeline
        return {
            "playing": runner.playing,
            "step": runner.step,
            "steps_per_second": runner.steps_per_second if runner.playing else 0.0,
            "limit": runner.limit,
            "device": runner.device_label,
            "ended": runner.ended,
            "stopped": {"step": stopped.step, "term": stopped.term, "words": str(stopped)} if stopped else None,
            "preset": self.preset,
            "mended": self.mended,
            "mended_at": self.mended_at,
            "by_hand": self.by_hand,
            "pauses_at": runner.pauses_at,
            "kept": {"stride": kept.stride, "first": 0, "last": kept.steps[-1]},
            "max_frames_per_second": FRAMES_PER_SECOND,
        }

    def newest(self, request: asked.Pull) -> dict[str, Any]:
        """The answer to `pull` of a run that goes on."""
        same = request.after.run == str(self.runner.serial)
        if not same:
            self.sent.clear()
            self.judge.forget()
        held = request.after if same else asked.Holding()
        sides = [self._side(i, request, held) for i in range(len(self.runner.sides))]
        answer: dict[str, Any] = {"run": str(self.runner.serial), "status": self.status(), "sides": sides}
        settings = [asdict(side.settings) for side in self.runner.sides]
        if settings != self.told or not same:
            answer["settings"] = self.told = settings
        return answer

    def _side(self, i: int, request: asked.Pull, held: asked.Holding) -> dict[str, Any]:
        runner, side = self.runner, self.runner.sides[i]
        level = min(request.level, len(side.newest.levels) - 1)
        before = self.sent.get(i)
        frame = runner.newest_frame(i)
        payload = None
        if request.want_frame and frame is not before:
            events = side.events.since(before.step) if before else ()
            payload = frame_payload(frame, level, side.plane(level), before, events)
            self.sent[i] = frame
        return {
            "frame": payload,
            "curves": curves_payload(side.curves, held.curve, partial(describe, levels=len(side.newest.levels))),
            "heat": heat_payload(side.timeline, level, held.heat),
            "events": events_payload(side.events, held.event),
            "ticks": side.events.ticks,
            "ceiling": _ceiling(runner.ceiling(i)),
            **self._judged(i, frame, request.scrub),
        }

    def _judged(self, i: int, newest: Frame, scrub: int | None) -> dict[str, Any]:
        """What is said of a side at the moment on screen: the one that is looked back at, or the newest."""
        side = self.runner.sides[i]
        one, mended_at = self._preset_of(i)
        frame = newest if scrub is None else side.timeline.nearest(scrub)
        told = Telling(one, mended_at, scrub is not None, speaks=i == 0)
        return self.judge.of(i, side, frame, told, self.runner.playing)

    def _preset_of(self, i: int) -> tuple[Preset | None, int | None]:
        """The preset that a side runs, broken or mended, and the step at which it was mended; (None, None) for a run
        of other settings. Side B begins anew, so it is broken or mended from its first step."""
        if self.preset is None or (i == 0 and self.by_hand):
            return None, None
        one, now = preset(self.preset), self.runner.sides[i].settings
        if i == 0:
            return one, self.mended_at
        made = LabSettings().changed({**one.changes, "seed": now.seed})
        if now == made:
            return one, None
        return (one, 0) if now == made.changed(one.mend.changes) else (None, None)


def _ceiling(reached: Any) -> dict[str, Any] | None:
    """A `CeilingPoint` as plain values: {"step", "target", "missed"}, or None where none was asked for."""
    return reached and asdict(reached) | {"missed": _finite(reached.missed)}


def _finite(value: float | None) -> float | None:
    """As JSON can hold it."""
    return value if value is not None and math.isfinite(value) else None


def end_answer(why: str) -> dict[str, Any]:
    """The answer of `pull` for a run that is over."""
    return {"run": "", "status": {"playing": False, "ended": why}, "sides": []}


def _pull(desk: LabDesk, request: asked.Pull) -> dict[str, Any]:
    desk.runner.look(request.idle_s)
    try:
        return end_answer(desk.runner.ended) if desk.runner.ended else desk.newest(request)
    except Exception as error:
        return end_answer(plain_words(error))  # asked again at once it would only fail again


def _reset(desk: LabDesk, request: object) -> None:
    desk.runner.reset()
    _began_anew(desk)


def _began_anew(desk: LabDesk) -> None:
    """The same preset from step 0: mended from the first step on, or to pause itself again."""
    if desk.mended:
        desk.mended_at = 0
    elif desk.preset and not desk.by_hand:
        desk.pause_where_it_is_plain()


def _set(desk: LabDesk, request: asked.Change) -> None:
    began = desk.runner.change(request.changes, request.sides)
    if began:
        _began_anew(desk)
    if began and not desk.runner.playing:
        desk.runner.play()


def _begin(desk: LabDesk, request: asked.Begin) -> None:
    """As a desk begins that is made anew."""
    desk.runner.start(LabSettings().changed(request.changes))
    desk.preset, desk.mended_at = request.preset, None
    desk.runner.set_speed(None)
    if request.preset:
        desk.show_slowly()
    desk.runner.play()


def _preset(desk: LabDesk, request: asked.Choice) -> None:
    chosen = preset(request.id)
    desk.runner.start(LabSettings().changed(chosen.changes))
    desk.preset = chosen.id
    desk.show_slowly()
    desk.runner.play()


def _mend(desk: LabDesk, request: object) -> None:
    if desk.preset is None:
        raise SettingsError("Choose a preset first: there is nothing to mend.")
    desk.mended_at = 0 if desk.runner.change(preset(desk.preset).mend.changes) else desk.runner.step
    desk.runner.pause_itself(None)  # there is no fault any more to stop at
    desk.runner.play()


def _compare(desk: LabDesk, request: asked.Differ) -> None:
    first = desk.runner.sides[0].settings
    if not request.changes:
        raise SettingsError("Choose the setting that shall differ.")
    desk.runner.start(first, first.changed(request.changes))
    _began_anew(desk)
    desk.runner.play()


def _compare_off(desk: LabDesk, request: object) -> None:
    desk.runner.start(desk.runner.sides[0].settings)
    _began_anew(desk)
    desk.runner.play()


def _frame(desk: LabDesk, request: asked.Moment) -> dict[str, Any]:
    """The kept frames nearest to a step."""
    shown = []
    for side in desk.runner.sides:
        frame: Frame = side.timeline.nearest(request.step)
        at = min(request.level, len(frame.levels) - 1)
        shown.append({"frame": frame_payload(frame, at, side.plane(at))})
    return {"sides": shown}


def _export(desk: LabDesk, request: asked.File) -> dict[str, Any]:
    """A file of side A: the frames, curves and events, or the curves alone."""
    side = desk.runner.sides[0]
    name = f"lab-{side.settings.quantizer}-seed{side.settings.seed}-step{desk.runner.step}"
    name += "-run-a" if len(desk.runner.sides) > 1 else ""
    if request.kind == "csv":
        file = {"name": f"{name}.csv", "mime": "text/csv", "data": side.csv()}
    else:
        file = {"name": f"{name}.npz", "mime": "application/octet-stream", "data": side.npz()}
    return {"file": file | {"data": base64.b64encode(file["data"]).decode("ascii")}}


def _ask_ceiling(desk: LabDesk, request: object) -> None:
    desk.runner.ask_ceiling()


def _wrong(desk: LabDesk, request: asked.Side) -> dict[str, Any]:
    """What a side's decode loses to wrong tokens, at its newest step."""
    found = asdict(desk.runner.wrong_tokens(min(request.side, len(desk.runner.sides) - 1)))
    return {"wrong": found | {"missed": [_finite(value) for value in found["missed"]]}}


def _refit(desk: LabDesk, request: object) -> None:
    for side in desk.runner.sides:
        side.refit()
    desk.sent.clear()


def _action(handle: Callable[[LabDesk, Any], dict[str, Any] | None], request: type = Nothing) -> Event:
    """An event of a run: somebody looks at it, and is told how it stands."""

    def answered(desk: LabDesk, request: Any) -> dict[str, Any]:
        desk.runner.look()
        return desk.done(handle(desk, request) or {})

    return Event(answered, request)


PULL = Dispatcher({"pull": Event(_pull, asked.Pull)})
ACTIONS = Dispatcher(
    {
        "play": _action(lambda desk, request: desk.runner.play()),
        "pause": _action(lambda desk, request: desk.runner.pause()),
        "step": _action(lambda desk, request: desk.runner.advance(request.count), asked.Steps),
        "speed": _action(lambda desk, request: desk.runner.set_speed(request.steps_per_second), asked.Speed),
        "reset": _action(_reset),
        "set": _action(_set, asked.Change),
        "begin": _action(_begin, asked.Begin),
        "preset": _action(_preset, asked.Choice),
        "mend": _action(_mend),
        "watch": _action(lambda desk, request: desk.runner.watch_gradients(request.gradients), asked.Watch),
        "refit": _action(_refit),
        "ceiling": _action(_ask_ceiling),
        "wrong": _action(_wrong, asked.Side),
        "compare": _action(_compare, asked.Differ),
        "compare_off": _action(_compare_off),
        "frame": _action(_frame, asked.Moment),
        "export": _action(_export, asked.File),
    },
    key="action",
)
