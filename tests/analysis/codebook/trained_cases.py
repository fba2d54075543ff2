"""Small real trainings with vector-quantize-pytorch, each of a known cause, and what the diagnosis says of them.

`python -m tests.analysis.codebook.trained_cases [NAME ...]` trains them on patches of sample pictures, a few seconds
each, counts other cuts of the same pictures through the app's own reading of the library's modules, and prints a table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from explorer.joints.audit import Audit
from explorer.joints.record import Codebook
from explorer.media.pictures.image import load_image
from explorer.media.samples import PICTURES
from explorer.tokenizers.user.vqpytorch import levels_of
from tests.analysis.codebook.codebook_cases import Case, audited, judge

SIDE, EDGE, DIM, CODES = 8, 12, 16, 256  # pixels of a patch, patches of a medium, of latents, in a codebook
MEDIA, BATCH = 40, 256
REVIVED = {"threshold_ema_dead_code": 2}


@dataclass(frozen=True)
class Training:
    """quantizer: class of the library; options: its arguments. after: (codebooks, latents, codes) -> the same, changed.

    right, sure: words of findings, the first with that certainty; () where no alarm is due. wrong: words of none.
    scale: of the latents. count: media that are counted afterwards.
    """

    name: str
    quantizer: str = "VectorQuantize"
    options: dict[str, Any] = field(default_factory=dict)
    right: tuple[str, ...] = ()
    sure: str = "certain"
    wrong: tuple[str, ...] = ()
    steps: int = 400
    rate: float = 2e-3
    frozen: bool = False
    scale: float = 1.0
    after: Callable[[Codebook], Codebook] | None = None
    count: int = MEDIA


@cache
def cuts(seed: int, count: int = MEDIA) -> torch.Tensor:
    """Patches (count, EDGE^2, 3 SIDE^2) in -1..1 of squares cut at random out of the sample pictures."""
    random, edge = np.random.default_rng(seed), EDGE * SIDE
    pictures = [load_image(sample.path).pixels for sample in PICTURES.values()]
    pictures = [picture for picture in pictures if min(picture.shape[:2]) >= edge]
    found = []
    for number in range(count):
        picture = pictures[number % len(pictures)]
        y, x = (int(random.integers(0, size - edge + 1)) for size in picture.shape[:2])
        square = torch.from_numpy(picture[y : y + edge, x : x + edge]).reshape(EDGE, SIDE, EDGE, SIDE, 3)
        found.append(square.permute(0, 2, 1, 3, 4).reshape(EDGE * EDGE, -1))
    return 2 * torch.stack(found) - 1


def trained(case: Training) -> tuple[Audit, list[Codebook | None]]:
    """Train it, then count other cuts with it."""
    import vector_quantize_pytorch as library

    torch.manual_seed(0)
    size = {"VectorQuantize": CODES, "ResidualVQ": CODES, "SimVQ": CODES}.get(case.quantizer)
    given = {"dim": DIM, **({"codebook_size": size} if size else {}), **case.options}
    quantizer = getattr(library, case.quantizer)(**given)
    width = 3 * SIDE * SIDE
    encoder = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, DIM))
    decoder = nn.Sequential(nn.Linear(DIM, 64), nn.ReLU(), nn.Linear(64, width))
    learned = [*encoder.parameters(), *decoder.parameters()]
    learned += [] if case.frozen else list(quantizer.parameters())
    optimizer = torch.optim.Adam(learned, case.rate)
    patches = cuts(0).reshape(-1, width)
    for _ in range(case.steps):
        x = patches[torch.randint(len(patches), (BATCH,))]
        z_q, _, *losses = quantizer(case.scale * encoder(x)[None])  # FSQ has no loss of its own
        loss = functional.mse_loss(decoder(z_q[0]), x) + sum(one.sum() for one in losses[:1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    levels = levels_of(quantizer)
    with torch.no_grad():
        found = levels.quantize(case.scale * encoder(cuts(1, case.count)))
    books = [book if case.after is None else case.after(book) for book in levels.codebooks()]
    latents, codes = [one.z_e.numpy() for one in found], [one.codes.numpy() for one in found]
    return audited(*books, latents=latents, codes=codes, combination=levels.combination)


def scaled(book: Codebook) -> Codebook:
    return replace(book, vectors=3 * book.vectors)


def shifted(book: Codebook) -> Codebook:
    return replace(book, vectors=book.vectors + np.float32(book.vectors.std()))


HEAP = ("lie at zero",)
FALSE = ("where no code is", "do not belong", "shifted", "scaled", "no latent comes", "among the latents")
WELL = {"kmeans_init": True, **REVIVED}
SPHERE, LEARNED = {"use_cosine_sim": True}, {"learnable_codebook": True, "ema_update": False}
TRAINED = {
    case.name: case
    for case in (
        Training("defaults, no expiry", right=HEAP, wrong=FALSE),
        Training("defaults, no expiry, latents ten times as large", right=HEAP, scale=10.0, wrong=FALSE),
        Training("defaults, no expiry, three media", right=("codes lie at one point",), count=3, wrong=FALSE),
        Training("defaults, no expiry, cut after thirty steps", right=("codes are dead",), steps=30, wrong=FALSE),
        Training("defaults with expiry", options=REVIVED, wrong=FALSE),
        Training("k-means start with expiry", options=WELL, wrong=FALSE),
        Training("k-means start with expiry, three media", options=WELL, count=3, wrong=FALSE),
        Training("cosine, k-means start with expiry", options={**SPHERE, **WELL}, wrong=FALSE),
        Training("cosine with expiry", options={**SPHERE, **REVIVED}, wrong=FALSE),
        Training("cosine, no expiry", options=SPHERE, right=("codes are dead",), wrong=FALSE),
        Training(
            "learned codes left behind",
            options={**LEARNED, "kmeans_init": True},
            right=("codes are dead", "no latent comes"),
        ),
        Training("codes that are never trained", options=LEARNED, frozen=True, right=("lie where no code is",)),
        Training("RVQ of four levels", "ResidualVQ", {"num_quantizers": 4, **WELL}, wrong=FALSE),
        Training("FSQ", "FSQ", {"levels": [8, 5, 5]}, wrong=FALSE),
        Training("LFQ, default weights", "LFQ", {"codebook_size": 2**8}, right=("codes are dead", "bits without use")),
        Training("SimVQ, short", "SimVQ", right=("where no code is", "codes are dead")),
        Training("codes scaled afterwards", options=WELL, after=scaled, right=("scaled",)),
        Training("codes shifted afterwards", options=WELL, after=shifted, right=("shifted",)),
        Training("cut after five steps", steps=5, right=("farther from latents",), sure="likely"),
    )
}


def case_of(training: Training) -> Case:
    return Case(training.name, lambda: trained(training), training.right, training.sure, training.wrong)


def main(argv: Sequence[str] | None = None) -> int:
    names = (sys.argv[1:] if argv is None else argv) or list(TRAINED)
    wrong = 0
    for name in names:
        case = case_of(TRAINED[name])
        verdict = judge(case)
        good = verdict.good(case)
        wrong += not good
        said = "; ".join(f"{one.level} ({one.sure}): {one.title}" for one in verdict.findings)
        print(f"{'ok ' if good else 'NOT'} {name}: {said}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
