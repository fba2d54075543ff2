"""How a model of the convolutional family chooses its codes: one module a rule, all with the same four methods.

`stages(latents)` -> list of Stage; `embed(level, indices, kept)` -> what the decoder is given, (B, D, *shape);
`codebooks()`; `ready()` after the weights are there. Searches run in float32, also where the networks do not: half
precision would move tokens. Letters: B pictures, N tokens, K codes, D their dimensions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from explorer.joints.record import Codebook, LatticeRule, Metric
from explorer.public.convvq.family import Family
from explorer.tokenizers.codec import CodecLevel, far_where_lost, flat, lookup, published_nearest


def table_book(
    table: Tensor, metric: Metric, counts: Tensor | None = None, counts_decay: float | None = None
) -> Codebook:
    """A codebook of rows (K, D); on the CPU it shares their memory. counts, counts_decay: as in Codebook."""
    vectors = table.detach().float().cpu().numpy()
    seen = None if counts is None else counts.detach().float().cpu().numpy()
    return Codebook(*vectors.shape, metric, vectors=vectors, counts=seen, counts_decay=counts_decay)


def best_product(latents: Tensor, table: Tensor, most_bytes: int = 2**28) -> Tensor:
    """Index of the row of largest product: (B, N, D), (K, D) -> (B, N) int64, the first of equals."""
    flat_z = latents.reshape(-1, latents.shape[-1])
    squares, parts = table.square().sum(1), flat_z.split(max(1, most_bytes // (4 * len(table))))
    found = [far_where_lost((part @ table.T).neg_(), squares).argmin(1) for part in parts]
    return torch.cat(found).reshape(latents.shape[:-1])


DECAY = 0.99  # of the counts that RQ-VAE averages


def counts_of(chosen: Tensor, size: int) -> Tensor | None:
    """Codes that were chosen (n,), as floats -> how often each was (K,); None where the file never recorded any."""
    whole = chosen.long()
    if not torch.equal(whole.to(chosen.dtype), chosen) or whole.min() < 0 or whole.max() >= size:
        return None
    return torch.bincount(whole, minlength=size) if whole.min() < whole.max() else None


class Codes(nn.Module):
    """The nearest row of `embedding`, by Euclidean distance."""

    metric: Metric = "euclidean"
    counts: Tensor | None = None  # (K,) assignments of the training

    def __init__(self, family: Family) -> None:
        super().__init__()
        self.embedding = nn.Embedding(family.codebook_size, family.codebook_dim)

    def ready(self) -> None:
        """Make what no file holds."""

    def rows(self) -> Tensor:
        """The codes in the space of the search, (K, D) float32."""
        return self.embedding.weight.float()

    def given(self) -> Tensor:
        """What each code gives to the decoder: (K, E)."""
        return self.rows()

    def points(self, latents: Tensor) -> Tensor:
        """Latents in the space of the search: (B, D, h, w) -> (B, N, D) float32."""
        return flat(latents).float()

    def search(self, points: Tensor) -> Tensor:
        return published_nearest(points, self.rows())

    def stages(self, latents: Tensor) -> list[CodecLevel]:
        points = self.points(latents)
        indices = self.search(points)  # (B, N)
        z_q = nn.functional.embedding(indices, self.rows())
        return [CodecLevel(indices.reshape(len(latents), *latents.shape[2:]), points, z_q)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.given(), indices, kept)

    def codebooks(self) -> tuple[Codebook, ...]:
        return (table_book(self.rows(), self.metric, self.counts),)


class CosineCodes(Codes):
    """Nearest after both sides are normalized, as ViT-VQGAN has it (Yu et al. 2021, arXiv 2110.04627).

    LlamaGen keeps the last 65,536 codes that its training chose; they are counted.
    """

    metric: Metric = "cosine"

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.register_buffer("unit", torch.empty(family.codebook_size, family.codebook_dim), persistent=False)
        if last := family.counted.get("codes.codebook_used", 0):
            self.register_buffer("codebook_used", torch.empty(last))

    def ready(self) -> None:
        self.unit = normalize(self.embedding.weight.float(), dim=-1)
        if "codebook_used" in self._buffers:
            self.counts = counts_of(self.codebook_used, len(self.unit))
            del self.codebook_used

    def rows(self) -> Tensor:
        return self.unit.float()

    def points(self, latents: Tensor) -> Tensor:
        return normalize(super().points(latents), dim=-1)


class ProductCodes(Codes):
    """The row of largest product, as index backpropagation quantization has it (Shi et al. 2024, arXiv 2412.02692)."""

    metric: Metric = "dot"

    def search(self, points: Tensor) -> Tensor:
        return best_product(points, self.rows())


class ProjectedCodes(Codes):
    """The nearest row of a frozen table seen through a learnt matrix: SimVQ (Zhu et al. 2024, arXiv 2411.02038)."""

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.embedding_proj = nn.Linear(family.codebook_dim, family.codebook_dim)
        self.register_buffer("projected", torch.empty(family.codebook_size, family.codebook_dim), persistent=False)

    def ready(self) -> None:
        with torch.no_grad():
            self.projected = self.embedding_proj(self.embedding.weight)
        self.embedding = self.embedding_proj = None  # never two copies of a large table

    def rows(self) -> Tensor:
        return self.projected.float()


class LogitCodes(Codes):
    """The largest logit of a 1x1 convolution; the decoder is given a row of a table that the search never sees.

    taming's Gumbel quantizer, without its noise (Jang et al. 2016, arXiv 1611.01144). In the space of the search a
    latent has a 1 as its last number and a code its bias, so that a product is the logit.
    """

    metric: Metric = "dot"

    def __init__(self, family: Family) -> None:
        nn.Module.__init__(self)
        self.proj = nn.Conv2d(family.codebook_dim - 1, family.codebook_size, 1)
        self.words = nn.Embedding(family.codebook_size, family.embed_dim)

    def rows(self) -> Tensor:
        return torch.cat([self.proj.weight.flatten(1), self.proj.bias[:, None]], dim=1).float()

    def given(self) -> Tensor:
        return self.words.weight.float()

    def points(self, latents: Tensor) -> Tensor:
        points = super().points(latents)
        return torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)

    def search(self, points: Tensor) -> Tensor:
        return best_product(points, self.rows())


class SignCodes(Codes):
    """The sign of each dimension, the first being the least significant bit; 0 counts as negative.

    Open-MAGVIT2 (Luo et al. 2024, arXiv 2409.04410) after MAGVIT-v2 (Yu et al. 2023, arXiv 2310.05737).
    """

    def __init__(self, family: Family) -> None:
        nn.Module.__init__(self)
        self.bits = family.codebook_dim
        self.register_buffer("radix", torch.empty(self.bits, dtype=torch.int64), persistent=False)

    def ready(self) -> None:
        self.radix = 2 ** torch.arange(self.bits)

    def stages(self, latents: Tensor) -> list[CodecLevel]:
        points = self.points(latents)
        positive = points > 0
        indices = (positive * self.radix).sum(-1)
        return [CodecLevel(indices.reshape(len(latents), *latents.shape[2:]), points, positive.float() * 2 - 1)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        signs = ((indices[..., None] & self.radix) != 0).float() * 2 - 1  # (B, h, w, D)
        return (signs if kept is None else signs * kept[..., None]).movedim(-1, 1)

    def codebooks(self) -> tuple[Codebook, ...]:
        rule = LatticeRule("LFQ", ((-1.0, 1.0),) * self.bits, first_axis_most_significant=False)
        return (Codebook(rule.codebook_size, self.bits, "implicit", rule=rule),)


class ResidualCodes(Codes):
    """Level by level the nearest row to what is left; each table's last row is padding and never chosen.

    RQ-VAE (Lee et al. 2022, arXiv 2203.01941). Levels that share a table repeat it in the file.
    """

    def __init__(self, family: Family) -> None:
        nn.Module.__init__(self)
        size, dim = family.codebook_size, family.codebook_dim
        self.tables = nn.ModuleList(nn.Embedding(size + 1, dim) for _ in range(family.levels))
        for level, table in enumerate(self.tables):
            if f"codes.tables.{level}.cluster_size_ema" in family.counted:
                table.register_buffer("cluster_size_ema", torch.empty(size))

    def ready(self) -> None:
        first = self.tables[0]
        for table in self.tables[1:]:
            if table.weight is not first.weight and torch.equal(table.weight, first.weight):
                table.weight = first.weight  # one copy of a shared table

    def table(self, level: int) -> Tensor:
        return self.tables[level].weight[:-1].float()

    def stages(self, latents: Tensor) -> list[CodecLevel]:
        left, stages = self.points(latents), []  # (B, N, D)
        for level in range(len(self.tables)):
            indices = published_nearest(left, self.table(level))
            z_q = nn.functional.embedding(indices, self.table(level))
            stages.append(CodecLevel(indices.reshape(len(latents), *latents.shape[2:]), left, z_q))
            left = left - z_q
        return stages

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.table(level), indices, kept)

    def codebooks(self) -> tuple[Codebook, ...]:
        tables = enumerate(self.tables)
        return tuple(
            table_book(self.table(level), "euclidean", getattr(table, "cluster_size_ema", None), DECAY)
            for level, table in tables
        )
