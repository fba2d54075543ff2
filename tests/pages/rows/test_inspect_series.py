"""What the Inspect page shows of a series, recomputed from the tokenizers that ship; what a token off by one does."""

import json

import numpy as np
import pytest
from scipy.fft import idct

from explorer.analysis.pictures.depiction import depict
from explorer.joints.columns import in_units, spreads
from explorer.media.medium import load_medium
from explorer.media.rows.skeleton import pose
from explorer.media.samples import SAMPLES
from explorer.pages.inspect import answers, events, media
from explorer.pages.inspect.requests import Off
from explorer.pages.inspect.series import token_off
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack

NAMES = ("fast-actions", "series-vq", "series-rvq")


def visit_of(name, picture="reach", **changes):
    return Visit(tokenizer=name, picture=picture, modality="series", **changes)


def figures_of(value):
    return {one["id"]: one["value"] for one in json.loads(value)["figures"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", ["reach", "walk"])
def test_everything_is_there_of_a_series(name, picture):
    visit = visit_of(name, picture, token=3)
    record, parts = runtime.record_of(visit), events.everything(visit)
    view, player = json.loads(parts["view"]), json.loads(parts["player"])
    shape = record.levels[0].layout.shape
    assert view["place"]["kind"] == "series" and view["place"]["chunk"] == record.levels[0].layout.chunk
    assert view["place"]["columns"] == [column.name for column in record.columns]
    for sent, level in zip(view["levels"], record.levels, strict=True):
        assert (sent["rows"], sent["cols"]) == shape
        np.testing.assert_array_equal(unpack(sent["indices"]), level.indices.reshape(-1))
    original, restored = (in_units(one, record.columns).T for one in (record.media, record.reconstruction))
    np.testing.assert_allclose(unpack(player["original"]), original, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(unpack(player["reconstruction"]), restored, rtol=1e-5, atol=1e-5)
    errors = np.sqrt(np.square(restored - original).mean(1))
    np.testing.assert_allclose([lane["error"] for lane in player["columns"]], errors, rtol=1e-4)
    assert all(
        lane["low"] < row.min() and lane["high"] > row.max()
        for lane, row in zip(player["columns"], original, strict=True)
    )
    card = json.loads(parts["card"])
    assert card["code"] == record.levels[0].indices.reshape(-1)[3] and card["patches"]


def test_a_card_is_there_of_windows_that_do_not_share_the_width_alike(tmp_path):
    """21 windows of 960 pixels are 45 or 46 wide: their patches are cut to the narrower."""
    path = tmp_path / "rows.csv"
    np.savetxt(
        path, np.random.default_rng(0).normal(size=(210, 3)).round(2), delimiter=",", header="a,b,c", comments=""
    )
    visit = visit_of("series-rvq", UPLOADED, upload=str(path))
    card = json.loads(events.card_value(visit))
    patches = depict(runtime.record_of(visit)).media.shape
    assert patches[1] == 960 and len(card["tokens"]) > 1 and card["patches"]


@pytest.mark.parametrize("name", NAMES)
def test_errors_are_in_the_unit_of_their_column(name):
    visit = visit_of(name)
    record = runtime.record_of(visit)
    found = figures_of(events.decoded_values(visit)[1])
    error = (record.reconstruction - record.media) * spreads(record.columns)
    for place in range(7):
        assert found[f"rmse_{place}"] == pytest.approx(np.sqrt(np.square(error[:, place]).mean()), rel=1e-4)
    assert found["rmse"] == pytest.approx(
        100 * np.sqrt(np.square(record.reconstruction - record.media).mean()), rel=1e-4
    )
    level = record.levels[0]
    bits = len(record.levels) * level.indices.size * np.log2(level.codebook.codebook_size)
    assert found["bits_a_value"] == pytest.approx(bits / 1400) and found["seconds"] == 4.0
    assert "psnr_db" not in found and ("pieces" in found) == (name == "fast-actions")
    if name == "fast-actions":
        sent = len(load_tokenizer(name).pieces(level).ids)
        assert found["pieces"] == sent and found["pieces_a_chunk"] == sent / 4
        assert found["fewer"] == pytest.approx(1400 / sent)
        assert found["bits_pieces"] == pytest.approx(sent * 10 / 1400), "2^10 pieces of the vocabulary"


def test_levels_of_a_series_are_decoded_apart():
    visit = visit_of("series-rvq", mode="cumulative", level=1)
    record, tokenizer = runtime.record_of(visit), load_tokenizer("series-rvq")
    player, reconstruction = events.decoded_values(visit)
    expected = in_units(tokenizer.decode_levels(record, [0, 1]), record.columns).T
    np.testing.assert_allclose(unpack(json.loads(player)["reconstruction"]), expected, rtol=1e-4, atol=1e-4)
    assert json.loads(player)["caption"] == "Decoded from levels 1 to 2 of 4."
    assert figures_of(reconstruction)["tokens"] == 2 * 140


def test_the_difference_is_in_percent_of_half_a_range():
    visit = visit_of("series-vq")
    record = runtime.record_of(visit)
    error = events.differences(visit)["signed"]
    sent = (unpack(error["data"]).astype(float) - error["offset"]) * error["scale"]
    height, width = depict(record).media.shape[:2]
    assert sent.shape == (height, width)
    lane = height // 7
    for column, row in ((0, 3), (4, 120), (6, 199)):
        expected = 100 * (record.reconstruction[row, column] - record.media[row, column])
        x = -(-row * width // 200)
        assert sent[column * lane + lane // 2, x] == pytest.approx(expected, abs=error["scale"])


@pytest.fixture
def asking():
    """Ask as the browser does, of what is shown."""
    visitor = visitors.enter("series-tests")

    def ask(visit, what, **more):
        visitor.part(Wish).shown = visit
        return json.loads(answers.ask({"what": what, "token": visitor.token, "turn": visit.turn, **more}))

    yield ask
    visitors.leave("series-tests")


def test_a_coefficient_one_off_is_one_wave_in_its_chunk(asking):
    visit = visit_of("fast-actions")
    record = runtime.record_of(visit)
    column, chunk, frequency = 1, 2, 3
    answer = asking(visit, "off", level=0, position=column * 200 + chunk * 50 + frequency)
    changed = unpack(answer["values"]) - in_units(record.reconstruction, record.columns).T
    wave = idct(np.eye(50)[frequency] / 10, norm="ortho") * record.columns[column].spread
    expected = np.zeros((7, 200))
    expected[column, 100:150] = wave
    np.testing.assert_allclose(changed, expected, atol=2e-5)
    assert answer["after"] == answer["before"] + 1
    assert f"shoulder would be off by up to {np.abs(wave).max():.3g} rad" in answer["words"]
    assert "50 rows would change" in answer["words"]


def test_the_last_code_is_off_the_other_way(asking):
    visit = visit_of("series-vq")
    record = runtime.record_of(visit)
    level = record.levels[0]
    position = int(np.argmax(level.indices))
    answer = asking(visit, "off", level=0, position=position, by=512)
    before = int(level.indices.flat[position])
    assert (answer["before"], answer["after"]) == (before, max(0, before - 512))


@pytest.mark.parametrize(
    ("name", "request_", "words"),
    [
        ("series-vq", {"level": 3, "position": 0}, "no level 4"),
        ("series-vq", {"level": 0, "position": 140}, "no token 140"),
        ("series-vq", {"level": 0, "position": 0, "by": 10**9}, "by"),
    ],
)
def test_what_cannot_be_off_is_said(asking, name, request_, words):
    answer = asking(visit_of(name), "off", **request_)
    assert not answer["ok"] and words in str(answer["error"])


def test_only_series_have_tokens_that_are_off(asking):
    answer = asking(Visit(tokenizer="kmeans", picture="astronaut"), "off", level=0, position=0)
    assert not answer["ok"] and "Only a token of a series" in answer["error"]["message"]


def test_what_is_exported_is_read_back_in_its_units():
    visit = visit_of("fast-actions")
    record = runtime.record_of(visit)
    file = events.export(visit, "decoded", 0)
    assert file.name == "fast-actions_reach_reconstruction.csv"
    back = load_medium(file.data)
    np.testing.assert_allclose(back.values, in_units(record.reconstruction, record.columns), rtol=1e-4, atol=1e-5)
    assert back.rate_hz == pytest.approx(50) and [one.unit for one in back.columns] == ["rad"] * 6 + ["mm"]
    lines = events.export(visit, "csv", 0).data.decode().splitlines()
    assert lines[0] == "level,row,column,token,code,quantization_error" and len(lines) == 1401


def test_an_uploaded_table_brings_a_tokenizer_of_series(tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n" + "\n".join(f"{i},{i * i}" for i in range(30)))
    visit = Visit(tokenizer="kmeans", picture=UPLOADED, upload=str(tmp_path / "own.csv"), modality="")
    settled, words = media.settle(visit)
    assert settled.modality == "series" and load_tokenizer(settled.tokenizer).spec.modality == "series"
    assert "This file is a series" in words
    assert runtime.record_of(settled).media.shape[1] == 2


def test_thumbnails_and_labels():
    assert [one["id"] for one in json.loads(json.dumps(media.thumbnails("series")))] == ["reach", "wipe", "walk"]
    assert media.label_of(load_tokenizer("fast-actions").spec) == "FAST, robot actions · series"
    assert SAMPLES["reach"].modality == "series"


def test_a_notebook_has_the_same_tokens():
    import explorer

    record = explorer.tokenize("fast-actions", "sample:reach")
    shown = runtime.record_of(visit_of("fast-actions"))
    np.testing.assert_array_equal(record.levels[0].indices, shown.levels[0].indices)
    array = explorer.tokenize("series-vq", np.cumsum(np.ones((40, 2)), axis=0))
    assert array.media.shape == (40, 2) and array.modality == "series"


def test_a_token_one_off_moves_the_body_too():
    """walk has the joints of a body; a robot's arm has not."""
    visit = Visit(tokenizer="series-vq", picture="walk", modality="series")
    record, tokenizer = runtime.record_of(visit), load_tokenizer("series-vq")
    answer = token_off(record, tokenizer, Off(turn=0, level=0, position=24 + 3))  # the left knee, rows 30 to 39
    moved = unpack(answer["figure"])
    still = pose(in_units(record.reconstruction, record.columns), record.columns)
    assert moved.shape == still.shape
    apart = np.abs(moved - still).max((1, 2)) > 1e-5
    assert apart[30:40].any() and not apart[:30].any() and not apart[40:].any()
    arm = Visit(tokenizer="series-vq", picture="reach", modality="series")
    assert token_off(runtime.record_of(arm), tokenizer, Off(turn=0, level=0, position=0))["figure"] is None
