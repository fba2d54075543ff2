"""Small things to draw: audits of known numbers, a comparison of two pictures, the curves of a run."""

from dataclasses import replace

import numpy as np
from made_audits import audit_of, level_of, signs, table
from made_tokenizers import Greys, media_of, picture

from explorer.analysis.language.statistics import language_of
from explorer.audit.history import UsageHistory
from explorer.compare.run import Options, run_comparison
from explorer.joints.language import PriorFacts
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.lab.history import Curves

HOSTILE = '<b onclick="x()">%{x} $y$ &lt;a href="javascript:alert(1)"&gt;</b>'


def learned_audit():
    """Two levels of 500 learned codes of 4 dimensions, of which the first has places; 200 codes are never near."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(500, 4))
    vectors[300:] += 40
    books = (table(vectors), table(rng.normal(size=(500, 4)) * 0.3))
    latents = rng.normal(size=(6000, 4))
    first = level_of(books[0], latents, name="level 1")
    second = level_of(books[1], latents * 0.3, name="level 2")
    places = np.stack([rng.multinomial(int(n), np.full(64, 1 / 64)) for n in first.counts]).astype(np.uint32)
    return audit_of(replace(first, positions=places.reshape(-1, 8, 8)), second), books


def signs_audit():
    """64 corners of a cube in six dimensions, the second bit nearly always one."""
    rng, book = np.random.default_rng(2), signs(6)
    latents = rng.normal(size=(3000, 6)) + np.array([0, 2, 0, 0.5, 0, 0])
    return audit_of(level_of(book, latents)), book


def comparison_of(seeds, title=None):
    """Three tokenizers, one of them residual, and the codecs, over made pictures: name -> seed."""
    made = [Greys("a", 2, patch=2), Greys("r", 2, levels=3, patch=2), Greys("c", 16, patch=2, title=title or "C")]
    media = media_of({name: picture(64, 72, seed=seed) for name, seed in seeds.items()})
    return run_comparison(media, made, Options(repeats=0, codecs=("jpeg",)))


def counted_record(counts, kept=None, decay=None, modality="image"):
    """A record whose codes 0.. were taken `counts` times, and whose training `kept` so much of each."""
    indices = np.repeat(np.arange(len(counts)), counts)[None]  # (1, N)
    vectors = np.arange(len(counts), dtype=np.float32)[:, None]
    book = Codebook(len(counts), 1, "euclidean", vectors, counts=kept, counts_decay=decay)
    latents = vectors[indices]  # (1, N, 1)
    layout = TokenLayout("grid2d", indices.shape, (8, 8 * indices.shape[1]))
    media = np.zeros((8, 8 * indices.shape[1], 3), np.float32)
    level = TokenLevel(indices, latents[0], latents[0], book, layout)
    return TokenRecord(media, "made", (level,), media, {}, modality=modality)


def made_history():
    """Three kept steps of training, in which ever more codes were used."""
    return UsageHistory(np.array([10, 20, 40]), np.array([0.25, 0.5, 0.75]), np.array([100, 100, 100]))


def made_run():
    """Curves of a loss, the perplexities of two levels and a gradient over 40 steps."""
    curves = Curves()
    for step in range(40):
        values = {"reconstruction": 1 / (1 + step), "perplexity_0": 4.0 + step, "perplexity_1": 3.0}
        curves.add(step, values | {"gradient_z_e": 0.5, "dead_0": 0.25, "dead_1": 0.5})
    return curves


def made_language(named="made grids"):
    """Forty grids of 16 codes in which every other token is as the one on its left; too few pairs to trust."""
    random = np.random.default_rng(3)
    grids = random.geometric(0.2, (40, 6, 4)).clip(max=16) - 1
    grids[:, :, 1::2] = grids[:, :, ::2]
    return language_of(list(grids), 16, named)


def made_prior():
    """What is known of a prior over 16 codes."""
    measured = {"pictures": 5, "tokens": 120, "tokens_left": 90, "tokens_above": 100}
    measured |= {"unigram": 3.5, "left": 3.1, "above": 3.2, "prior": 2.5}
    return PriorFacts("made", 16, 6, 4, 48, 1000, "MIT", np.full(16, 60), measured)
