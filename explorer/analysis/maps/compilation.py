"""What umap-learn compiles, kept on disk: it asks for no cache, so that every process would compile for 12 s anew."""

from __future__ import annotations

import logging
from types import ModuleType


def keep_compiled(*modules: ModuleType) -> int:
    """Let numba keep what the functions of these modules are compiled to, beside their source or in the user's cache;
    how many it keeps. Where neither place can be written they are compiled again by the next process, as ever."""
    from numba.core.dispatcher import Dispatcher  # takes a second, and umap-learn has imported it by then

    functions = {one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}
    for function in functions:
        if function.stats.cache_path is None and not function.overloads:
            try:
                function.enable_caching()
            except RuntimeError as error:  # numba's word for "no place"
                logging.getLogger(__name__).info("%s is not kept: %s", function.__name__, error)
    return sum(function.stats.cache_path is not None for function in functions)
