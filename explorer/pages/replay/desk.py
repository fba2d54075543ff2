"""ReplayDesk: what an open page of recorded runs answers: the newest of its runs (`pull`), and what it is asked (`do`).

It speaks as the lab's desk does, so that the browser reads a recorded run as it reads one of the lab.
"""

from __future__ import annotations

import base64
import threading
from typing import Any

import numpy as np

from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.curves import name_perplexities
from explorer.analysis.replay.lives import lives_csv
from explorer.analysis.replay.run import RecordedRun
from explorer.foundation.errors import ExplorerError, plain_words
from explorer.joints.files.runs import CurveTable, csv_bytes
from explorer.joints.frame import Frame
from explorer.lab.plane import Plane, fit_plane
from explorer.pages.replay import requests as asked
from explorer.views.kit.wire.encoding import pack
from explorer.views.lab.payload import curves_payload, events_payload, frame_payload, heat_payload
from explorer.views.replay.payload import kept_payload, lives_payload, run_payload

ASKED_A_SECOND, AT_ONCE = 1.0, 30.0  # of a run that is still training, and while parts are still to be sent
LARGE_BYTES = 2 * 2**20  # of a frame: it is sent before its run is judged
REST_MS = 5_000  # between two questions of one that is not, which may be resumed, or taken away
COLUMNS_BYTES = 4 * 2**20  # of the heatmap in one answer


class Side:
    """A run on a page: which frame the browser has, and the planes on which its levels are drawn."""

    def __init__(self, id: str, run: RecordedRun) -> None:
        self.id, self.run = id, run
        self.sent: Frame | None = None
        self.scrubbed: int | None = None  # the step that was looked back at last
        self._planes: dict[int, Plane] = {}

    def plane(self, level: int, frame: Frame) -> Plane:
        """Fitted on the frame for which it is first asked, and then fixed while its codes have as many dimensions."""
        dim = frame.levels[level].vectors.shape[1]
        if level not in self._planes or self._planes[level].basis.shape[1] != dim:
            shown = frame.levels[level]
            self._planes[level] = fit_plane(np.concatenate([shown.z_e, shown.vectors]), frame.step)
        return self._planes[level]

    def payload(self, frame: Frame, level: int, before: Frame | None = None) -> dict[str, Any]:
        """A frame as the plane shows it; its perplexity, and what that can reach, are of all tokens since the record
        before. before: the frame shown last."""
        sent = frame_payload(frame, level, self.plane(level, frame), before, frame.events)
        shown = frame.levels[level]
        tokens = self.run.curves.tokens(frame.step) or frame.batch_size
        kept = (
            {"of": shown.whole, "numbers": pack(shown.numbers.astype(np.int32))} if shown.numbers is not None else None
        )
        paired = self.run.recording.about.get("paired") is True
        codes, checkpoints = shown.whole or shown.codebook_size, self.run.checkpoints
        ceiling = codes if checkpoints else min(codes, tokens)
        return sent | {
            "measures": name_perplexities(sent["measures"]),
            "ceiling": ceiling,
            "kept": kept or None,
            "paired": paired,
            "counted": checkpoints[level] if level < len(checkpoints) else True,
        }

    def refit(self) -> None:
        self._planes.clear()
        self.sent = None


class ReplayDesk:
    """The sides that a page shows; one, or two that are seen at the same steps."""

    def __init__(self) -> None:
        self.sides: list[Side] = []
        self.serial = 0
        self.lock = threading.RLock()

    def show(self, runs: list[tuple[str, RecordedRun]]) -> None:
        """Open these, in place of what was open."""
        with self.lock:
            self.sides = [Side(id, run) for id, run in runs]
            self.serial += 1

    @property
    def now(self) -> int:
        """The newest step at which all sides can be seen."""
        return min((side.run.last for side in self.sides if side.run.shown), default=0)

    @property
    def name(self) -> str:
        """Changes whenever what was sent no longer holds."""
        return "/".join([str(self.serial), *(f"{side.id}:{side.run.epoch}" for side in self.sides)])

    def newest(self, request: asked.Pull) -> dict[str, Any]:
        """The answer to `pull`."""
        with self.lock:
            if not self.sides:
                return {"run": "", "status": {"playing": False}, "sides": []}
            for side in self.sides:
                with side.run.lock:
                    side.run.look()
            same = request.after.run == self.name
            held = request.after if same else asked.Holding()
            if not same:
                for side in self.sides:
                    side.sent = None
            sides = [self._side(side, request, held) for side in self.sides]
            status = self.status()
            if any((part["heat"] and part["heat"]["steps"]) or "judged" not in part for part in sides):
                status |= {"max_frames_per_second": AT_ONCE, "rest_ms": None}  # there is more to be had
            return {"run": self.name, "status": status, "sides": sides}

    def status(self) -> dict[str, Any]:
        """How the runs stand."""
        live = any(side.run.live for side in self.sides)
        return {
            "playing": live,
            "step": self.now,
            "runs": [run_payload(side.id, side.run) for side in self.sides],
            "kept": kept_payload([side.run.frames.steps for side in self.sides], self.now),
            "max_frames_per_second": ASKED_A_SECOND,
            "rest_ms": None if live else REST_MS,
        }

    def _side(self, side: Side, request: asked.Pull, held: asked.Holding) -> dict[str, Any]:
        run = side.run
        with run.lock:
            part: dict[str, Any] = {"curves": curves_payload(run.curves, held.curve, run.describe)}
            part["curves"]["interval"] = run.curves.interval
            part["events"], part["ticks"] = events_payload(run.events, held.event), run.events.ticks
            if not run.shown:
                return part | {"frame": None, "heat": None, "diagnosis": [], "judged": None, "moment": None}
            try:
                return part | self._seen(side, request, held)
            except ExplorerError as error:
                return part | {"frame": None, "heat": None, "judged": None, "problem": plain_words(error)}

    def _seen(self, side: Side, request: asked.Pull, held: asked.Holding) -> dict[str, Any]:
        run = side.run
        frame = run.frame(self.now if request.scrub is None else request.scrub)
        level = min(request.level, len(frame.levels) - 1)
        payload = None
        if request.want_frame and request.scrub is None and frame is not side.sent:
            payload = side.payload(frame, level, _before(side.sent, frame))
            side.sent = frame
        codes = frame.levels[level].codebook_size
        most = max(1, COLUMNS_BYTES // (5 * codes))
        seen = {"frame": payload, "heat": heat_payload(run.columns, level, held.heat, most), "moment": None}
        if payload is not None and frame.nbytes > LARGE_BYTES:
            return seen
        before, side.scrubbed = side.scrubbed, request.scrub
        if request.scrub not in (None, before):  # perhaps one of many in passing: it is judged once it stays
            return seen
        found = run.tell(run.frames.nearest_step(frame.step))
        return seen | {"judged": frame.step, "diagnosis": [_finding(one, request.scrub is not None) for one in found]}

    def looked_back(self, request: asked.Moment) -> dict[str, Any]:
        """The kept frames nearest to a step."""
        shown = []
        with self.lock:
            for side in self.sides:
                with side.run.lock:
                    frame = side.run.frame(request.step)
                    level = min(request.level, len(frame.levels) - 1)
                    shown.append({"frame": side.payload(frame, level)})
        return {"sides": shown}

    def side(self, number: int) -> Side:
        """Raises ExplorerError where there is none."""
        if not self.sides:
            raise ExplorerError("No run is open.")
        return self.sides[min(number, len(self.sides) - 1)]

    def lives(self, request: asked.Side) -> dict[str, Any]:
        side = self.side(request.side)
        with side.run.lock:
            return {"lives": lives_payload(side.run.lives(request.level))}

    def file(self, request: asked.File) -> dict[str, Any]:
        """Curves of all records, or the lives of the codes, as CSV; base64."""
        side = self.side(request.side)
        with side.run.lock:
            if request.kind == "lives":
                data = lives_csv(side.run.lives(request.level))
            else:
                curves = side.run.curves
                units = tuple(side.run.describe(name).unit for name in curves.names)
                data = csv_bytes(CurveTable(tuple(curves.names), units, curves.all_rows()))
        what = f"lives-level-{request.level + 1}" if request.kind == "lives" else "curves"
        name = f"{side.id}-{what}.csv"
        return {"file": {"name": name, "mime": "text/csv", "data": base64.b64encode(data).decode("ascii")}}


def _before(sent: Frame | None, frame: Frame) -> Frame | None:
    """The frame shown last, if its codes can be told from those of the new one."""
    if sent is None:
        return None
    shapes = ([level.vectors.shape for level in one.levels] for one in (sent, frame))
    return sent if next(shapes) == next(shapes) else None


def _finding(finding: Finding, past: bool) -> dict[str, str]:
    """As the browser reads it. What can be tried is for the run as it stands, not for a moment of the past."""
    words = {"level": finding.level, "title": finding.title, "text": finding.text, "figure": finding.figure}
    return words | {"try": "" if past else finding.advice}
