"""What config.json of a tokenizer of graphs says; without torch, so that listing is quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from explorer.foundation.errors import CheckpointError
from explorer.quantizers.gart import STRATEGIES

MODALITY = "graph"
QUANTIZER = "gart"
MOST = {"anchors": 4096, "neighbours": 64, "farthest": 64, "relations": 64, "relation_types": 4096, "seed": 2**32 - 1}


@dataclass(frozen=True)
class GartConfig:
    """anchors: at most, and `share` of the nodes at most, but never less than one. neighbours: k anchors of a node.
    farthest: edges to an anchor, at most. relations: m of a node. relation_types: that the vocabulary has room for.
    """

    anchors: int
    share: float
    strategy: str
    neighbours: int
    farthest: int
    relations: int
    relation_types: int
    seed: int = 0

    @property
    def sizes(self) -> dict[str, int]:
        """Codes of an anchor, of a distance and of a relation, the last of each being "none"."""
        return {
            "anchor": self.anchors + 1,
            "distance": self.farthest + 2,
            "relation": 2 * self.relation_types + 1,
        }

    @property
    def slots(self) -> tuple[str, ...]:
        """What each level holds, in order."""
        return ("anchor",) * self.neighbours + ("distance",) * self.neighbours + ("relation",) * self.relations

    def many(self, nodes: int) -> int:
        """How many anchors a graph of so many nodes gets."""
        return max(1, min(self.anchors, round(self.share * nodes)))


def read_gart(config: Mapping) -> GartConfig:
    """The settings of a checkpoint's quantizer. Raises CheckpointError."""
    where, options = f"config.json of checkpoint {config.get('id')!r}", config["quantizer"]["config"]
    try:
        found = GartConfig(**{one.name: options[one.name] for one in fields(GartConfig)})
    except KeyError as error:
        raise CheckpointError(f"{where} lacks {error} of its quantizer") from error
    for name, most in MOST.items():
        value, least = getattr(found, name), 0 if name in ("seed", "relations") else 1
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise CheckpointError(f"{where} has no sound {name}, {least} to {most:,}: {str(value)[:40]!r}")
    if not isinstance(found.share, int | float) or not 0 < found.share <= 1:
        raise CheckpointError(f"{where} has no sound share, over 0 up to 1: {str(found.share)[:40]!r}")
    if found.strategy not in STRATEGIES:
        raise CheckpointError(f"{where} has a strategy that is none of {', '.join(STRATEGIES)}")
    true = {
        "codebook_size": max(found.sizes.values()),
        "num_quantizers": len(found.slots),
        "codebook_dim": 1,
        "combination": "concatenate",
    }
    for key, value in true.items():
        if config[key] != value:
            raise CheckpointError(f"{where} says {key} {config[key]}, its quantizer has {value}")
    return found


def graph_facts(config: Mapping) -> dict[str, Any]:
    """The fields of TokenizerSpec that only a tokenizer of graphs has; nothing of another. Raises CheckpointError."""
    if config.get("modality") != MODALITY:
        return {}
    found = read_gart(config)
    sizes = tuple(found.sizes[slot] for slot in found.slots)
    return {"decodes": False, "weights": "", "level_sizes": sizes}
