"""The token editor's answers for sounds, clips, tokens without places and levels of different grids."""

import base64
import io
import json
import wave

import numpy as np
import pytest

from explorer.analysis.pictures.depiction import depict
from explorer.analysis.pictures.flat_grids import lay_flat
from explorer.media.clips.video import load_video
from explorer.media.samples import samples_of
from explorer.pages.edit import events as edit_events
from explorer.pages.shared.runtime import record_of
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.made_codecs import MADE, bring_all

MODALITY = {"tones": "audio", "rates": "audio", "blocks": "video"}


@pytest.fixture(scope="module", params=MADE)
def case(request):
    bring_all()
    first = next(iter(samples_of(MODALITY.get(request.param, "image"))))
    visit = Visit(picture=first, tokenizer=f"made-{request.param}", side_px=256)
    token = json.loads(edit_events.opening(visit, visitors.enter("edit media")))["token"]

    def ask(what, **args):
        return json.loads(edit_events.ask({"what": what, "token": token} | args))

    return request.param, visit, record_of(visit), ask


def test_open_gives_every_level_on_its_grid(case):
    name, _, record, ask = case
    answer = ask("open")
    assert answer["grids"] == [list(grid) for grid in lay_flat(record).grids]
    assert (answer["placed"], answer["modality"]) == (name != "whole", record.modality)
    pixels = np.round(depict(record).reconstruction * 255)
    assert np.abs(unpack(answer["base"]).astype(int) - pixels).max() <= 1


def test_an_edit_is_decoded_and_saved_in_the_layout_of_its_tokenizer(case, tmp_path):
    _, visit, record, ask = case
    level = len(record.levels) - 1
    answer = ask("edit", edits=f"f.{level}.3.0-0-1-1")
    assert answer["ok"], answer
    laid_indices = [
        unpack(one).reshape(grid) for one, grid in zip(answer["indices"], lay_flat(record).grids, strict=True)
    ]
    assert laid_indices[level][0, 0] == 3
    saved = ask("export", kind="npz", edits=f"f.{level}.3.0-0-1-1")
    assert saved["ok"], saved
    file = tmp_path / "tokens.npz"
    file.write_bytes(base64.b64decode(saved["file"]["data"]))
    from explorer.joints.files.tokens import load_tokens

    loaded = load_tokens(file)
    restored = lay_flat(record).restore(laid_indices)
    for mine, theirs in zip(loaded.indices, restored, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert load_tokenizer(visit.tokenizer).detokenize(loaded.indices).shape == record.media.shape


def test_text_goes_out_and_comes_back(case):
    _, _, record, ask = case
    text = ask("text", edits="", form={})["text"]
    assert len(text.split()) == record.num_tokens
    assert ask("paste", edits="", form={}, text=text)["words"] == ""


def test_reach_is_measured_for_one_level(case):
    name, _, record, ask = case
    level = len(record.levels) - 1
    answer = ask("reach", edits="", position=0, levels=[level])
    assert answer["ok"] and answer["pixels"] > 0
    assert (answer["own_share"] is None) == (name == "whole")


def test_ways_from_code_to_code_are_drawn(case):
    _, _, record, ask = case
    answer = ask("path", of="codes", level=len(record.levels) - 1, first=0, last=5, steps=3)
    assert answer["ok"], answer
    assert [answer["frames"][0]["code"], answer["frames"][-1]["code"]] == [0, 5]


def test_ways_between_media_and_second_media(case):
    _, visit, record, ask = case
    others = [one for one in samples_of(record.modality) if one != visit.picture]
    source = ask("source", picture=others[0])
    assert source["ok"] and source["rows"] * source["cols"] > 0
    answer = ask("path", of="pictures", picture=others[0], steps=3, edits="")
    if len(set(lay_flat(record).grids)) > 1:
        assert "no common path" in answer["error"]["message"]
    elif answer["ok"]:
        assert len(answer["frames"]) == 3
    else:
        assert record.modality == "video" and "one shape" in answer["error"]["message"]
    wrong = next(iter(samples_of("video" if record.modality != "video" else "image")))
    assert "for this tokenizer" in ask("source", picture=wrong)["error"]["message"]


def test_edited_sounds_are_heard(case):
    _, _, record, ask = case
    answer = ask("sound", edits="")
    if record.modality != "audio":
        assert "Only sounds" in answer["error"]["message"]
        return
    data = base64.b64decode(answer["url"].split(",")[1])
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, len(record.media))
        heard = np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32767
    np.testing.assert_allclose(heard, record.reconstruction[:, 0].clip(-1, 1), atol=2e-4)


@pytest.mark.parametrize("kind", ["webp", "mp4", "gif"])
def test_an_edited_clip_is_saved_as_a_film(case, kind):
    name, visit, record, ask = case
    answer = ask("film", edits="", kind=kind)
    if record.modality != "video":
        assert answer["error"]["message"] == "Only a clip is saved as a film."
        return
    assert answer["file"]["name"] == f"made-{name}_{visit.picture}_edited.{kind}"
    film = load_video(base64.b64decode(answer["file"]["data"]))
    assert film.frames.shape == record.reconstruction.shape
    assert np.abs(film.frames - np.clip(record.reconstruction, 0, 1)).mean() < 0.03
