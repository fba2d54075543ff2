"""Odd and broken clips that a visitor of the Inspect page sends: a sentence at the place, and nothing is lost.

The files are made by the ffmpeg program. What each one shows frame by frame is held to that program in
`tests/media/odd`; here it is asked what becomes of them on the page.
"""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.media.clips.video import load_video
from explorer.pages.inspect import page
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import visitors
from tests.media.ffmpeg_program import ffmpeg, require

SIZE = (96, 64)
MOVING = ("-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=10:duration=1.3")
LARGE = ("-f", "lavfi", "-i", "testsrc2=size=3840x2160:rate=10:duration=0.5")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
HDR = ("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-x265-params")
WIDE = "log-level=none:colorprim=bt2020:colormatrix=bt2020nc:transfer="
UNEVEN = ("-vf", "setpts='if(lt(N,6),N,6+3*(N-6))/10/TB'", "-vsync", "vfr")
TURNED = ("-c", "copy", "-metadata:s:v", "rotate=90")

GOOD = {  # name -> (frames, height, width), what is said of it
    "uneven.mp4": ((25, 64, 96), r"Frames are shown for uneven times, 100 to [34]00 ms: taken every 100 ms"),
    "one.mp4": ((1, 64, 96), r"This clip has one frame: nothing moves in it\."),
    "turned.mov": ((13, 96, 64), r"Shown turned by 90 degrees (counter-)?clockwise, as its header says\."),
    "large.mp4": ((5, 144, 256), r"Scaled down from 3840 x 2160 to 256 x 144 pixels\."),
    "pq.mp4": ((13, 64, 96), r"HDR \(PQ\) tone-mapped to SDR"),
    "hlg.mp4": ((13, 64, 96), r"HDR \(HLG\) tone-mapped to SDR"),
    "cut.mp4": (None, r"[Dd]amaged|[Cc]ut short"),
}
BAD = {  # name -> what is said of it
    "empty.mp4": r"The file is empty \(0 bytes\)\. Choose another file\.",
    "headless.mp4": r"damaged or cut short: its header cannot be read\. Choose another file\.",
    "noise.mp4": r"This file is not a clip that can be read here\. Give MP4",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    require()
    folder = tmp_path_factory.mktemp("clips")
    made = {
        "even.mp4": (*MOVING, *H264, "-g", "4", "-movflags", "faststart"),
        "uneven.mp4": (*MOVING, *H264, *UNEVEN),
        "one.mp4": (*MOVING, *H264, "-frames:v", "1"),
        "large.mp4": (
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=3840x2160:rate=10:duration=0.5",
            *H264,
            "-preset",
            "ultrafast",
        ),
        "pq.mp4": (*MOVING, *HDR, f"{WIDE}smpte2084"),
        "hlg.mp4": (*MOVING, *HDR, f"{WIDE}arib-std-b67"),
        "sound.mp4": (*TONE, "-c:a", "aac"),
        "both.mp4": (*MOVING, *TONE, *H264, "-c:a", "aac"),
        "plain.mov": (*MOVING, *H264),
    }
    for name, options in made.items():
        ffmpeg(*options, str(folder / name))
    ffmpeg("-i", str(folder / "plain.mov"), *TURNED, str(folder / "turned.mov"))
    whole = (folder / "even.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) * 6 // 10])
    whole = (folder / "one.mp4").read_bytes()
    (folder / "headless.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(3000))
    (folder / "empty.mp4").write_bytes(b"")
    return folder


class Guest:
    """A visitor of the page, and what it was last filled with."""

    def __init__(self, name: str, tokenizer: str) -> None:
        self.page, self.request = visitors.enter(name), SimpleNamespace(session_hash=name)
        self.said, self.parts = "", {}
        self._take(page._all(self.page, Visit(tokenizer=tokenizer, picture="shapes", modality="video")))

    def send(self, path, monkeypatch) -> None:
        """As an upload of that file."""
        monkeypatch.setattr(files, "claim", lambda paths, owner: None)  # it lies in no folder of the server
        self.said = ""
        self._take(page._pick_upload(str(path), self.request))

    def _take(self, values) -> None:
        for strip, _, results in values:
            if isinstance(strip, str):
                self.said = json.loads(strip)["message"]
            if isinstance(results, str):
                self.parts = json.loads(results)["parts"]

    @property
    def player(self) -> dict:
        return json.loads(self.parts["player"])

    @property
    def notes(self) -> str:
        return " ".join(json.loads(self.parts["reconstruction"])["notes"])


@pytest.fixture
def guest(request):
    name = f"bad clips {request.node.name}"
    yield Guest(name, "clip-fsq")
    visitors.leave(name)


@pytest.mark.parametrize("name", GOOD)
def test_an_odd_clip_is_shown_and_what_is_odd_is_said_below_it(name, folder, guest, monkeypatch):
    guest.send(folder / name, monkeypatch)
    shape, says = GOOD[name]
    assert guest.said == ""
    player = guest.player
    if shape is not None:
        assert (player["frames"], player["height"], player["width"]) == shape
    assert player["kind"] == "clip" and len(player["quality"]) == player["frames"]
    assert re.search(says, guest.notes), guest.notes


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_said_and_the_clip_before_it_stays(name, folder, guest, monkeypatch):
    guest.send(folder / "even.mp4", monkeypatch)
    before, shown = guest.parts, guest.page.part(Wish).shown
    guest.send(folder / name, monkeypatch)
    assert re.search(BAD[name], guest.said), guest.said
    assert guest.parts is before and guest.page.part(Wish).shown == shown
    assert guest.page.part(Wish).get().upload.endswith("even.mp4"), "the next choice goes on from what is shown"


def test_a_film_without_pictures_is_shown_as_the_sound_that_it_is(folder, guest, monkeypatch):
    guest.send(folder / "sound.mp4", monkeypatch)
    assert guest.said.startswith("This file is a sound, so ")
    assert guest.player["kind"] == "sound" and guest.player["seconds"] == pytest.approx(1, abs=0.1)


def test_a_film_for_a_tokenizer_of_sounds_says_that_its_pictures_are_left_out(folder, monkeypatch):
    guest = Guest("both", "sound-rvq-8")
    guest.send(folder / "both.mp4", monkeypatch)
    assert guest.player["kind"] == "sound" and "a film, of which only the sound is read" in guest.notes
    guest.send(folder / "sound.mp4", monkeypatch)
    assert "film" not in guest.notes
    visitors.leave("both")


def test_one_frame_has_nothing_to_change_and_is_said_so(folder, guest, monkeypatch):
    guest.send(folder / "one.mp4", monkeypatch)
    change = guest.player["changes"][0]
    assert change["pairs"] == 0 and change["words"].startswith("This clip has one step of tokens")
    view = json.loads(guest.parts["view"])
    assert "1 frame of 96 x 64 px" in view["about"] and "each of 1 step of tokens" in view["about"]


def test_the_frames_of_a_turned_film_are_those_of_the_plain_one_turned(folder):
    plain, turned = (load_video(folder / name).frames for name in ("plain.mov", "turned.mov"))
    assert any(np.array_equal(np.rot90(plain, by, axes=(1, 2)), turned) for by in (1, -1))
