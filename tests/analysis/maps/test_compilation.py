"""What is compiled is found again on disk by the next that asks, and where it cannot be kept it still runs."""

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from explorer.analysis.maps.compilation import keep_compiled

numba = pytest.importorskip("numba")
CODE = "import numba\n\n@numba.njit\ndef double(x):\n    return 2 * x\n\nother = 5\n"


def loaded(path):
    """The module anew, as another process has it."""
    spec = spec_from_file_location("doubles", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_next_finds_what_was_compiled(tmp_path):
    (tmp_path / "doubles.py").write_text(CODE)
    first, second, without = (loaded(tmp_path / "doubles.py") for _ in range(3))
    assert keep_compiled(first) == 1 and first.double(3) == 6
    assert first.double.stats.cache_misses.total() == 1 and list(tmp_path.rglob("*.nbi"))
    assert keep_compiled(second) == 1 and second.double(4) == 8
    assert second.double.stats.cache_hits.total() == 1 and second.double.stats.cache_misses.total() == 0
    assert without.double(5) == 10 and without.double.stats.cache_path is None, "unless it is asked to"
    assert keep_compiled(without) == 0, "what is compiled already stays as it is"


def test_what_has_no_place_is_compiled_all_the_same():
    module = ModuleType("nowhere")
    exec(compile(CODE, "<no file>", "exec"), vars(module))
    assert keep_compiled(module) == 0 and module.double(3) == 6


def test_umap_is_kept():
    pytest.importorskip("umap")
    from umap import umap_, utils

    assert keep_compiled(umap_, utils) >= 6
