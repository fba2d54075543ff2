"""What the token editor answers, against the tokenizer itself."""

import base64
import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.foundation.cache import Cache
from explorer.joints.files.tokens import load_tokens
from explorer.media.quality.metrics import difference
from explorer.pages.edit import desk as edit_desk
from explorer.pages.edit import events as edit_events
from explorer.pages.edit.requests import KINDS
from explorer.pages.shared.runtime import record_of
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.widgets.export_bar import ExportFile
from explorer.views.kit.wire.encoding import unpack

VISIT = Visit(picture="astronaut", tokenizer="rvq-4", side_px=256)


@pytest.fixture(scope="module")
def everyone():
    """The book of visitors, so that what other tests leave behind is none of ours."""
    yield visitors
    for session in ("edit", "fresh"):
        visitors.leave(session)


@pytest.fixture(scope="module")
def opened(everyone):
    return json.loads(edit_events.opening(VISIT, everyone.enter("edit")))


@pytest.fixture
def ask(opened):
    def asked(what, **args):
        return json.loads(edit_events.ask({"what": what, "token": opened["token"]} | args))

    return asked


def codes(answer):
    return [unpack(level).astype(np.int64) for level in answer["indices"]]


def shown(answer, base):
    """The edited picture as the browser puts it together."""
    picture = base.copy()
    if answer["box"]:
        top, left, height, width = answer["box"]
        picture[top : top + height, left : left + width] = unpack(answer["pixels"])
    return picture


def decoded(indices, shape=(32, 32)):
    pixels = load_tokenizer("rvq-4").detokenize([one.reshape(shape) for one in indices])
    return np.round(pixels * 255).astype(np.uint8)


def test_open_gives_the_tokens_and_their_decode(ask):
    answer, record = ask("open"), record_of(VISIT)
    assert (answer["grids"], answer["K"]) == ([[32, 32]] * 4, [1024] * 4)
    assert (answer["placed"], answer["modality"]) == (True, "image")
    for level, mine in zip(record.levels, codes(answer), strict=True):
        np.testing.assert_array_equal(level.indices.reshape(-1), mine)
    np.testing.assert_array_equal(unpack(answer["base"]), decoded(codes(answer)))


@pytest.mark.parametrize(
    "edits", ["p.0.5.0-3_40", "p.0.5.0~f.2.9.0-0-4-4", "r.1.0.7", "s.0.1023", "h.2-2-6-6.3", "a.0-0-3-3"]
)
def test_an_edit_decodes_to_what_the_tokenizer_makes_of_its_tokens(ask, edits):
    base, answer = unpack(ask("open")["base"]), ask("edit", edits=edits)
    picture, wanted = shown(answer, base).astype(int), decoded(codes(answer)).astype(int)
    assert np.abs(picture - wanted).max() <= 1 and (picture != wanted).mean() < 1e-3  # rounding in the last step
    first = np.stack([level.indices.reshape(-1) for level in record_of(VISIT).levels])
    assert answer["changed"] == int((np.stack(codes(answer)) != first).any(0).sum())


def test_a_stroke_after_strokes_and_an_undo_are_what_all_edits_at_once_are(ask):
    words = ["p.0.5.0", "p.0.6.1-40", "s.3.70", "p.3.1.900"]
    base = unpack(ask("open")["base"])
    for n in (1, 2, 3, 4, 2, 0, 4):
        answer = ask("edit", edits="~".join(words[:n]))
        fresh = json.loads(edit_events.opening(VISIT, visitors.enter("fresh")))["token"]
        again = json.loads(edit_events.ask({"what": "edit", "token": fresh, "edits": "~".join(words[:n])}))
        assert codes(answer)[0].tolist() == codes(again)[0].tolist()
        assert np.abs(shown(answer, base).astype(int) - shown(again, base)).max() <= 1
    assert ask("edit", edits="")["box"] is None


def test_levels_left_out_are_sent_and_decoded_without(ask):
    base, answer = unpack(ask("open")["base"]), ask("edit", edits="d.1-3.0-0-32-32")
    wanted = load_tokenizer("rvq-4").decode_levels(record_of(VISIT), [0])
    assert np.abs(shown(answer, base) / 255 - wanted).max() < 1.5 / 255
    assert [int(unpack(kept).sum()) for kept in answer["kept"]] == [1024, 0, 0, 0]


def test_reach_is_the_difference_of_two_decodes(ask):
    answer = ask("reach", edits="p.0.5.0", position=0, levels=None)
    indices = [level.indices.copy() for level in record_of(VISIT).levels]
    indices[0][0, 0] = 5
    kept = [np.ones((32, 32), bool) for _ in indices]
    tokenizer, without = load_tokenizer("rvq-4"), [mask.copy() for mask in kept]
    for mask in without:
        mask[0, 0] = False
    change = np.abs(difference(tokenizer.detokenize(indices), tokenizer.decode_kept(indices, without))).max(-1)
    top, left, height, width = answer["box"]
    assert (top, left) == (0, 0) and height <= 64 and width <= 64
    np.testing.assert_allclose(unpack(answer["change"]), change[:height, :width], atol=1e-4)
    assert answer["pixels"] == pytest.approx((change > 0.5 / 255).sum(), abs=3)
    assert answer["own_share"] == pytest.approx(change[:8, :8].sum() / change.sum(), abs=1e-3)


def test_transplant_takes_the_tokens_of_the_second_picture(ask):
    answer = ask("edit", edits="t.coffee.0-0-3-4.10.20")
    source = record_of(Visit(picture="coffee", tokenizer="rvq-4", side_px=256))
    for mine, level in zip(codes(answer), source.levels, strict=True):
        np.testing.assert_array_equal(mine.reshape(32, 32)[10:13, 20:24], level.indices[:3, :4])
    size = ask("source", picture="coffee")
    assert (size["rows"], size["cols"]) == source.levels[0].indices.shape


def test_a_path_of_codes_begins_and_ends_with_them_and_one_of_pictures_too(ask):
    answer = ask("path", of="codes", level=1, first=3, last=900, steps=5)
    assert [answer["frames"][0]["code"], answer["frames"][-1]["code"]] == [3, 900] and len(answer["frames"]) == 5
    answer = ask("path", of="pictures", picture="coffee", edits="", steps=3)
    assert answer["frames"][0]["changed"] == 0 < answer["frames"][1]["changed"]
    assert all(frame["url"].startswith("data:image/jpeg;base64,") for frame in answer["frames"])


@pytest.mark.parametrize(
    "form", [{"style": "tags", "order": "hilbert", "offset": 7, "by": "position"}, {"style": "numbers"}]
)
def test_text_pasted_back_is_one_edit_to_the_same_tokens(ask, form):
    painted = ask("text", edits="p.2.9.0-9~d.3.0-0-1-1", form=form)["text"]
    answer = ask("paste", edits="", text=painted, form=form)
    assert answer["changed"] == (record_of(VISIT).levels[2].indices.reshape(-1)[:10] != 9).sum()
    before, after = ask("edit", edits="p.2.9.0-9"), ask("edit", edits=answer["words"])
    assert [one.tolist() for one in codes(before)] == [one.tolist() for one in codes(after)]
    assert ask("paste", edits="p.2.9.0-9", text=painted, form=form)["words"] == ""


def test_a_fault_in_pasted_text_is_marked_as_javascript_counts(ask):
    text = "1 2 🙂🙂 banana"
    answer = ask("paste", edits="", text=text, form={"style": "numbers"})
    assert not answer["ok"] and (answer["error"]["start"], answer["error"]["end"]) == (4, 8)  # two units each
    short = ask("paste", edits="", text="1 2 3", form={"style": "numbers"})
    assert "4,096 are needed" in short["error"]["message"]


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        ({"what": "edit", "edits": "p.0.1024.0"}, "edits", "outside 0..1023"),
        ({"what": "edit", "edits": "p.0.1.0~p.9.1.0"}, "edits", "Edit 2"),
        ({"what": "edit", "edits": "t.nobody.0-0-1-1.0.0"}, "edits", "no sample 'nobody'"),
        ({"what": "edit", "edits": "x.1"}, "edits", "none that is known"),
        ({"what": "edit", "edits": 5}, "edits", "must be text"),
        ({"what": "reach", "edits": "x.1", "position": 0}, "edits", "none that is known"),
        ({"what": "reach", "edits": "", "position": 1024}, "position", "outside 0..1023"),
        ({"what": "reach", "edits": "", "position": 0, "levels": [9]}, "levels", "no level 10"),
        ({"what": "source", "picture": "nobody"}, "picture", "no sample 'nobody'"),
        ({"what": "path", "of": "codes", "level": 4, "first": 0, "last": 1, "steps": 5}, "level", "no level 5"),
        ({"what": "path", "of": "codes", "level": 0, "first": 0, "last": 1, "steps": 500}, None, "must be from 2"),
        ({"what": "path", "of": "pictures", "picture": "nobody", "steps": 5}, "picture", "no sample 'nobody'"),
        ({"what": "text", "edits": "", "form": {"style": "poems"}}, "style", "numbers or tags"),
        ({"what": "text", "edits": "", "form": {"offset": "x"}}, "offset", "whole number"),
        ({"what": "text", "edits": "", "form": {"tag": "1 2"}}, "form", "begins with a letter"),
        ({"what": "export", "edits": "", "kind": "exe"}, "kind", "npz, json or csv, not 'exe'"),
        ({"what": "dance"}, "what", "nothing called 'dance'"),
    ],
)
def test_what_cannot_be_is_said_in_plain_words_at_its_field(ask, request_, field, said):
    error = ask(**request_)["error"]
    assert said in error["message"] and error["field"] == field


def test_a_stranger_gets_nothing_and_keeps_the_edits():
    answer = json.loads(edit_events.ask({"what": "edit", "token": "guess", "edits": ""}))
    assert answer == {"ok": False, "error": {"field": None, "message": edit_desk.GONE}}


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_holds_the_edited_tokens(ask, tmp_path, kind):
    file = ask("export", edits="p.0.5.0-9", kind=kind)["file"]
    saved = ExportFile(file["name"], base64.b64decode(file["data"]))
    assert saved.name == f"rvq-4_astronaut_edited_tokens.{kind}"
    first = [5] * 10  # codes of the first level, in raster order
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(saved.data.decode())))
        assert len(rows) == 4 * 1024 and [int(row["code"]) for row in rows[:10]] == first
    elif kind == "json":
        assert np.ravel(json.loads(saved.data)["indices"][0])[:10].tolist() == first
    else:
        (tmp_path / saved.name).write_bytes(saved.data)
        indices = load_tokens(tmp_path / saved.name).indices
        assert indices[0].reshape(-1)[:10].tolist() == first
        np.testing.assert_array_equal(indices[1], record_of(VISIT).levels[1].indices)


def test_desks_and_their_pictures_are_bounded(monkeypatch):
    monkeypatch.setattr(edit_desk, "DESKS_KEPT", 2)
    page = visitors.enter("bounded")
    desks = page.part(edit_desk.Desks)
    tokens = [desks.put(VISIT) for _ in range(3)]
    assert len(set(tokens)) == 3 and min(map(len, tokens)) >= 20
    assert desks.get(tokens[0]) is None and edit_desk.desk_of(tokens[0]) is None
    one, other = (desks.get(token) for token in tokens[1:])
    size = 3 * 4 * one.record.media.size  # bytes of float32: before, after, and as it was
    monkeypatch.setattr(edit_desk, "_decoded", Cache("two desks' pictures", 2 * size))
    for desk in (one, other):
        desk.decode("")
        assert desk._last is not None
    assert edit_desk._decoded.bytes <= 2 * size
    another = desks.get(desks.put(VISIT))
    another.decode("")
    assert one._last is None, "the oldest pictures go first, and are decoded again when they are asked for"
    assert another._last is not None
    desks.put(VISIT)
    assert other._last is None, "with its desk"
    assert edit_desk.desk_of(tokens[2]) is None and another._last is not None
    visitors.leave("bounded")
    assert another._last is None, "and with the page"


def test_another_part_of_a_sound_is_another_medium_to_the_editor(everyone, opened):
    """The editor keeps tokens and edits while the key is the same: those of the part before stood beside the next."""
    later = json.loads(edit_events.opening(replace(VISIT, from_s=30), everyone.enter("edit")))
    again = json.loads(edit_events.opening(VISIT, everyone.enter("edit")))
    assert later["key"] != opened["key"] == again["key"]
