"""What the codebook page computes when it opens, and for its maps and geometry, by the size of the codebook."""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.analysis.codebook.map_level import map_vectors
from explorer.analysis.maps.projection import cached_projection
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook, LatticeRule
from explorer.views.codebook.payload import geometry_payload, map_payload, open_payload

TOKENS, DIM, LATENTS = 2_000_000, 16, 4096
SMALL, LARGE, HUGE = 1024, 16_384, 262_144
REPEATS = 3


def measure() -> list[tuple[str, str, str]]:
    rows = []
    for size in (SMALL, LARGE):
        book = _table(size)
        audit = _audit(book)
        rows.append((f"codebook page, K = {size:,}: open", _best(lambda b=book, a=audit: _opened(a, b)), "none"))
        for kind, budget in (("pca", "0.5 s"), ("plane", "none")):
            rows.append((f"map {kind}, K = {size:,}", _best(lambda b=book, a=audit, k=kind: _map(a, b, k)), budget))
        rows.append(
            (f"geometry, K = {size:,}", _best(lambda b=book, a=audit: json.dumps(geometry_payload(a, 0, b))), "none")
        )
    for name, book in (("learned", _table(HUGE)), ("18 bits", _bits(18))):
        audit = _audit(book)
        rows.append((f"open, K = {HUGE:,}, {name}", _best(lambda b=book, a=audit: _opened(a, b), 1), "none"))
        rows.append((f"map pca, K = {HUGE:,}, {name}", _best(lambda b=book, a=audit: _map(a, b, "pca")), "none"))
    return [*rows, _tsne()]


def _tsne() -> tuple[str, str, str]:
    book = _table(SMALL)
    vectors, metric, codes = map_vectors(_audit(book), 0, book, "tsne")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        cached_projection(vectors, "tsne", 0, Path(folder), metric)
        seconds = time.perf_counter() - start
    what = f"t-SNE, {len(codes):,} codes and {len(vectors) - len(codes):,} latents, first time"
    return what, f"{seconds:.1f} s (in the background)", "none"


def _best(work, repeats: int = REPEATS) -> str:
    """The fastest of a few times, in ms."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return f"{min(times) * 1000:,.0f} ms"


def _opened(audit: Audit, book: Codebook) -> str:
    return json.dumps(open_payload(audit, "made", [], None, [book]))


def _map(audit: Audit, book: Codebook, kind: str) -> str:
    return json.dumps(map_payload(audit, 0, book, kind))


def _table(size: int) -> Codebook:
    vectors = np.random.default_rng(0).normal(size=(size, DIM)).astype(np.float32)
    return Codebook(size, DIM, "euclidean", vectors=vectors, counts=np.ones(size, np.float32))


def _bits(bits: int) -> Codebook:
    rule = LatticeRule("lfq", ((-1.0, 1.0),) * bits, first_axis_most_significant=True)
    return Codebook(2**bits, bits, "implicit", rule=rule)


def _audit(book: Codebook) -> Audit:
    """An audit with skewed counts and latents around their codes."""
    rng = np.random.default_rng(1)
    chance = 1 / np.arange(1, book.codebook_size + 1) ** 0.7
    counts = rng.multinomial(TOKENS, chance / chance.sum())
    halves = np.stack([counts // 2, counts - counts // 2])
    codes = rng.choice(book.codebook_size, LATENTS, p=counts / TOKENS).astype(np.int32)
    latents = book.rows(codes) + 0.2 * rng.normal(size=(LATENTS, book.codebook_dim)).astype(np.float32)
    used = int(np.count_nonzero(counts))
    level = LevelAudit(
        name="",
        codebook_size=book.codebook_size,
        counts=counts,
        halves=halves,
        growth=np.array([[TOKENS, used]]),
        batches=np.array([[1024.0, 500.0, 300.0]]),
        latents=latents.astype(np.float32),
        latent_codes=codes,
    )
    return Audit("made", None, "grid2d", ("made.png",), (), (level,), None, 1, 1.0)
