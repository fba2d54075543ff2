"""What the codebook page answers, for every tokenizer that ships, and plain words for whatever cannot be."""

import base64
import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer.audit.shipped import list_audits, load_shipped
from explorer.foundation.cache import Cache
from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import EVERYBODY
from explorer.joints.files.audits import load_audit, save_audit
from explorer.media.medium import tokenized
from explorer.media.pictures.image import fit
from explorer.media.samples import SAMPLES
from explorer.pages.codebook import decoding as codebook_decoded
from explorer.pages.codebook import maps as codebook_maps
from explorer.pages.codebook.audits import open_audit
from explorer.pages.codebook.events import ask
from explorer.pages.codebook.own import OwnAudit, OwnAudits
from explorer.pages.codebook.page import opening_of
from explorer.pages.shared import map_works, runtime
from explorer.pages.shared.map_works import Works
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import counted_ids, shipped_ids

ZOO = counted_ids()


@pytest.fixture
def visitor():
    made = visitors.enter("codebook-events")
    yield made
    visitors.leave("codebook-events")


def get(what, tokenizer="vq-ema", audit="val", **more):
    """The answer to a request that must succeed."""
    answer = json.loads(ask({"what": what, "tokenizer": tokenizer, "audit": audit, **more}))
    assert answer["ok"], answer
    return answer


def refused(**request):
    answer = json.loads(ask(request))
    assert not answer["ok"] and answer["error"]["message"]
    return answer["error"]["message"]


def pixels(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))


@pytest.mark.parametrize("tokenizer", ZOO)
def test_every_tokenizer_opens_and_each_answer_agrees_with_its_audit(tokenizer, monkeypatch):
    monkeypatch.setattr(codebook_decoded, "BUDGET_S", 60)  # on a busy machine none of them counts as slow
    opened = get("open", tokenizer, None)
    assert opened["audit"]["id"] == "val" and {a["id"] for a in opened["audits"]} == {"val", "samples"}
    audit = load_shipped(tokenizer, "val")
    assert len(opened["levels"]) == len(audit.levels) and opened["diagnosis"]
    level = len(audit.levels) - 1
    counts = audit.levels[level].counts
    assert np.array_equal(unpack(opened["levels"][level]["counts"]), counts)
    used = np.flatnonzero(counts)
    code = int(used[np.argsort(-counts[used])[len(used) // 8]])
    page = get("code", tokenizer, "val", level=level, code=code)
    assert (page["count"], page["tokens"]) == (counts[code], counts.sum())
    assert page["rank"] == 1 + np.count_nonzero(counts > counts[code])
    assert page["state"] == unpack(opened["levels"][level]["state"])[code]
    if tokenizer == "titok":  # whose tokens have no place
        assert page["positions"] is None
    else:
        assert np.isclose(unpack(page["positions"]).sum(), 1, atol=1e-5)
    book = load_tokenizer(tokenizer).codebooks()[level]
    np.testing.assert_allclose(unpack(page["vector"]), book.rows(np.array(code)), atol=1e-6)
    made = get("code_decoded", tokenizer, "val", level=level, code=code)
    if tokenizer in shipped_ids("image"):
        side = {"vq-vae-2": 12}.get(tokenizer, 24)  # three tokens a side; a picture without places is whole
        if tokenizer == "titok":
            assert pixels(made["alone"]).shape == (128, 128, 3) and made["contexts"] == []
        else:
            assert pixels(made["alone"]).shape == (side, side, 3) and len(made["contexts"]) == 3
    elif tokenizer in shipped_ids("series"):
        assert np.ptp(pixels(made["alone"])) > 100, "something is drawn"
    else:  # a token of a clip at its own size, a sound as its spectrogram, which can be heard
        assert min(pixels(made["alone"]).shape) >= 3 and made["contexts"] == []
        assert (made["sound"] is not None) == tokenizer.startswith("sound")
    assert (page["neighbours"] is None) == (tokenizer == "titok")
    beside = {str(b[0]) for row in (page["neighbours"] or {}).values() for b in row}
    named = {str(near[0]) for near in page["nearest"]} | beside
    assert named == set(made["thumbnails"])


def test_exemplars_are_cut_from_the_pictures_where_their_tokens_are(visitor):
    page = get("code", audit="samples", level=0, code=int(load_shipped("vq-ema", "samples").levels[0].counts.argmax()))
    assert page["references"] is None
    tokenizer, seen = load_tokenizer("vq-ema"), {}
    for kind in ("closest", "random", "farthest"):
        assert len(page["exemplars"][kind]) == 4
        for one in page["exemplars"][kind]:
            name = one["medium"]
            if name not in seen:
                picture = fit(SAMPLES[name].load(), 8, 1024).pixels
                seen[name] = picture, tokenizer.tokenize(picture).levels[0]
            picture, level = seen[name]
            assert level.indices.reshape(-1)[one["token"]] == page["code"], "the token has this code"
            (top, left, height, width), (row, column) = one["box"], one["place"]
            patch = pixels(one["url"])[top : top + height, left : left + width]
            expected = np.round(255 * picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8])
            assert np.abs(patch.astype(float) - expected).max() <= 1
            book = tokenizer.codebooks()[0]
            away = np.linalg.norm(level.z_e[one["token"]] - book.vectors[page["code"]])
            assert one["distance"] == pytest.approx(away, rel=1e-2)


def test_pictures_that_do_not_ship_are_replaced_by_samples_and_it_is_said():
    page = get("code", audit="val", level=0, code=5)
    samples = load_shipped("vq-ema", "samples").levels[0].counts
    assert f"{samples[5]:,} of the {samples.sum():,} tokens of 20 pictures" in page["exemplars"]["from"]
    assert "do not come with the app" in page["exemplars"]["from"]
    references = page["references"]["closest"]
    assert references and all(one["medium"] in load_shipped("vq-ema", "val").media for one in references)


def test_a_code_decoded_alone_and_among_its_neighbours_is_what_the_tokenizer_makes_of_the_field():
    counts = load_shipped("vq-ema", "val").levels[0].counts
    code = int(counts.argmax())
    page, made = get("code", level=0, code=code), get("code_decoded", level=0, code=code)
    first = {side: row[0][0] for side, row in page["neighbours"].items()}
    tokenizer = load_tokenizer("vq-ema")
    alone = tokenizer.detokenize([np.full((5, 5), code)])[8:32, 8:32]
    assert np.abs(pixels(made["alone"]) / 255 - alone).max() < 0.01
    assert made["contexts"][0]["words"].startswith(f"left {first['left']} (")
    assert made["box"] == [8, 8, 8, 8] and made["size"] == [24, 24]
    near = page["nearest"][0][0]
    assert np.abs(pixels(made["thumbnails"][str(near)]) / 255 - tokenizer.decode_alone(0, [near])[0]).max() < 0.01


def test_a_map_that_takes_longer_says_how_far_it_is_and_comes(monkeypatch, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(codebook_maps, "works", Works(4))
    monkeypatch.setattr(codebook_maps, "map_vectors", lambda *_: (vectors, "euclidean", np.arange(300)))
    runtime.settings.cache_clear()
    opened, end, shares = open_audit(None, "vq-ema", "val"), time.monotonic() + 120, []
    while isinstance(answer := codebook_maps.projection(opened, 0, "tsne"), float):
        assert 0 <= answer <= 1 and time.monotonic() < end
        shares.append(answer)
    runtime.settings.cache_clear()
    assert shares and shares == sorted(shares)
    assert answer.xy.shape == (300, 2) and np.isfinite(answer.xy).all() and 0.5 < answer.trustworthiness <= 1
    assert codebook_maps.projection(opened, 0, "tsne") is answer, "it is laid out once"


@pytest.mark.parametrize("kind", ["umap", "tsne"])
def test_a_map_that_ships_is_there_at_the_first_question(monkeypatch, tmp_path, kind):
    def begin(*_):
        raise AssertionError("laid out anew")

    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(codebook_maps, "_done", Cache("maps of a test", 1))
    monkeypatch.setattr(codebook_maps, "Work", begin)
    runtime.settings.cache_clear()
    answer = codebook_maps.projection(open_audit(None, "rvq-4", None), 3, kind)
    runtime.settings.cache_clear()
    assert answer.kind == kind and answer.xy.shape == (2048, 2)
    assert "2,048 vectors in 16 dimensions" in answer.note and answer.trustworthiness > 0.6


def test_a_map_that_nobody_waits_for_is_given_up_and_can_be_asked_for_again(monkeypatch, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(4000, 16)).astype(np.float32)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(map_works, "SILENT_S", 0.5)
    runtime.settings.cache_clear()
    work = map_works.Work(vectors, "euclidean", "umap", EVERYBODY)
    end = time.monotonic() + 60
    while not work.failed:
        assert time.monotonic() < end
        time.sleep(0.1)
    runtime.settings.cache_clear()
    with pytest.raises(ExplorerError, match="Nobody waited"):
        work.ask()


def test_the_other_maps_and_the_geometry_come_at_once():
    assert unpack(get("map", level=0, kind="pca")["xy"]).shape == (1024, 2)
    assert get("map", "fsq", "val", level=0, kind="lattice")["kind"] == "lattice"
    assert get("map", "bsq", "val", level=0, kind="sphere", bits=[0, 3, 7])["bits"] == [0, 3, 7]
    assert len(unpack(get("geometry", level=0)["code_norms"])) == 1024


def test_an_own_audit_is_the_visitors_alone(visitor, tmp_path):
    shipped = load_shipped("vq-ema", "samples")
    folder = visitor.new_folder()
    save_audit(folder, shipped)
    visitor.part(OwnAudits).keep(OwnAudit("own-1", "mine", shipped.tokens, None, folder, folder, folder))
    asked = {"what": "open", "tokenizer": None, "audit": "own-1"}
    assert json.loads(ask(asked | {"token": visitor.token}))["audit"]["id"] == "own-1"
    assert "not here any more" in refused(**asked, token="guessed")
    assert "not here any more" in refused(**asked)
    code = json.loads(ask({**asked, "what": "code", "token": visitor.token, "level": 0, "code": 3}))
    assert code["ok"] and code["vector"] is None and code["nearest"] == []
    assert "no decoder" in refused(**{**asked, "what": "code_decoded"}, token=visitor.token, level=0, code=3)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"what": "nothing"}, "nothing called 'nothing'"),
        ({"what": "open", "tokenizer": "vq-emma"}, "vq-ema"),
        ({"what": "open", "tokenizer": "vq-ema", "audit": "train"}, "samples"),
        ({"what": "open"}, "choose a tokenizer"),
        ({"what": "code", "tokenizer": "vq-ema", "level": 0, "code": 1024}, "from 0 to 1,023"),
        ({"what": "code", "tokenizer": "vq-ema", "level": 9, "code": 1}, "level 9"),
        ({"what": "code", "tokenizer": "vq-ema", "level": 0, "code": "5"}, "whole number"),
        ({"what": "code_decoded", "tokenizer": "vq-ema", "level": 0, "code": 5000}, "no code 5000"),
        ({"what": "map", "tokenizer": "vq-ema", "level": 0, "kind": "globe"}, "globe"),
        ({"what": "map", "tokenizer": "vq-ema", "level": 3, "kind": "umap"}, "level 3"),
        ({"what": "map", "tokenizer": "vq-ema", "level": 0, "kind": "plane", "codes": [1, 2, 3, 4]}, "at most 3"),
        ({"what": "download", "tokenizer": "vq-ema", "kind": "exe"}, "json, npy, html or zip"),
        ({"what": "audit_start", "files": ["/etc/passwd"]}, "Load it again"),
        ({"what": "audit_resume"}, "Load it again"),
    ],
)
def test_what_cannot_be_answered_is_said_in_plain_words(request_, words):
    assert words in refused(**request_)


def test_two_audits_of_one_codebook_stand_side_by_side():
    (other,) = [one for one in get("open")["besides"] if one["key"] == "vq-ema:samples"]
    answer = get("beside", beside=other["key"], level=0)
    for figures, audit_id in zip(answer["figures"], ("val", "samples"), strict=True):
        counts = load_shipped("vq-ema", audit_id).levels[0].counts
        assert (figures["tokens"], figures["used"]) == (counts.sum(), np.count_nonzero(counts))
    assert len(answer["findings"]) == 2 and all(answer["findings"])
    assert "other codebooks" in refused(what="beside", tokenizer="vq-ema", audit="val", beside="fsq:val", level=0)
    assert refused(what="beside", tokenizer="vq-ema", audit="val", beside="nonsense", level=0)


def test_files_of_an_audit_can_be_read_back(tmp_path):
    def data(kind):
        return base64.b64decode(get("download", kind=kind)["file"]["data"])

    audit = load_shipped("vq-ema", "val")
    assert json.loads(data("json"))["title"] == audit.title
    assert np.array_equal(np.load(io.BytesIO(data("npy"))), audit.levels[0].counts[None])
    assert data("html").lstrip().lower().startswith(b"<!doctype html>")
    with zipfile.ZipFile(io.BytesIO(data("zip"))) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert np.array_equal(load_audit(folder).levels[0].counts, audit.levels[0].counts)


def test_links_open_what_they_name_and_say_what_they_cannot():
    value = json.loads(opening_of({"tokenizer": "fsq", "audit": "samples", "level": "0", "code": "12"}, "t"))
    assert (value["tokenizer"], value["audit"], value["code"], value["message"]) == ("fsq", "samples", 12, "")
    assert [one["id"] for one in value["tokenizers"]] == shipped_ids() and value["token"] == "t"
    plain = json.loads(opening_of({}, "t"))
    assert plain["tokenizer"] == ZOO[0] and plain["audit"] is None and plain["message"] == ""
    for query, words in (({"tokenizer": "<b>"}, "not here"), ({"audit": "own-1"}, "did not travel"),
                         ({"audit": "nope"}, "not here")):  # fmt: skip
        value = json.loads(opening_of(query, "t"))
        assert words in value["message"] and value["tokenizer"] == ZOO[0] and value["audit"] is None


def test_every_shipped_tokenizer_has_both_audits():
    assert all(list(list_audits(tokenizer)) == ["val", "samples"] for tokenizer in ZOO)


@pytest.mark.parametrize("tokenizer", shipped_ids("series"))
def test_exemplars_of_a_series_are_stretches_of_its_columns(tokenizer):
    counts = load_shipped(tokenizer, "samples").levels[0].counts
    page = get("code", tokenizer, "samples", level=0, code=int(counts.argmax()))
    assert all(len(page["exemplars"][kind]) == 4 for kind in ("closest", "random", "farthest"))
    for one in page["exemplars"]["closest"]:
        (row, column), loaded = one["place"], SAMPLES[one["medium"]].load()
        record = tokenized(loaded, load_tokenizer(tokenizer), 256)
        layout = record.levels[0].layout
        assert record.levels[0].indices[row, column] == page["code"] and one["token"] == row * layout.shape[1] + column
        rows = layout.region(one["token"])[1]
        seconds = f"{rows.start / loaded.rate_hz:.2f} to {rows.stop / loaded.rate_hz:.2f} s"
        assert one["where"].startswith(f"{loaded.columns[row].name}, {seconds}")
        assert pixels(one["url"]).shape == (96, 144, 3)
