"""Tokenizers: the checkpoints that ship, and those of others; `shelf.py` holds which there are and which are loaded."""

from explorer.tokenizers.shelf import (
    BROUGHT_KEPT,
    ORDER,
    OWN_KEPT,
    bring,
    broken_tokenizers,
    brought_tokenizers,
    forget,
    is_brought,
    is_loaded,
    let_go,
    list_tokenizers,
    load_tokenizer,
    loaded_bytes,
    own_tokenizers,
    owner_of,
    owners,
)

__all__ = [
    "BROUGHT_KEPT",
    "ORDER",
    "OWN_KEPT",
    "bring",
    "broken_tokenizers",
    "brought_tokenizers",
    "forget",
    "is_brought",
    "is_loaded",
    "let_go",
    "list_tokenizers",
    "load_tokenizer",
    "loaded_bytes",
    "own_tokenizers",
    "owner_of",
    "owners",
]
