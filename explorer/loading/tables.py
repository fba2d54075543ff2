"""Which tensors of a file look like codebooks, by their names and shapes, and which count how often codes were used.

Names are those of the code that people start from: vector-quantize-pytorch (`_codebook.embed`, `cluster_size`), taming
and its heirs (`quantize.embedding.weight`), rosinality's VQ-VAE-2 (`embed` of shape (D, K)), zalandoresearch's VQ-VAE
(`_embedding.weight`, `_ema_cluster_size`), EnCodec, Mimi (`embed_sum` over `cluster_usage`), VAR, scikit-learn's
KMeans. No torch, and nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from explorer.public.header import TensorInfo

MOST_CODES = 2**22
MOST_TABLES = 256  # that lie in one tensor
# Parts of a key, between its dots. What says that a table is one; what a table may be called within such a part:
_SURELY = re.compile(
    r"code_?book|quanti[sz]|^_?r?vqs?(_|$)|codes?$|code_?words?|prototypes?$|centroids?$|cluster_centers_?$", re.I
)
_LEAF = re.compile(
    r"^_?(embed(dings?|s)?|weights?|codes?|table|vectors|frozen_codebook|e|w)\d*$|code_?book|centers_?$", re.I
)
_SUM = re.compile(r"^_?(embed(ding)?|ema)_?(avg|average|sum|ema|w|mean)$|^_?m$", re.I)
_COUNT = re.compile(
    r"cluster_(size|usage|count)|^_?ema_(count|n|hits?)$|^_?ema_vocab_hit|code(s|book)?_?(counts?|usage|hits?)$"
    r"|^_?usage(_counts?)?$|^_?counts?$|^_?n$|^_?embed_(count|prob)s?$",
    re.I,
)
# Parts that make it something else: places, words, times and classes of a transformer, layers, losses.
_OTHER = re.compile(
    r"pos(ition)?(al)?_?emb|(patch|class|cls|label|time|word|tok|token|segment|type)_?(token_)?emb|embed_tokens|lm_head"
    r"|^w[tp]e$|^loss|lpips|discrim|perceptual|proj|conv|norm|attn|attention|mlp|ffn|rotary|relative|^(de|en)coder_layers",
    re.I,
)


@dataclass(frozen=True)
class FoundTable:
    """A tensor that looks like a codebook.

    key, shape: of the tensor. codes, dim: K and D. transposed: whether it lies as (D, K). tables: how many lie in it
    behind each other, such as one a head. counts: key of the tensor that says how often each code was used, "" if there
    is none. summed: whether these are sums over codes, which `counts` divides. surely: whether a part of its name says
    what it is, and not only its leaf. turn: key of the matrix by which a frozen table is multiplied (SimVQ), or "".
    """

    key: str
    shape: tuple[int, ...]
    codes: int
    dim: int
    tables: int = 1
    transposed: bool = False
    counts: str = ""
    summed: bool = False
    surely: bool = True
    turn: str = ""


def find_tables(tensors: Mapping[str, TensorInfo]) -> list[FoundTable]:
    """All that look like codebooks, in the order of their names, numbers in them as numbers."""
    counts = {key: _long_side(info.shape) for key, info in tensors.items() if _is_count(key, info)}
    found = []
    for key, info in tensors.items():
        if is_table(key, info):
            beside = {count: size for count, size in counts.items() if _parent(count) in (_module(key), _parent(key))}
            found.append(replace(_found(key, info.shape, beside), turn=_turn(key, info, tensors)))
    return sorted(_without_sums(found), key=lambda table: natural_key(table.key))


def is_table(key: str, info: TensorInfo) -> bool:
    """Whether name and shape are those of a codebook, or of the sums that training keeps beside one."""
    shape, parts = info.shape, key.split(".")
    if len(shape) not in (2, 3) or 0 in shape or shape[-2] < 2 or max(shape) > MOST_CODES or "float" not in info.dtype:
        return False
    if (len(shape) == 3 and shape[0] > MOST_TABLES) or any(_OTHER.search(part) for part in parts):
        return False
    named = any(_SURELY.search(part) for part in parts)
    embedding = any(re.fullmatch(r"_?embed(dings?|s)?", part, re.I) for part in parts)
    leaf = _LEAF.search(parts[-1]) is not None or _SUM.search(parts[-1]) is not None
    return leaf and (named or embedding)


def natural_key(key: str) -> tuple:
    """By which keys are put in the order in which people count: layers.2 before layers.10."""
    return tuple((part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in key.split("."))


def _found(key: str, shape: tuple[int, ...], counts: Mapping[str, int]) -> FoundTable:
    tables = shape[0] if len(shape) == 3 else 1
    rows, columns = shape[-2:]
    surely, summed = any(_SURELY.search(part) for part in key.split(".")), _SUM.search(key.split(".")[-1]) is not None
    # Which axis are the codes? That of which as many are counted; else the rows, as in nn.Embedding.
    for count, size in counts.items():
        if size == rows:
            return FoundTable(key, shape, rows, columns, tables, False, count, summed, surely)
    for count, size in counts.items():
        if size == columns and len(shape) == 2:
            return FoundTable(key, shape, columns, rows, tables, True, count, summed, surely)
    return FoundTable(key, shape, rows, columns, tables, False, "", summed, surely)


def _turn(key: str, info: TensorInfo, tensors: Mapping[str, TensorInfo]) -> str:
    """SimVQ (Zhu et al. 2024, arXiv 2411.02038) learns a matrix beside a frozen table; the codes are their product."""
    parent, _, leaf = key.rpartition(".")
    beside = f"{parent}.code_transform.weight" if parent else "code_transform.weight"
    fits = leaf == "frozen_codebook" and beside in tensors and tensors[beside].shape[-1] == info.shape[-1]
    return beside if fits and len(tensors[beside].shape) == 2 else ""


def _without_sums(found: list[FoundTable]) -> list[FoundTable]:
    """Sums over codes stand in for a table only where there is no table beside them, and counts to divide by."""
    plain = {_module(table.key) for table in found if not table.summed}
    return [t for t in found if not t.summed or (t.counts and _module(t.key) not in plain)]


def _is_count(key: str, info: TensorInfo) -> bool:
    sides = [side for side in info.shape if side != 1]
    return len(sides) in (1, 2) and _COUNT.search(key.split(".")[-1]) is not None and info.dtype != "bool"


def _long_side(shape: tuple[int, ...]) -> int:
    """Codes that are counted: the last side, behind those of heads or scales."""
    return shape[-1] if shape[-1] > 1 or len(shape) == 1 else shape[0]


def _module(key: str) -> str:
    """Path of the module that holds a table: `quantize.embedding.weight` is of `quantize`."""
    parent = _parent(key)
    return _parent(parent) if key.endswith(".weight") else parent


def _parent(key: str) -> str:
    return key.rpartition(".")[0]
