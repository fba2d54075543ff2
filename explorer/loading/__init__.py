"""Loading: files and Hub repositories of others -> Header -> Format -> Codec -> Tokenizer, by the rules of safety.

`Header` is what is known before any weight is read; a `Format` recognises it, describes it, and builds its codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.registry import Registry

if TYPE_CHECKING:
    from explorer.loading.format import Format

# In the order in which they are asked: the more particular fingerprints first.
FORMATS: Registry[Format] = Registry(
    "format",
    {
        "openai-dvae": "explorer.tokenizers.dvae.format:OPENAI_DVAE",
    },
)
