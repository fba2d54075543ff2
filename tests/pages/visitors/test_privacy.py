"""Two visitors: nothing of one is seen by the other, neither by name nor by its result, and all of it goes with them.

Anna and Bert bring files of one name and one id, with different contents.
"""

import io
import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import tokenizers
from explorer.foundation.cache import every_cache
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, UnknownIdError
from explorer.foundation.owners import EVERYBODY, acting_for, carried, owner
from explorer.pages.api import calls as api
from explorer.pages.bring import events as loading
from explorer.pages.codebook import events as codebook_events
from explorer.pages.codebook import jobs as codebook_jobs
from explorer.pages.codebook import page as codebook
from explorer.pages.codebook.own import own_audits
from explorer.pages.compare import events as compare_events
from explorer.pages.compare import jobs as compare_jobs
from explorer.pages.compare import page as compare
from explorer.pages.edit import desk as edit_desk
from explorer.pages.edit import events as edit_events
from explorer.pages.edit.desk import desk_of
from explorer.pages.inspect import alone as inspect_alone
from explorer.pages.inspect import events as inspect_events
from explorer.pages.shared import runtime
from explorer.pages.shared.presence import Presence
from explorer.pages.shared.session import UPLOADED, Visit, visit_from_query
from explorer.pages.shared.take_uploads import take_uploads
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.visitor_files import NOBODYS, files
from explorer.pages.shared.visitors import Visitors, visitors
from tests.made_tokenizers import Greys

ID = "file--last-01234567"
SIZES = {"anna": 8, "bert": 32}  # greys: the same name and id, another content
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    for name in SIZES:
        leave(name)


def leave(name):
    visitors.leave(f"page of {name}")
    for keeper in [tokenizers, loading.uploads, *every_cache, files]:
        keeper.let_go(name)


@pytest.fixture
def both():
    """Both have brought their file."""
    for name, size in SIZES.items():
        one = Greys(ID, size, source="file")
        tokenizers.bring(one.spec, lambda device, one=one: one, name)


def picture(side=64, grey=90):
    """A picture as PNG; no two greys alike."""
    ramp = np.tile(np.linspace(grey, 255 - grey, side), (side, 1)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.stack([ramp] * 3, -1)).save(buffer, "PNG")
    return buffer.getvalue()


def uploaded(data, name="mine.png"):
    path = files.new_folder(f"{NOBODYS}{name}") / name
    path.write_bytes(data)
    return str(path)


def test_each_finds_their_own_and_nobody_else_finds_any(both):
    for name, size in SIZES.items():
        with acting_for(name):
            assert [spec.codebook_size for spec in tokenizers.list_tokenizers() if spec.id == ID] == [size]
            assert tokenizers.load_tokenizer(ID).spec.codebook_size == size
            assert [entry["codebook_size"] for entry in api.list_all() if entry["id"] == ID] == [size]
    for name in ("carl", EVERYBODY):
        with acting_for(name):
            assert ID not in {spec.id for spec in tokenizers.list_tokenizers()}
            assert not tokenizers.is_loaded(ID)


def test_what_is_another_visitors_is_unknown_in_the_very_words_of_what_never_was(both):
    def said(tokenizer_id):
        with acting_for("carl"), pytest.raises(UnknownIdError) as refused:
            tokenizers.load_tokenizer(tokenizer_id)
        return str(refused.value)

    never = "file--lost-01234567"
    assert said(ID) == said(never).replace(never, ID) and ID not in said(never)
    with acting_for("carl"):
        visit, words = visit_from_query({"tokenizer": ID}, [spec.id for spec in tokenizers.list_tokenizers()])
        assert visit.tokenizer != ID and "is not here" in " ".join(words)
        for wanted in (
            codebook.opening_of({"tokenizer": ID}, "t"),
            compare.opening_of({"tokenizers": f"{ID},fsq"}, "t"),
        ):
            assert ID not in wanted
        assert (
            f"There is no tokenizer '{ID}'"
            in json.loads(inspect_alone.alone_ask({"tokenizer": ID, "level": 0, "codes": [1]}))["error"]["message"]
        )
        assert json.loads(loading.opening("carl's page", {"tokenizer": ID}))["missing"] == ID


def test_records_maps_and_cards_of_one_id_are_each_visitors_own(both):
    sizes = {}
    for name, size in SIZES.items():
        with acting_for(name):
            visit = Visit(tokenizer=ID)
            sizes[name] = runtime.record_of(visit).levels[0].codebook.codebook_size
            assert len(inspect_events.card_value(Visit(tokenizer=ID, code=3))) > 0
            answer = json.loads(inspect_alone.alone_ask({"tokenizer": ID, "level": 0, "codes": [size - 1]}))
            assert [one["code"] for one in answer["alone"]] == [size - 1]
            desk = json.loads(edit_events.opening(visit, visitors.enter(f"page of {name}")))["token"]
        opened = json.loads(edit_events.ask({"what": "open", "token": desk}))  # by the token, whoever's request it is
        assert opened["K"] == [size]
    assert sizes == SIZES


def test_the_codebook_of_one_id_is_each_visitors_own(both, monkeypatch):
    everyone = Visitors(4)
    monkeypatch.setattr(codebook_events, "visitors", everyone)
    for name, size in SIZES.items():
        with acting_for(name):
            page = everyone.enter(f"page of {name}")
        answer = json.loads(codebook_events.ask({"what": "open", "token": page.token, "tokenizer": ID}))
        assert answer["ok"] and answer["levels"][0]["codebook_size"] == size, answer
        decoded = json.loads(
            codebook_events.ask({"what": "code_decoded", "token": page.token, "tokenizer": ID, "level": 0, "code": 7})
        )
        assert decoded["ok"]
    page = everyone.enter("page of carl")
    refused = json.loads(codebook_events.ask({"what": "open", "token": page.token, "tokenizer": ID}))
    assert "There is no tokenizer" in refused["error"]["message"]
    everyone.leave_all()


def counted(page, name, array):
    """The audit of indices that a visitor uploads; it is the first of their page."""
    path = files.new_folder(page.owner) / name
    np.save(path, array)
    job = codebook_jobs.start(page, take_uploads(page, [str(path)]), "vq-ema", 1024)
    job.join(PATIENCE_S)
    assert job.as_json()["audit"] == "own-1", job.as_json()


def test_names_and_figures_of_audits_of_one_visitor_are_not_in_the_lists_of_another(monkeypatch):
    """Own audits are numbered anew on every page, so what is kept by their numbers would be another's."""
    everyone = Visitors(4)
    monkeypatch.setattr(codebook_events, "visitors", everyone)
    chance, seen = np.random.default_rng(0), {}
    for name, count in (("anna", 50), ("bert", 60)):
        with acting_for(name):
            page = everyone.enter(f"page of {name}")
        counted(page, f"{name}s-secret.npy", chance.integers(0, 1024, (8, count)))
        own_audits(page)["own-1"] = replace(own_audits(page)["own-1"], tokenizer="vq-ema")

        def ask(what, page=page, **more):
            answer = codebook_events.ask(
                {"what": what, "token": page.token, "tokenizer": "vq-ema", "audit": "val", **more}
            )
            assert json.loads(answer)["ok"], answer
            return answer

        seen[name] = (ask("open"), ask("beside", beside="vq-ema:own-1", level=0))
    assert "annas-secret" in seen["anna"][0] and "berts-secret" in seen["bert"][0]
    assert "annas-secret" not in seen["bert"][0], "the name of a file of one visitor was shown to another"
    assert seen["anna"][1] != seen["bert"][1], "an audit of one visitor stood beside another's"
    everyone.leave_all()


def compared(page, media, ids):
    """The pictures of the first medium, when a comparison has ended."""

    def ask(what, **more):
        return json.loads(compare_events.ask({"what": what, "token": page.token, **more}))

    job = ask("start", media=media, tokenizers=ids)
    assert job["ok"], job
    job, limit = job["job"], time.monotonic() + PATIENCE_S
    while job["state"] in ("waiting", "running", "stopping"):
        assert time.monotonic() < limit, job
        time.sleep(0.02)
        job = ask("state", job=job["id"])["job"]
    return ask("pictures", job=job["id"], number=0)


@pytest.fixture
def pages(monkeypatch):
    """Anna's and Bert's page of comparisons."""
    everyone = Visitors(4)
    monkeypatch.setattr(compare_events, "visitors", everyone)
    made = {}
    for name in SIZES:
        with acting_for(name):
            made[name] = everyone.enter(f"page of {name}")
    yield made
    everyone.leave_all()


def test_the_first_own_pictures_that_two_visitors_compare_are_not_mixed_up(pages):
    seen = {}
    for grey, (name, page) in zip((20, 120), pages.items(), strict=True):
        path = uploaded(picture(grey=grey))
        own = json.loads(compare_events.ask({"what": "own", "token": page.token, "files": [path]}))
        assert own["names"] == ["mine.png"]
        seen[name] = compared(page, "own", ["fsq", "kmeans"])["original"]
    assert seen["anna"] != seen["bert"], "the picture of one visitor was shown to the other"


def test_a_comparison_with_a_visitors_own_tokenizer_is_theirs_on_samples_too(both, pages):
    seen = {}
    for name, page in pages.items():
        shown = compared(page, "sample:astronaut", [ID, "fsq"])
        seen[name] = next(pane["image"] for pane in shown["panes"] if pane["tokenizer"] == ID)
    assert seen["anna"] != seen["bert"]
    assert all(ID not in key[1] for key in compare_jobs.shared._found)


def test_two_uploads_of_one_name_and_one_content_are_two_files(pages):
    anna, bert = pages.values()
    data = picture()
    first, second = uploaded(data), uploaded(data)
    assert first != second
    taken = take_uploads(anna, [first])
    assert taken[0].read_bytes() == take_uploads(bert, [second])[0].read_bytes() == data
    two = take_uploads(anna, [uploaded(b"one", "same.bin"), uploaded(b"two", "same.bin")])
    assert [path.read_bytes() for path in two] == [b"one", b"two"], "of one name, and neither is lost"


def test_an_upload_of_one_visitor_is_gone_for_another(pages):
    anna, bert = pages.values()
    path = uploaded(picture())
    files.claim([path], anna.owner)
    said = set()
    for wrong in (path, str(Path(path).with_name("other.png")), "/etc/passwd", "../x", str(files.root), "x" * 5000):
        with pytest.raises(ExplorerError) as refused:
            take_uploads(bert, [wrong])
        said.add(str(refused.value))
    assert said == {"An uploaded file is no longer on the server; choose it again."}
    assert take_uploads(anna, [path])[0].exists()


def test_a_link_among_uploads_is_none(pages, tmp_path):
    (tmp_path / "secret").write_text("x")
    path = files.new_folder("anna") / "link"
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(ExplorerError, match="no longer on the server"):
        files.claim([path], "anna")


def test_work_in_a_thread_is_done_for_who_began_it(both):
    found = {}

    def look():
        found[owner()] = tokenizers.load_tokenizer(ID).spec.codebook_size

    for name in SIZES:
        with acting_for(name):
            thread = threading.Thread(target=carried(look))
        thread.start()
        thread.join(PATIENCE_S)
    assert found == SIZES


def test_maps_of_a_visitors_own_codebook_leave_nothing_in_the_cache_of_all():
    vectors = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    turns = Turns()
    before = set(Path(settings().cache).glob("projection-*.npz"))
    *_, last = runtime.umap_in_background(vectors, "euclidean", turns, turns.begin(MAPS), "tsne", "anna")
    assert last.xy.shape == (40, 2)
    assert set(Path(settings().cache).glob("projection-*.npz")) == before
    folder = files.folder_of("anna", "maps")
    assert len(list(folder.glob("projection-*.npz"))) == 1
    files.let_go("anna")
    assert not folder.exists()


def test_all_of_a_visitor_goes_when_they_leave_and_nothing_of_another(both, monkeypatch):
    everyone, made = Visitors(4), {}
    monkeypatch.setattr(edit_desk, "visitors", everyone)
    for name in SIZES:
        with acting_for(name):
            page = everyone.enter(f"page of {name}")
            path = uploaded(picture())
            files.claim([path], name)
            visit = Visit(picture=UPLOADED, upload=path, tokenizer=ID)
            inspect_events.everything(visit)
            made[name] = json.loads(edit_events.opening(visit, page))["token"]
        codebook_events.EVENTS.ask_of(everyone.get(page.token), {"what": "open", "tokenizer": ID})
    keepers = [tokenizers, *every_cache, files]
    assert all({*SIZES} <= set.union(*(k.owners() for k in group)) for group in ([tokenizers], every_cache, [files]))
    assert everyone.owners() == {f"session:page of {name}" for name in SIZES} and all(map(desk_of, made.values()))
    folders = {name: [folder for folder, of in files._owner.items() if of == name] for name in SIZES}

    now = [0.0]
    here = Presence(clock=lambda: now[0])
    here.watch(lambda: [everyone, *keepers])
    with here.connected(["bert", "session:page of bert"], beat=True):
        with here.connected(["anna", "session:page of anna"], beat=True):
            here.sweep()
            assert "anna" in tokenizers.owners()
        now[0] += 26
        here.sweep()
    assert all("anna" not in keeper.owners() for keeper in keepers)
    assert everyone.owners() == {"session:page of bert"}
    assert desk_of(made["anna"]) is None and desk_of(made["bert"]) is not None
    assert not any(folder.exists() for folder in folders["anna"]) and folders["anna"]
    assert all(folder.exists() for folder in folders["bert"])
    with acting_for("bert"):
        assert tokenizers.load_tokenizer(ID).spec.codebook_size == SIZES["bert"]
    with acting_for("anna"), pytest.raises(UnknownIdError):
        tokenizers.load_tokenizer(ID)
    everyone.leave_all()
