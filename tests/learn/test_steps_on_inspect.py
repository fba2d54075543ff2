"""Steps on Inspect: tasks begin undone and are done by what their hint says, and numbers in words are so."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from explorer.compare.run import Options, compare_medium
from explorer.learn.tour import CHAPTERS
from explorer.media.samples import SAMPLES
from explorer.pages.edit.desk import Desk
from explorer.pages.inspect import events
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit, visit_from_query
from explorer.tokenizers import list_tokenizers, load_tokenizer

STEPS = {
    f"{chapter.id}.{number}": step
    for chapter in CHAPTERS
    for number, step in enumerate(chapter.steps)
    if step.page == "" and step.task
}
# Task -> what differs in the address once its hint was followed. Those of nodes and edits are tried below.
SOLVED = {
    "hierarchical.3": {"mode": "solo", "level_no": "2"},
    "rate.3": {"tokenizer": "vq-ema-reseed"},
    "sound.4": {"mode": "cumulative", "level_no": "5"},
}
APART = ("anchors.3", "onedim.4", "tokens.3")

pytestmark = pytest.mark.skipif(not list_tokenizers(), reason="checkpoints/ is empty")


def visit_of(query) -> Visit:
    return visit_from_query(query, [spec.id for spec in list_tokenizers()])[0]


def facts_of(query):
    """What Inspect reports of a link: the figures of the reconstruction, and the link itself."""
    figures = json.loads(events.decoded_values(visit_of(query))[1])["figures"]
    return dict(query) | {one["id"]: one["value"] for one in figures}


def holds(facts, found):
    relations = {
        "at least": lambda a, b: float(a) >= b,
        "at most": lambda a, b: float(a) <= b,
        "is": lambda a, b: str(a) == str(b),
    }
    return all(relations[fact.relation](found[fact.name], fact.value) for fact in facts)


def test_every_task_on_inspect_is_tried():
    assert set(STEPS) == {*SOLVED, *APART}


@pytest.mark.parametrize("name", SOLVED)
def test_a_task_is_undone_as_it_begins_and_done_by_its_hint(name):
    step = STEPS[name]
    assert not holds(step.task.facts, facts_of(step.query))
    assert holds(step.task.facts, facts_of({**step.query, **SOLVED[name]}))


def test_no_other_tokenizer_solves_the_task_of_the_rate():
    facts = STEPS["rate.3"].task.facts
    pictures = [spec.id for spec in list_tokenizers() if spec.modality == "image"]
    solving = [one for one in pictures if holds(facts, facts_of({"picture": "coffee", "tokenizer": one}))]
    assert solving == ["vq-ema-reseed"]


def test_what_is_said_of_two_grids_is_so():
    record = runtime.record_of(visit_of({"tokenizer": "vq-vae-2", "picture": "coffee"}))
    assert [level.indices.shape for level in record.levels] == [(21, 32), (42, 64)]
    assert {level.codebook.codebook_size for level in record.levels} == {512}
    alone = [facts_of({"tokenizer": "vq-vae-2", "picture": "coffee", "mode": "solo", "level_no": n}) for n in "12"]
    assert alone[0]["psnr_db"] < 14 < 16 < alone[1]["psnr_db"]
    assert alone[1]["bits_uniform"] == 4 * alone[0]["bits_uniform"]
    whole = facts_of({"tokenizer": "vq-vae-2", "picture": "coffee"})
    assert round(whole["bpp_uniform"], 2) == 0.70 and alone[1]["bits_uniform"] / whole["bits_uniform"] == 0.8


def edited_pixels(tokenizer_id: str, token: int, code: int) -> int:
    """Pixels that differ, as 8-bit pictures, once a token of the astronaut has another code."""
    tokenizer = load_tokenizer(tokenizer_id, device="cpu")
    record = runtime.record_of(visit_of({"tokenizer": tokenizer_id, "picture": "astronaut"}))
    indices = record.levels[0].indices.copy()
    before = np.round(tokenizer.detokenize([indices]) * 255)
    indices.reshape(-1)[token] = code
    return int((np.round(tokenizer.detokenize([indices]) * 255) != before).any(-1).sum())


def test_a_token_of_a_list_reaches_further_than_one_of_a_grid():
    task = STEPS["onedim.4"].task
    least = next(fact.value for fact in task.facts if fact.name == "pixels")
    changed = [edited_pixels("titok", token, 0) for token in (0, 2, 21, 63)]
    assert changed[1] >= least == 128 * 128 / 2 and min(changed) > 0.4 * 128**2
    words = next(c for c in CHAPTERS if c.id == "onedim").steps[3].more
    said = int(re.search(r"some ([\d,]+) differ", words)[1].replace(",", ""))
    assert edited_pixels("vq-ema-reseed", 528, 0) == pytest.approx(said, abs=50), "differs a little by machine"
    titok = runtime.record_of(visit_of({"tokenizer": "titok", "picture": "astronaut"}))
    assert titok.bits_uniform == 640 and round(640 / 128**2, 3) == 0.039


def test_the_first_tokens_give_what_is_said_of_them():
    step = next(c for c in CHAPTERS if c.id == "onedim").steps[2]
    desk = Desk(visit_of(step.query))
    tokens, whole, made = desk.decode(step.query["edits"])
    kept = tokens.kept[0].reshape(-1)
    assert kept.tolist() == [True] * 16 + [False] * 48
    record = runtime.record_of(visit_of({"tokenizer": "titok", "picture": "rocket"}))
    last = load_tokenizer("titok", device="cpu").decode_kept([record.levels[0].indices], [kept[::-1]])
    found = [peak_signal_noise_ratio(record.media, one, data_range=1) for one in (whole, made.picture, last)]
    said = "all tokens give {:.1f} dB, the first 16 alone {:.1f}, the last 16 alone {:.1f}".format(*found)
    assert said in step.more
    measured = next(spec for spec in list_tokenizers() if spec.id == "titok").measured
    before, less = measured["sibling_psnr_db_first_16"], measured["sibling_psnr_db"] - measured["psnr_db"]
    first = measured["psnr_db_first_16"]
    assert f"the first 16 give {first:.2f} dB, where they gave {before:.2f} before such training" in step.more
    assert f"with all 64 it costs {less:.2f} dB" in step.more


def test_the_commonest_code_of_the_first_picture_is_as_common_as_is_said():
    task = STEPS["tokens.3"].task
    record = runtime.record_of(visit_of({"tokenizer": "vq-ema-reseed", "picture": "astronaut"}))
    counts = np.bincount(record.levels[0].indices.reshape(-1))
    (least,) = [fact.value for fact in task.facts if fact.name == "count"]
    assert counts.max() == least == 23 and (counts == 23).sum() == 1 and "23 of 1,024" in task.done
    assert counts[record.levels[0].indices.reshape(-1)[330]] < 23  # of the token that the step opens with
    assert record.levels[0].indices.reshape(-1)[330] == 505 and counts[505] == 6  # as the step on classes says
    assert (counts == 0).mean() > 0.5 and len(counts) <= 1024


def test_what_is_said_of_graphs_is_so():
    club = runtime.record_of(visit_of({"tokenizer": "gart", "picture": "karate"}))
    tuples = np.stack([level.indices.reshape(-1) for level in club.levels], 1)
    assert len(tuples) == 34 and max(Counter(map(tuple, tuples)).values()) == 7  # each of seven has six twins
    assert len(set(tuples[:, :4].reshape(-1).tolist())) == 7
    world = runtime.record_of(visit_of({"tokenizer": "gart", "picture": "world"}))
    relations = np.stack([level.indices.reshape(-1) for level in world.levels[8:]], 1)
    assert (relations[:, 0] < world.levels[8].codebook.codebook_size - 1).all()  # each has one at least


def test_what_is_said_of_sound_is_so():
    chapter = next(one for one in CHAPTERS if one.id == "sound")
    found = [facts_of({**chapter.steps[0].query, "level_no": str(n)})["si_sdr_db"] for n in range(1, 9)]
    assert round(found[0], 1) == -0.7 and [round(found[1] - found[0], 1), round(found[7] - found[6], 1)] == [3.1, 0.2]
    assert found[4] >= 5 > found[3] and round(found[7] - found[4]) == 1
    # As Compare measures: at the rate of the original, not of the codec.
    tokenizers = [load_tokenizer(one) for one in chapter.steps[3].query["tokenizers"].split(",")]
    cells = compare_medium("vowels", SAMPLES["vowels"].load(), tokenizers, Options(repeats=0, codecs=()))
    rvq, gan = (cell.fidelity for cell in cells.medium.cells)
    numbers = [round(getattr(one, key), 1) for key in ("si_sdr_db", "log_mel_db") for one in (rvq, gan)]
    said = "SI-SDR {} and {} dB (higher is nearer), log-mel distance {} and {} dB".format(*numbers)
    assert said in chapter.steps[3].more
