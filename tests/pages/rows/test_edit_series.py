"""The token editor's answers for series: lanes of lines, edits that are decoded, second series of other columns."""

import base64
import json

import numpy as np
import pytest

from explorer.analysis.pictures.depiction import depict
from explorer.joints.files.tokens import load_tokens
from explorer.pages.edit import events as edit_events
from explorer.pages.shared.runtime import record_of
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import shipped_ids


@pytest.fixture(scope="module", params=shipped_ids("series"))
def case(request):
    visit = Visit(picture="reach", tokenizer=request.param, modality="series")
    token = json.loads(edit_events.opening(visit, visitors.enter("edit series")))["token"]

    def ask(what, **args):
        return json.loads(edit_events.ask({"what": what, "token": token} | args))

    return visit, record_of(visit), ask


def test_the_editor_opens_with_the_lines_of_the_decode(case):
    _, record, ask = case
    answer = ask("open")
    assert answer["modality"] == "series" and answer["placed"]
    assert answer["grids"] == [list(level.layout.shape) for level in record.levels]
    pixels = np.round(depict(record).reconstruction * 255)
    assert np.abs(unpack(answer["base"]).astype(int) - pixels).max() <= 1


def test_an_edit_changes_the_lane_of_its_column_alone_and_is_saved(case, tmp_path):
    visit, record, ask = case
    code = (int(record.levels[0].indices[2, 0]) + 40) % record.levels[0].codebook.codebook_size
    answer = ask("edit", edits=f"f.0.{code}.2-0-1-1")
    assert answer["ok"] and answer["changed"] == 1
    lane = depict(record).media.shape[0] // 7
    top, _, height, _ = answer["box"]
    assert 2 * lane <= top and top + height <= 3 * lane, "only the third lane"
    saved = ask("export", kind="npz", edits=f"f.0.{code}.2-0-1-1")
    (tmp_path / "tokens.npz").write_bytes(base64.b64decode(saved["file"]["data"]))
    file = load_tokens(tmp_path / "tokens.npz")
    changed = load_tokenizer(visit.tokenizer).detokenize(file.indices) - record.reconstruction
    assert np.abs(changed[:, 2]).max() > 0.05 and not np.delete(changed, 2, axis=1).any()
    assert file.columns == record.columns


@pytest.mark.parametrize("second", ["wipe", "walk"])
def test_a_way_leads_to_a_second_series_of_other_length_and_columns(case, second):
    _, _, ask = case
    frames = ask("path", of="pictures", picture=second, steps=3)["frames"]
    assert len(frames) == 3 and frames[0]["changed"] == 0 < frames[2]["changed"]
    source = ask("source", picture=second)
    assert (source["rows"], source["width"]) == ({"wipe": 7, "walk": 11}[second], 960)


def test_codes_are_drawn_on_their_way(case):
    answer = case[2]("path", of="codes", level=0, first=1, last=9, steps=4)
    assert len(answer["frames"]) == 4 and answer["frames"][0]["code"] == 1 and answer["frames"][3]["code"] == 9
