"""Recording: a recorded run as it is read, while it is written or after. numpy only; frames are read when asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.plain_json import parse_json
from explorer.joints.files.recording.frames import FrameFile
from explorer.joints.files.recording.layout import (
    FORMAT,
    HEADER,
    VERSION,
    RecordLevel,
    frames_of,
    level_from_json,
    segments_of,
)
from explorer.joints.files.recording.lock import is_held
from explorer.joints.files.recording.story import Story
from explorer.joints.frame import Frame, FrameEvent

HEADER_BYTES = 2**24  # of recording.json
FRAMES_HELD = 4  # files of frames that stay in memory


def open_recording(folder: Path | str) -> Recording:
    """The recording in a folder, however damaged: `notes` say what is missing. Raises RecordError without any."""
    return Recording(Path(folder))


class Recording:
    """A recorded run.

    levels: its codebooks, as they are now. every: steps between records, 0 where it is not known. about: what the
    recorder was told of the run. steps: of the frames that are kept, rising. scalars: name -> (r,) float64, one value a
    record, NaN where it has none: "step", "latents_seen", "batch_size", "seconds", "time", losses and measures;
    loss_names tells losses from measures. events: codes that got new vectors, one by one where their lines still name
    them, and at most the newest EVENTS; tallies (t, 4) int64: step, level, how many, of these again, of all there were.
    notes: what is missing or damaged, in words. ended: whether the recorder was closed; live: whether a process writes
    now, None: not known. gone: whether the folder was not there at the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise RecordError(f"{str(folder)!r} is no folder; a recording is the folder that Recorder was given.")
        self._files: OrderedDict[int, FrameFile] = OrderedDict()
        self._damaged: dict[int, str] = {}
        self._story = Story()
        self._places: dict[int, tuple[int, Path]] = {}
        self._header: Mapping[str, Any] = {}
        self._words: tuple[str, ...] = ()
        self.gone = False
        self.refresh()
        if not self._header and not self._story.any and not self._places:
            raise RecordError(
                f"{str(folder)!r} holds no recording: there is no {HEADER}, no record and no frame in it."
            )

    def refresh(self) -> bool:
        """Look again; whether there is anything new. What is gone from the disk meanwhile is told in `notes`."""
        before = self._state()
        self._words = ()
        self.gone = not self.folder.is_dir()
        if self.gone:
            self._words = (f"The folder {str(self.folder)!r} is gone; what was read of it before is shown.",)
            return self._state() != before
        self._read_header()
        self._story.read(segments_of(self.folder))
        self._places = _rising(
            {number: place for number, place in frames_of(self.folder).items() if number not in self._story.replaced}
        )
        return self._state() != before

    def _state(self) -> tuple[Any, ...]:
        return (*self._story.state, tuple(self._places), self.notes, self.ended, self.live)

    def _read_header(self) -> None:
        try:
            header = parse_json((self.folder / HEADER).read_bytes(), HEADER, HEADER_BYTES)
            if not isinstance(header, dict) or header.get("format") != FORMAT:
                raise ValueError("it names no format that is known here")
        except FileNotFoundError:
            self._words += (f"{HEADER} is missing; levels are read from the frames.",)
            return
        except (OSError, ValueError, RecordError) as error:
            self._words += (f"{HEADER} cannot be read ({error}); levels are read from the frames.",)
            return
        if self._header and header.get("id") != self._header.get("id"):  # another run was put in its place
            self._story, self._damaged = Story(), {}
            self._files.clear()
        self._header, version = header, header.get("version")
        if version != VERSION:
            age = "an older" if isinstance(version, int) and version < VERSION else "a newer"
            self._words += (
                f"This recording has {age} format (version {version}; this program reads {VERSION}). "
                "What can be read of it is shown.",
            )

    @property
    def every(self) -> int:
        value = self._header.get("every", 0)
        return value if isinstance(value, int) else 0

    @property
    def about(self) -> Mapping[str, Any]:
        value = self._header.get("about", {})
        return value if isinstance(value, dict) else {}

    @property
    def levels(self) -> tuple[RecordLevel, ...]:
        for entries in (self._story.levels, self._header.get("levels")):
            try:
                if entries:
                    return tuple(level_from_json(entry) for entry in entries)
            except (RecordError, TypeError):
                continue
        for number in reversed(self._places):
            try:
                return self._file(number).levels
            except (RecordError, FileNotFoundError):
                continue
        return ()

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(step for number, (step, _) in self._places.items() if number not in self._damaged)

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(number for number in self._places if number not in self._damaged)

    @property
    def scalars(self) -> Mapping[str, np.ndarray]:
        return self._story.columns()

    @property
    def loss_names(self) -> tuple[str, ...]:
        return self._story.loss_names

    @property
    def events(self) -> tuple[FrameEvent, ...]:
        return self._story.events

    @property
    def tallies(self) -> np.ndarray:
        return self._story.tallies

    @property
    def ended(self) -> bool:
        return self._story.ended

    @property
    def live(self) -> bool | None:
        return False if self.ended else is_held(self.folder)

    @property
    def notes(self) -> tuple[str, ...]:
        words = [*self._words, *self._story.notes, *self._damaged.values()]
        if not self.ended and not self.gone and self.live is False and self._story.any:
            words.append("The run stopped without closing its recording, as a process does that was killed.")
        return tuple(words)

    def frame(self, i: int) -> Frame:
        """The i-th kept frame. Raises IndexError where there is none, RecordError for one that is damaged or has been
        thinned since the last look: `steps` has it no more then. Its events name codes of the whole codebook,
        also of a level of which only a sample is kept."""
        number, file = self._opened(i)
        before = self._before(i)
        since = int(before.meta["step"]) if before is not None else -1
        events = self._story.events_between(since, self._places[number][0])
        try:
            return file.frame(before, events)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
            self._damaged[number] = f"{file.path.name} is damaged and left out: {error}"
            raise RecordError(self._damaged[number]) from error

    def counts(self, i: int, level: int) -> np.ndarray:
        """(K,) int64: tokens of each code over all steps since the frame before (of the first: since the start)."""
        _, file = self._opened(i)
        total, before = file.total(level), self._before(i)
        if before is not None and level < len(before.levels):
            earlier = before.total(level)[: len(total)]
            total[: len(earlier)] -= earlier
        return total

    def totals(self, i: int, level: int) -> np.ndarray:
        """(K,) int64: tokens of each code since the start, at the i-th frame."""
        return self._opened(i)[1].total(level)

    def last_chosen(self, i: int, level: int) -> np.ndarray:
        """(K,) int64: the step at which each code was last chosen, -1 never, at the i-th frame."""
        return self._opened(i)[1].last(level)

    def reseeds(self, i: int, level: int) -> np.ndarray | None:
        """(K,) int64: how often each code was reseeded since the start, at the i-th frame; None where nobody
        counted."""
        return self._opened(i)[1].reseeds(level)

    def _opened(self, i: int) -> tuple[int, FrameFile]:
        number = self._numbers[i]
        try:
            return number, self._file(number)
        except FileNotFoundError:
            step = self._places[number][0]
            if not self.folder.is_dir():
                raise RecordError(f"the frame of step {step:,} went with its folder {str(self.folder)!r}.") from None
            del self._places[number]
            raise RecordError(f"the frame of step {step:,} was thinned since the last look; look again.") from None

    def _before(self, i: int) -> FrameFile | None:
        numbers = self._numbers
        for number in reversed(numbers[: i % len(numbers)]):
            try:
                return self._file(number)
            except (FileNotFoundError, RecordError):
                continue
        return None

    def _file(self, number: int) -> FrameFile:
        if number in self._files:
            self._files.move_to_end(number)
            return self._files[number]
        try:
            file = FrameFile(self._places[number][1])
        except RecordError as error:
            self._damaged[number] = str(error)
            raise
        self._files[number] = file
        while len(self._files) > FRAMES_HELD:
            self._files.popitem(last=False)
        return file


def _rising(places: dict[int, tuple[int, Path]]) -> dict[int, tuple[int, Path]]:
    """Frames in order, without those of steps that a later one has reached again."""
    kept: dict[int, tuple[int, Path]] = {}
    lowest: float = float("inf")
    for number, place in reversed(places.items()):
        if place[0] < lowest:
            kept[number], lowest = place, place[0]
    return dict(reversed(kept.items()))
