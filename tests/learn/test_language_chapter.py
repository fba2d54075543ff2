"""What the chapter of the language model says is so with the model that ships; its tasks are solved as they say."""

import json
from urllib.parse import parse_qsl

import numpy as np
import pytest

from explorer.learn.chapters.language import CHAPTER
from explorer.pages.language import desk, events
from explorer.pages.language.link import state_of_query
from explorer.prior.sampling import Sampling
from explorer.prior.shelf import list_priors

pytestmark = pytest.mark.skipif(
    not list_priors(), reason="no prior is in checkpoints/: python -m explorer prior vq-ema-reseed makes one"
)


def state_of(number):
    state, said = state_of_query(dict(parse_qsl(CHAPTER.steps[number].as_json()["query"])), desk.facts())
    assert said == ""
    return state


def reported(state, at=None, temperature=1.0, top_k=0):
    """What the view reports of a place, by its events and names."""
    known = desk.facts()
    given = state.given if state.view == "written" else known.rows
    request = {"picture": state.picture, "given": given, "temperature": temperature, "top_k": top_k, "at": at}
    answer = json.loads(events.ask({"what": "next", **request}))
    shown = {"view": state.view, "temperature": temperature, "allowed": top_k or known.codebook_size}
    if answer["next"] is None:
        return shown
    found = answer["next"]
    shown |= {"place": str(answer["place"] + 1), "chance": found["entropy_drawn"], "surprise": found["real"]["bits"]}
    return shown


def is_done(number, shown):
    relations = {"at least": lambda a, b: a >= b, "at most": lambda a, b: a <= b, "is": lambda a, b: a == b}
    facts = CHAPTER.steps[number].task.facts
    return all(fact.name in shown and relations[fact.relation](shown[fact.name], fact.value) for fact in facts)


def test_a_surprise_is_found_at_the_top_of_the_roof():
    state = state_of(2)
    assert not is_done(2, reported(state))
    assert is_done(2, reported(state, at=1 * desk.facts().columns + 3))
    assert not is_done(2, reported(state, at=15)), "the sky is no surprise"


def test_a_temperature_leaves_less_to_chance_without_freezing():
    state = state_of(4)
    assert not is_done(4, reported(state)) and not is_done(4, reported(state, temperature=0.3))
    assert not is_done(4, reported(state, top_k=5)) and not is_done(4, reported(state, temperature=0.55, top_k=100))
    assert is_done(4, reported(state, temperature=0.55))


def test_what_is_said_in_numbers_is_so():
    known, flower, china = desk.facts(), desk.picture_of(None, "flower"), desk.picture_of(None, "china")
    assert (known.places, known.codebook_size, known.most_bits) == (256, 1024, 10)
    told = desk.prior().next_token(flower.text.tokens[:8].ravel().tolist())
    assert round(told.entropy_bits) == 5 and round(2**told.entropy_bits) == 32
    assert round(float(told.probabilities.max()), 2) == 0.19
    colours = np.array([desk.codes_alone([code])[code].mean((0, 1)) for code in told.order()[:10].tolist()])
    assert (colours[:, 0] < colours[:, 1:].max(1)).all() and colours.mean() < 0.4, "dark, and blue or green, not red"
    assert round(float(china.text.bits.sum())) == 1678
    sky = china.text.bits[:4, 10:]
    assert float(np.median(sky)) < 3 < float(np.median(china.text.bits))
    counted = desk.language(None, "flower", "samples")
    assert round(counted.left.bits, 1) == 4.5 and not counted.left.trusted
    assert round(counted.left.pairs, -3) == 59_000 and counted.left.possible == 1024**2
    assert round(known.measured["left"], 1) == 8.6 and known.measured["prior"] < known.measured["left"]
    assert 0.5 < counted.ranks.exponent < 1


def test_the_most_probable_stands_still_and_draws_do_not():
    model, tokens = desk.prior(), desk.picture_of(None, "flower").text.tokens
    before = tokens[:8].ravel().tolist()
    frozen = list(model.continue_tokens(before, Sampling(0.0).draw))
    drawn = list(model.continue_tokens(before, Sampling(1.0).draw))
    assert len(set(frozen)) < 12 and len(set(drawn)) > 60 and len(frozen) == len(drawn) == 128
