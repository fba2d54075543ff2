"""The compare page answers: real comparisons, own pictures, what is refused and where; files go with the page."""

import base64
import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from explorer.compare.kinds import KINDS
from explorer.compare.presets import PRESETS
from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.media.samples import PICTURES, SAMPLES
from explorer.pages.compare import events as compare_events
from explorer.pages.compare import jobs as compare_jobs
from explorer.pages.compare import page as compare
from explorer.pages.compare.requests import FILES
from explorer.pages.shared.session import SIDES_PX
from explorer.pages.shared.thumbnails import thumbnail
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import Visitors
from explorer.tokenizers import forget, list_tokenizers, load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.made_codecs import MADE, bring_all

PATIENCE_S = 60
PAIR = ["fsq", "rvq-4"]
JS = Path(compare_events.__file__).parents[2] / "views" / "compare" / "model.js"


@pytest.fixture
def visitor(monkeypatch):
    everyone = Visitors(3)
    monkeypatch.setattr(compare_events, "visitors", everyone)
    yield everyone.enter("a")
    everyone.leave_all()


def ask(visitor, what, **more):
    return json.loads(compare_events.ask({"what": what, "token": visitor.token, **more}))


def compared(visitor, media, tokenizers=PAIR):
    """The id of the job, when it has ended."""
    job = ask(visitor, "start", media=media, tokenizers=tokenizers)["job"]
    limit = time.monotonic() + PATIENCE_S
    while job["state"] in ("waiting", "running", "stopping"):
        assert time.monotonic() < limit, job
        time.sleep(0.05)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


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


def pixels_of(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))


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


def test_a_link_opens_with_what_is_here(visitor):
    def opened(**query):
        return json.loads(compare.opening_of(query, "token"))

    plain = opened()
    assert len(plain["chosen"]) == 4 and plain["media"] == "sample:astronaut" and plain["message"] == ""
    specs = {spec.id: spec for spec in list_tokenizers()}
    assert len({specs[one].quantizer for one in plain["chosen"]}) == 4
    linked = opened(tokenizers="bsq,fsq,nothing", media="preset:text")
    assert (linked["chosen"], linked["media"]) == (["bsq", "fsq"], "preset:text") and "left out" in linked["message"]
    assert len(opened(tokenizers="nothing")["chosen"]) == 4
    assert "did not travel" in opened(media="own")["message"]
    assert "not here" in opened(media="sample:../x")["message"]


def test_a_page_that_is_open_takes_another_link_and_keeps_what_the_visitor_brought(visitor):
    found = ask(visitor, "link", query="tokenizers=bsq%2Cfsq&media=preset:text&learn=x.1")
    assert (found["chosen"], found["media"], found["message"]) == (["bsq", "fsq"], "preset:text", "")
    assert "did not travel" in ask(visitor, "link", query="media=own")["message"]
    visitor.files = (Path("mine.png"),)
    own = ask(visitor, "link", query="media=own&tokenizers=bsq,fsq", modality="image")
    assert (own["media"], own["message"]) == ("own", "")
    sounds = ask(visitor, "link", query="media=own&tokenizers=bsq,fsq", modality="audio")
    assert sounds["media"] == "sample:astronaut"


def test_everything_that_can_be_chosen_has_a_picture(visitor):
    media = ask(visitor, "media")["media"]
    assert [one["id"] for one in media if one["kind"] == "presets"] == [f"preset:{one}" for one in PRESETS]
    samples = {one["id"]: one["modality"] for one in media if one["kind"] == "samples"}
    assert samples == {f"sample:{name}": one.modality for name, one in SAMPLES.items() if one.modality in KINDS}
    for kind, name in (one["id"].split(":") for one in media):
        data, mime = thumbnail(kind, name)
        pixels = Image.open(io.BytesIO(data))
        assert (pixels.size, mime) == ((80, 80), "image/webp") and np.ptp(np.asarray(pixels.convert("L"))) > 40
    assert [one["image"] for one in media] == [f"thumbnails/{one['id'].replace(':', '/')}" for one in media]


@pytest.fixture
def made_codecs():
    bring_all()
    yield
    for name in MADE:
        forget(f"made-{name}")


def test_sounds_are_compared_and_heard_in_step(visitor, made_codecs):
    job = compared(visitor, "sample:drums", ["made-tones", "made-rates"])
    assert job["state"] == "done", job
    pictures = ask(visitor, "pictures", job=job["id"], number=0)
    assert pictures["played"] == "audio" and [one["tokenizer"] for one in pictures["panes"]] == [
        "made-tones",
        "made-rates",
    ]
    assert pixels_of(pictures["original"]).shape == (256, 768, 3) and "Hz" in pictures["size"]
    assert all("SI-SDR" in one["words"] and "kbit/s" in one["words"] for one in pictures["panes"])
    played = ask(visitor, "played", job=job["id"], number=0)
    sounds = {
        key: soundfile.read(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))) for key, url in played["sounds"].items()
    }
    assert set(sounds) == {"", "made-tones", "made-rates"} and played["whole"]
    assert len({(len(samples), rate) for samples, rate in sounds.values()}) == 1
    assert sounds[""][1] == SAMPLES["drums"].load().sample_rate_hz
    result = ask(visitor, "result", job=job["id"])["result"]
    assert result["kind"]["rate_unit"] == "kbit/s" and {curve["id"] for curve in result["rates"]} >= {
        "opus",
        "made-tones",
    }


def test_clips_are_compared_and_played(visitor, made_codecs):
    from explorer.tokenizers import bring
    from tests.made_codecs import made

    twin = made("blocks")
    from dataclasses import replace

    twin.spec = replace(twin.spec, id="made-twin")
    bring(twin.spec, lambda device: twin)
    job = compared(visitor, "sample:shapes", ["made-blocks", "made-twin"])
    forget("made-twin")
    assert job["state"] == "done", job
    played = ask(visitor, "played", job=job["id"], number=0)
    sheet = pixels_of(played["sheets"]["made-blocks"])
    height, width = played["size"]
    assert sheet.shape == (-(-played["count"] // played["columns"]) * height, played["columns"] * width, 3)
    frames = SAMPLES["shapes"].load().frames
    original = pixels_of(played["sheets"][""])[:height, :width]
    assert np.abs(original / 255 - frames[0][:height, :width]).mean() < 0.05


def test_modalities_are_not_mixed(visitor, made_codecs):
    error = ask(visitor, "start", tokenizers=["fsq", "made-tones"], media="sample:coffee")["error"]
    assert error["field"] == "tokenizers" and "cannot be compared with each other" in error["message"]
    error = ask(visitor, "start", tokenizers=["made-rates", "made-tones"], media="sample:coffee")["error"]
    assert error["field"] == "media" and "these tokenizers take sounds" in error["message"]
    opened = json.loads(compare.opening_of({"tokenizers": "made-tones,fsq,made-rates"}, "t"))
    assert opened["chosen"] == ["made-tones", "made-rates"] and opened["media"] == "sample:vowels"
    assert "cannot be compared with the rest" in opened["message"]


@pytest.mark.parametrize(
    ("pair", "sample", "kind"),
    [
        (["series-vq", "fast-actions"], "walk", "series"),
        (["items-rq", "items-rq-3"], "books", "items"),
        (["gart", "gart-random"], "karate", "graph"),
    ],
)
def test_what_is_no_picture_is_drawn_by_the_page(visitor, pair, sample, kind):
    job = compared(visitor, f"sample:{sample}", pair)
    assert job["state"] == "done", job
    pictures = ask(visitor, "pictures", job=job["id"], number=0)
    drawn = pictures["drawn"]
    assert (
        drawn["kind"] == kind and pictures["original"] == "" and [one["image"] for one in pictures["panes"]] == ["", ""]
    )
    assert pictures["details"] and (pictures["says"] != "") == (kind == "graph")
    medium = SAMPLES[sample].load()
    if kind == "series":
        np.testing.assert_allclose(unpack(drawn["values"][""]), medium.values.T, rtol=1e-6)
        error = np.sqrt(np.square(unpack(drawn["values"][pair[1]]) - medium.values.T).mean(1))
        np.testing.assert_allclose(drawn["errors"][pair[1]], error, rtol=1e-3)
        inside = [
            low <= row.min() and row.max() <= high
            for (low, high), row in zip(
                [(one["low"], one["high"]) for one in drawn["columns"]], unpack(drawn["values"][pair[0]]), strict=True
            )
        ]
        assert all(inside)
    elif kind == "items":
        assert unpack(drawn["ids"][pair[1]]).shape == (3, 240) and drawn["sizes"][pair[1]] == [256] * 3
        assert drawn["names"][0] == medium.labels["name"][0] and unpack(drawn["near"]).shape == (240, 10)
    else:
        tuples = drawn["tuples"][pair[1]]
        assert unpack(tuples["anchors"]).shape == (34, 4) and len(tuples["nodes"]) == 7
        places = unpack(drawn["drawn"])
        assert set(tuples["nodes"]) <= set(places.tolist()) and unpack(drawn["xy"]).shape == (34, 2)
    file = ask(visitor, "download", job=job["id"], kind="details")["file"]
    assert file["name"] == "details.csv" and base64.b64decode(file["data"]).startswith(b"medium,table,row,unit,")
    assert ask(visitor, "figure", job=job["id"], theme="dark")["ok"]


def test_a_link_to_tokenizers_of_rows_opens_with_others_of_their_kind():
    opened = json.loads(compare.opening_of({"tokenizers": "series-vq,vq-ema"}, "t"))
    assert "series-vq" in opened["chosen"] and opened["media"] == "sample:reach" and "left out" in opened["message"]
    assert {one["modality"] for one in opened["tokenizers"] if one["id"] in opened["chosen"]} == {"series"}
    fits = {one["id"]: one["decodes"] for one in opened["tokenizers"]}
    assert fits["gart"] and fits["vq-ema"]
    shown = {one["id"] for one in compare_events.chosen_media()}
    assert {"sample:walk", "sample:books", "sample:karate"} <= shown
