"""The compare page on sounds, clips, series, items and graphs: heard in step, played, drawn; kinds are not mixed."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile

from explorer.media.samples import SAMPLES
from explorer.pages.compare import page as compare
from explorer.tokenizers import forget
from explorer.views.kit.wire.encoding import unpack
from tests.pages.compare.compare_page import ask, compared, pixels_of


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
