"""The page of a language model answers: against the model itself, step by step; what is wrong is said at its field."""

import json
import time

import numpy as np
import pytest
from PIL import Image

from explorer.media.samples import PICTURES
from explorer.pages.language import desk, events, page
from explorer.pages.language.link import state_of_query, text_of_tokens, token_digits, tokens_of_text
from explorer.pages.language.requests import CHARTS
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitors import Visitors
from explorer.prior.sampling import Sampling
from explorer.prior.shelf import list_priors
from explorer.views.kit.wire.encoding import unpack

pytestmark = pytest.mark.skipif(
    not list_priors(), reason="no prior is in checkpoints/: python -m explorer prior vq-ema-reseed makes one"
)
PATIENCE_S = 60
SAMPLE = "china"


@pytest.fixture
def visitor(monkeypatch):
    everyone = Visitors(3)
    monkeypatch.setattr(events, "visitors", everyone)
    yield everyone.enter("a")
    everyone.leave_all()


def ask(what, visitor=None, **more):
    token = {"token": visitor.token} if visitor else {}
    return json.loads(events.ask({"what": what, "picture": SAMPLE} | token | more))


def written_to_the_end(visitor, **more):
    job = ask("start", visitor, **more)["job"]
    end = time.monotonic() + PATIENCE_S
    while job["state"] in ("waiting", "running", "stopping") and time.monotonic() < end:
        time.sleep(0.01)
        job = ask("state", visitor, job=job["id"])["job"]
    return job


def test_a_picture_comes_with_the_surprise_of_each_token():
    read = ask("picture")["read"]
    known, found = desk.facts(), desk.picture_of(None, SAMPLE)
    tokens, bits = unpack(read["tokens"]), unpack(read["bits"])
    (cut,) = read["notes"]
    height, width = PICTURES[SAMPLE].load().pixels.shape[:2]
    short = min(height, width)
    assert cut.startswith(f"Cropped at the centre from {width} x {height} to {short} x {short}, then scaled from")
    assert tokens.shape == bits.shape == (known.places,)
    again = np.asarray(desk.tokenizer().tokenize(found.pixels).levels[0].indices)
    assert np.array_equal(tokens, again.ravel())
    for place in (0, 100, known.places - 1):
        told = desk.prior().next_token(tokens[:place].tolist())
        assert told.bits(int(tokens[place])) == pytest.approx(float(bits[place]), rel=1e-3)
    assert read["mean_bits"] == pytest.approx(float(bits.mean()), rel=1e-5)


def test_what_comes_next_is_what_the_model_says_after_temperature_and_top_k():
    answer = ask("next", given=8, written=[5, 6], temperature=0.5, top_k=4, seed=3)
    tokens, columns = desk.picture_of(None, SAMPLE).text.tokens.ravel(), desk.facts().columns
    before = [*tokens[: 8 * columns].tolist(), 5, 6]
    told, sampling = desk.prior().next_token(before), Sampling(0.5, 4, 3)
    drawn, found = sampling.applied(told), answer["next"]
    assert (answer["place"], answer["length"]) == (len(before), len(before)) and answer["image"].startswith(
        "data:image"
    )
    assert found["entropy"] == pytest.approx(told.entropy_bits) and found["draw"] == sampling.draw(told)
    assert found["entropy_drawn"] == pytest.approx(drawn.entropy_bits) and found["entropy_drawn"] <= 2
    assert [one["code"] for one in found["codes"]] == told.order()[:10].tolist()
    for one in found["codes"]:
        code = one["code"]
        assert one["p"] == pytest.approx(drawn.probabilities[code]) and one["prior"] == pytest.approx(
            told.probabilities[code]
        )
    listed = sum(one["prior"] for one in found["codes"])
    assert found["rest"]["prior"] + listed == pytest.approx(1) and found["rest"]["codes"] == 1014
    assert sum(one["p"] > 0 for one in found["codes"]) == 4 and found["rest"]["p"] == pytest.approx(0, abs=1e-9)
    assert found["real"]["code"] == tokens[len(before)] and found["taken"] is None
    assert set(found["patches"]) >= {str(one["code"]) for one in found["codes"]}


def test_a_place_within_the_text_shows_what_was_written_and_what_is_real():
    first = 8 * desk.facts().columns
    found = ask("next", given=8, written=[5, 6], at=first)["next"]
    assert (
        found["taken"]["code"] == 5
        and found["real"]["code"] == desk.picture_of(None, SAMPLE).text.tokens.ravel()[first]
    )
    assert ask("next", given=16)["next"] is None, "the picture is full"
    assert ask("next", given=8, at=first + 1)["error"]["message"].endswith("is not written yet.")


def test_a_continuation_is_written_as_single_steps_would(visitor):
    draws = {"given": 14, "written": [3], "temperature": 0.8, "top_k": 50, "seed": 11}
    job = written_to_the_end(visitor, **draws)
    assert job["state"] == "done" and job["planned"] == 32 == len(job["written"]) and job["written"][0] == 3
    for number in (1, 9, 31):
        step = ask("next", **{**draws, "written": job["written"][:number]})["next"]
        assert step["draw"] == job["written"][number]
    assert job["shown"] == desk.facts().places and job["image"].startswith("data:image/png")
    assert written_to_the_end(visitor, **draws)["written"] == job["written"]
    assert written_to_the_end(visitor, **{**draws, "seed": 12})["written"] != job["written"]


def test_what_is_written_stops_when_it_is_told_to(visitor):
    job = ask("start", visitor, given=0)["job"]
    assert ask("stop", visitor, job=job["id"])["ok"]
    visitor.job.join(PATIENCE_S)
    ended = ask("state", visitor, job=job["id"])["job"]
    assert ended["state"] == "stopped" and len(ended["written"]) < 256
    assert "no longer" in ask("state", visitor, job="other")["error"]["message"]


def test_an_own_picture_is_read_and_goes_with_the_page(visitor, uploads):
    path = uploads / "mine.png"
    small = np.random.default_rng(0).integers(0, 255, (9, 12, 3), np.uint8)
    Image.fromarray(small).resize((300, 200)).save(path)
    answer = ask("own", visitor, files=[str(path)])
    assert answer["ok"] and answer["title"] == "mine.png"
    assert unpack(ask("picture", visitor, picture="own")["read"]["tokens"]).shape == (256,)
    assert "your picture" in " ".join(ask("words", visitor, picture="own", text="picture")["language"]["lines"])
    assert not ask("picture", picture="own")["ok"], "nobody else has it"
    kept = visitor.files[0]
    visitor.close()
    assert not kept.exists()


def test_a_file_that_is_no_picture_leaves_the_one_before(visitor, uploads):
    good, bad = uploads / "good.png", uploads / "bad.png"
    Image.new("RGB", (200, 200), "red").save(good)
    bad.write_bytes(b"not a picture")
    assert ask("own", visitor, files=[str(good)])["ok"]
    second = files.new_folder(visitor.owner)
    (second / "bad.png").write_bytes(bad.read_bytes())
    refused = ask("own", visitor, files=[str(second / "bad.png")])
    assert not refused["ok"] and "Traceback" not in refused["error"]["message"]
    assert ask("picture", visitor, picture="own")["ok"]
    assert not ask("own", visitor, files=[])["ok"]


def test_charts_come_in_both_themes_with_their_words():
    for name in CHARTS:
        for theme in ("light", "dark"):
            answer = ask("figure", text="picture", name=name, theme=theme)
            assert answer["ok"] and answer["figure"]["layout"]["meta"]["figure"] == name
    lines = ask("words", text="picture")["language"]["lines"]
    assert "256 tokens counted" in lines[0] and any("too few" in line for line in lines)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"picture": "../secret"}, "picture"),
        ({"written": [1024]}, "written"),
        ({"written": [-1]}, "written"),
        ({"given": 16, "written": [1]}, "written"),
        ({"temperature": 9}, "temperature"),
        ({"top_k": -1}, "top_k"),
        ({"seed": 10**9}, "seed"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(wrong, field):
    answer = ask("next", **wrong)
    assert not answer["ok"] and answer["error"]["field"] == field and "Sorry" not in answer["error"]["message"]


def test_a_link_comes_back_and_what_does_not_hold_is_said():
    known = desk.facts()
    tokens = (0, 35, 36, 1023)
    assert text_of_tokens(tokens, 1024) == "000z10sf" and tokens_of_text("000z10sf", 1024) == tokens
    assert (token_digits(36), token_digits(37), token_digits(1297)) == (1, 2, 3)
    query = {"picture": "coffee", "given": "15", "written": "000z10sf", "at": "243", "temperature": "0.7"}
    state, said = state_of_query(query | {"top_k": "50", "seed": "4", "view": "surprise", "text": "picture"}, known)
    assert said == "" and (state.picture, state.given, state.written, state.at) == ("coffee", 15, tokens, 243)
    assert (state.temperature, state.top_k, state.seed, state.view, state.text) == (0.7, 50, 4, "surprise", "picture")
    for wrong in ("zz", "0", "0A", "00" * 17):
        state, said = state_of_query({"given": "15", "written": wrong}, known)
        assert state.written == () and "do not fit" in said
    odd = {"given": "99", "temperature": "nan", "top_k": "99999", "view": "<b>", "at": "300", "seed": "x"}
    state, said = state_of_query(odd, known)
    assert (state.given, state.temperature, state.top_k, state.view, state.at, state.seed) == (
        8,
        1,
        1024,
        "written",
        None,
        0,
    )
    assert "what is your own stays in its tab" in state_of_query({"picture": "own"}, known)[1]


def test_the_page_opens_with_model_samples_and_choice(monkeypatch):
    opening = json.loads(page.opening_of({"picture": "coffee", "written": "0a"}, "t"))
    assert opening["facts"]["K"] == 1024 and [one["id"] for one in opening["pictures"]] == list(PICTURES)
    assert (
        opening["chosen"]["written"] == "0a" and opening["chosen"]["picture"] == "coffee" and opening["message"] == ""
    )
    monkeypatch.setattr(desk, "list_priors", lambda: [])
    bare = json.loads(page.opening_of({}, "t"))
    assert bare["facts"] is None and "python -m explorer prior" in bare["message"]


def test_codes_alone_are_those_of_the_tokenizer():
    found = desk.codes_alone([5, 900, 5])
    wanted = desk.tokenizer().decode_alone(0, [5, 900])
    assert np.allclose(found[5], wanted[0], atol=1e-5) and np.allclose(found[900], wanted[1], atol=1e-5)
    assert found[5].shape == (8, 8, 3)
