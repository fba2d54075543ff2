"""The compare page answers: real comparisons, own pictures, what is refused and where; files go with the page."""

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.media.samples import PICTURES
from explorer.pages.compare import events as compare_events
from explorer.pages.compare import jobs as compare_jobs
from explorer.pages.compare.requests import FILES
from explorer.pages.shared.session import SIDES_PX
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import load_tokenizer
from tests.pages.compare.compare_page import PAIR, ask, compared, pixels_of

JS = Path(compare_events.__file__).parents[2] / "views" / "compare" / "model.js"


def small(name, side=96):
    """A crop of a sample, as PNG."""
    pixels = np.round(PICTURES[name].load().pixels[100 : 100 + side, 100 : 100 + side] * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def sent(uploads, **files):
    """Files as they lie after an upload."""
    paths = []
    for stem, (suffix, data) in files.items():
        (uploads / stem).mkdir()
        paths.append(uploads / stem / f"{stem}.{suffix}")
        paths[-1].write_bytes(data)
    return [str(path) for path in paths]


def test_another_size_is_another_comparison(visitor):
    """First that of the cards; what was found at one size is not shown for another, and crops have none."""
    assert SIDES_PX[0] == FIGURE_SIDE_PX and f"side: {FIGURE_SIDE_PX}, " in JS.read_text(encoding="utf-8")
    assert f"SIDES = {list(SIDES_PX)};" in JS.read_text(encoding="utf-8")
    widths = []
    for media, side in (("sample:coffee", {}), ("sample:coffee", {"side": 512}), ("preset:text", {"side": 512})):
        job = ask(visitor, "start", media=media, tokenizers=PAIR, **side)["job"]
        widths.append(ask(visitor, "pictures", job=job["id"], number=0)["width"])
        ask(visitor, "stop", job=job["id"])
    assert widths == [256, 512, 376]
    refused = ask(visitor, "start", media="sample:coffee", tokenizers=PAIR, side=300)
    assert not refused["ok"] and "256, 512 or 1024" in refused["error"]["message"]


def test_own_pictures_are_compared_with_figures_that_hold(visitor, uploads):
    files = sent(uploads, one=("png", small("coffee")), two=("png", small("chelsea")), broken=("png", b"\x89PNG no"))
    own = ask(visitor, "own", files=files)
    assert own["ok"] and own["names"] == ["one.png", "two.png", "broken.png"]
    job = compared(visitor, "own")
    assert (job["state"], job["found"], job["planned"]) == ("done", True, 3)
    result = ask(visitor, "result", job=job["id"])["result"]
    assert result["table"]["media"] == 2 and [one["name"] for one in result["skipped"]] == ["broken.png"]
    pictures = ask(visitor, "pictures", job=job["id"], number=1)
    assert pictures["name"] == "two.png" and [pane["tokenizer"] for pane in pictures["panes"]] == PAIR
    for pane, cell in zip(pictures["panes"], result["media"][1]["cells"], strict=True):
        psnr = peak_signal_noise_ratio(pixels_of(pictures["original"]), pixels_of(pane["image"]))
        assert psnr == pytest.approx(cell["fidelity"]["psnr_db"], abs=0.05)  # 8 bits of what was measured in floats
    assert result["texts"]["fsq"]["psnr_db"].startswith(f"{result['table']['rows'][0]['psnr_db']['mean']:.2f} ± ")
    refused = ask(visitor, "pictures", job=job["id"], number=2)
    assert not refused["ok"] and refused["error"]["message"]
    assert "number 4" in ask(visitor, "pictures", job=job["id"], number=3)["error"]["message"]


def test_the_files_are_those_of_the_command_line(visitor, uploads):
    ask(visitor, "own", files=sent(uploads, one=("png", small("coffee"))))
    job = compared(visitor, "own")
    starts = {"report": b"<!doctype html>", "sheet": b"\x89PNG", "csv": b"scope,medium,width", "json": b"{"}
    starts |= {"differences": b"baseline,tokenizer,column", "codecs": b"medium,codec,matched"}
    assert set(starts) == set(FILES) - {"details"}
    for kind, start in starts.items():
        file = ask(visitor, "download", job=job["id"], kind=kind)["file"]
        assert base64.b64decode(file["data"]).startswith(start), kind
    whole = json.loads(base64.b64decode(ask(visitor, "download", job=job["id"], kind="json")["file"]["data"]))
    assert whole["table"] == ask(visitor, "result", job=job["id"])["result"]["table"]
    refused = ask(visitor, "download", job=job["id"], kind="../x")["error"]
    assert (
        refused["field"] == "kind" and "report, sheet, csv, differences, codecs, details or json" in refused["message"]
    )
    assert "pictures has no details.csv" in ask(visitor, "download", job=job["id"], kind="details")["error"]["message"]


def test_a_zip_is_a_set_and_others_are_refused_at_the_place(visitor, uploads):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.png", small("coffee"))
        archive.writestr("b.png", small("rocket"))
    assert ask(visitor, "own", files=sent(uploads, set=("zip", data.getvalue())))["names"] == ["a.png", "b.png"]
    kept = visitor.files
    damaged = ask(visitor, "own", files=sent(uploads, damaged=("png", b"\x89PNG no")))
    assert not damaged["ok"] and damaged["error"]["message"]
    sound = ask(visitor, "own", files=sent(uploads, sound=("wav", b"RIFF")))
    assert "not a picture" in sound["error"]["message"]
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(51):
            archive.writestr(f"{number}.png", small("coffee", 8))
    assert (
        "51 pictures were given; at most 50"
        in ask(visitor, "own", files=sent(uploads, many=("zip", many.getvalue())))["error"]["message"]
    )
    assert visitor.files == kept and kept[0].exists(), "what was chosen before is still there"


@pytest.mark.parametrize(
    "tokenizers, media, field, words",
    [
        (["fsq"], "preset:text", "tokenizers", "from 2 to 8"),
        (["fsq", "nothing"], "preset:text", "tokenizers", "'nothing'"),
        ("fsq", "preset:text", "tokenizers", "Choose the tokenizers"),
        (["fsq", "fsq"], "preset:text", "tokenizers", "twice"),
        (PAIR, "own", "media", "your own pictures first"),
        (PAIR, "sample:nothing", "media", "'nothing'"),
        (PAIR, "/etc/passwd", "media", "Choose something"),
        (PAIR, None, "media", "Choose something"),
    ],
)
def test_what_cannot_be_compared_is_said_where_it_was_chosen(visitor, tokenizers, media, field, words):
    error = ask(visitor, "start", tokenizers=tokenizers, media=media)["error"]
    assert error["field"] == field and words in error["message"]
    assert visitor.job is None


def test_a_preset_is_measured_once_for_everybody_and_a_new_choice_takes_the_place_of_the_old(visitor, monkeypatch):
    first = compared(visitor, "preset:face")
    runs = []
    tokenize = type(load_tokenizer("fsq")).tokenize
    monkeypatch.setattr(type(load_tokenizer("fsq")), "tokenize", lambda *args: runs.append(1) or tokenize(*args))
    other = compare_events.visitors.enter("b")
    second = compared(other, "preset:face")
    assert ask(other, "result", job=second["id"])["result"] == ask(visitor, "result", job=first["id"])["result"]
    assert runs == [], "neither the pictures nor the figures were made again"
    compared(visitor, "preset:texture", ["fsq", "bsq"])
    assert "no longer" in ask(visitor, "result", job=first["id"])["error"]["message"]


def test_a_set_stops_where_it_is_asked_to_and_keeps_what_was_done(visitor, uploads, monkeypatch):
    told = compare_jobs.Job._told

    def stop_at_the_third(job, done, planned, name):
        told(job, done, planned, name)
        if done == 2:
            job.stop()

    monkeypatch.setattr(compare_jobs.Job, "_told", stop_at_the_third)
    files = {f"p{number}": ("png", small("coffee", 64 + 8 * number)) for number in range(4)}
    ask(visitor, "own", files=sent(uploads, **files))
    job = compared(visitor, "own")
    assert (job["state"], job["found"], job["done"]) == ("stopped", True, 2) and "until then" in job["message"]
    result = ask(visitor, "result", job=job["id"])["result"]
    assert [one["name"] for one in result["media"]] == ["p0.png", "p1.png"] and not result["complete"]
    assert ask(visitor, "pictures", job=job["id"], number=3)["name"] == "p3.png", "pictures can still be looked at"


def test_the_files_of_a_visitor_go_with_the_page(visitor, uploads):
    ask(visitor, "own", files=sent(uploads, one=("png", small("coffee", 64))))
    compared(visitor, "own")
    places = [visitor.files[0], visitor.job.found.folder]
    assert all(place.exists() for place in places)
    compare_events.visitors.leave("a")
    assert not any(place.exists() for place in places)
    assert "Load it again" in ask(visitor, "start", media="preset:text", tokenizers=PAIR)["error"]["message"]


def test_what_was_found_by_everybody_is_bounded():
    few = compare_jobs.SharedOutcomes(2)
    folders = [few.new_folder() for _ in range(3)]
    for number, folder in enumerate(folders):
        few.keep((number,), compare_jobs.Outcome({}, folder, None))
        few.get((0,))  # used, so it stays
    assert few.get((1,)) is None and not folders[1].exists()
    assert few.get((0,)).folder == folders[0] and folders[2].exists()
    for folder in folders:
        files.drop(folder)
