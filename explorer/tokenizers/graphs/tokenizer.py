"""GraphTokenizer: GART (NodePiece, `quantizers/gart.py`) behind the Tokenizer interface.

A token is a node. Its levels are the places of its tuple, each with a codebook of its own: k anchors, the nearest
first, then the k distances to them, then m relations. So everything that the tuple says is in the record, is counted
and costs bits. Codes are numbers and no vectors: code i of an anchor is the i-th that was chosen in this very graph
(the rank of a node, no node), of a distance so many edges, of a relation 2 r outwards and 2 r + 1 inwards; the last
code of each is "none".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from explorer.foundation import stages
from explorer.foundation.errors import MediaError, RecordError
from explorer.foundation.words import count_of, is_are
from explorer.joints.graphs import check_edges, node_count
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.quantizers import gart
from explorer.tokenizers.clock import Clock
from explorer.tokenizers.graph_specs import GartConfig, read_gart
from explorer.tokenizers.native.specs import read_config, spec_of

NO_DECODER = "This tokenizer has no decoder: a tuple tells where a node stands, not which edges it has."


def load_graphs(folder: Path, device: str = "auto") -> GraphTokenizer:
    """The tokenizer of a checkpoint. device: taken no notice of; it needs none. Raises CheckpointError."""
    config = read_config(folder)
    return GraphTokenizer(read_gart(config), spec_of(config))


class GraphTokenizer(Tokenizer):
    """Takes edges (E, 3) of integers, as `media.graphs.graph` makes them; gives tokens and no graph."""

    def __init__(self, config: GartConfig, spec: TokenizerSpec) -> None:
        self.config, self.spec, self.device = config, spec, "cpu"
        self._books = {name: _codebook(name, size) for name, size in config.sizes.items()}

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(self._books[slot] for slot in self.config.slots)

    def layouts(self, extent: tuple[int, ...]) -> NoReturn:
        raise RecordError("how many tokens a graph has is told by its nodes, not by the number of its edges")

    def tokenize(self, media: np.ndarray) -> TokenRecord:
        return self._tokenized(media, None)

    def tokenize_from(self, media: np.ndarray, starts: Sequence[int], damping: float) -> TokenRecord:
        """Tokens with anchors by personalized PageRank instead of the tokenizer's own strategy; as many of them.

        starts: nodes at which the walker begins again, all for none. Raises MediaError for a node that is not there.
        """
        nodes = node_count(np.asarray(media))
        if any(not 0 <= node < nodes for node in starts):
            raise MediaError(f"A walk begins at nodes 0 to {nodes - 1:,}, not at {', '.join(map(str, starts[:8]))}.")
        return self._tokenized(media, lambda around, many: gart.walk_anchors(around, many, starts, damping))

    def _tokenized(
        self, media: np.ndarray, choose: Callable[[gart.Neighbourhood, int], np.ndarray] | None
    ) -> TokenRecord:
        """choose: the anchors of a graph, as many as asked for; None for the tokenizer's own way."""
        media = np.asarray(media)
        try:
            check_edges(media)
        except RecordError as error:
            raise MediaError(f"{self.spec.id} needs {error}") from error
        clock = Clock(_Cpu())
        config, nodes = self.config, node_count(media)
        around = gart.neighbourhood(media, nodes)
        stages.begin("choosing anchors")
        many = config.many(nodes)
        anchors = choose(around, many) if choose else gart.choose_anchors(around, many, config.strategy, config.seed)
        clock.lap("encode")
        found, far = gart.nearest_anchors(around, anchors, config.neighbours, config.farthest)
        relations, notes = self._relations(media, nodes)
        clock.lap("quantize")
        clock.lap("decode")
        columns = [*found.T, *far.T, *relations.T]
        levels = tuple(
            _level(column, self._books[slot]) for column, slot in zip(columns, self.config.slots, strict=True)
        )
        return TokenRecord(
            media, self.spec.id, levels, np.zeros_like(media), clock.seconds,
            combination="concatenate", modality="graph", device=self.device, notes=(*notes, NO_DECODER),
        )  # fmt: skip

    def _relations(self, edges: np.ndarray, nodes: int) -> tuple[np.ndarray, tuple[str, ...]]:
        """(V, m) types, and a note on those for which there is no room: the rarest."""
        config, kinds = self.config, edges[edges[:, 0] != edges[:, 2], 1]
        if not len(kinds) or kinds.min() == kinds.max():  # edges of one kind tell nothing of a node
            return np.full((nodes, config.relations), -1), ()
        kept = edges[edges[:, 1] < config.relation_types]
        left = len(np.unique(kinds[kinds >= config.relation_types]))
        words = (
            f"{count_of(left, 'relation type')} {is_are(left)} left out of the tokens, the rarest: there is room for "
            f"{config.relation_types}."
        )
        return gart.relation_types(kept, nodes, config.relations, config.seed), (words,) * (left > 0)

    def detokenize(self, indices: Sequence[np.ndarray]) -> NoReturn:
        raise RecordError(NO_DECODER)

    def decode_levels(self, record: TokenRecord, levels: Sequence[int]) -> NoReturn:
        raise RecordError(NO_DECODER)

    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> NoReturn:
        raise RecordError(NO_DECODER)

    def decode_fields(self, level: int, fields: np.ndarray) -> NoReturn:
        raise RecordError(NO_DECODER)


class _Cpu:
    """What `Clock` asks of a device."""

    type = "cpu"


def _codebook(name: str, size: int) -> Codebook:
    return Codebook(size, 1, "implicit", rule=LatticeRule(name, (tuple(float(code) for code in range(size)),), False))


def _level(codes: np.ndarray, book: Codebook) -> TokenLevel:
    indices = np.where(codes < 0, book.codebook_size - 1, codes).astype(np.int32)
    latents = indices[:, None].astype(np.float32)  # (V, 1)
    return TokenLevel(indices, latents, latents, book, TokenLayout("graph", indices.shape))
