"""The audit: a whole codebook counted over a whole data set, streamed, so that memory does not grow with the files.

This package may be called: `explorer.audit(tokenizer, media)` is `explorer.notebook.audit`, also where the package of
that name was imported before.
"""

from __future__ import annotations

import sys
from types import ModuleType

from explorer import CALLS


class _Callable(ModuleType):
    def __call__(self, *arguments: object, **named: object) -> object:
        """As `explorer.notebook.audit`."""
        return CALLS.load("audit")(*arguments, **named)


sys.modules[__name__].__class__ = _Callable
