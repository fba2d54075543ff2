"""The names and shapes that stand for packages where these are missing are those that the packages have."""

import pytest
from library_shapes import MODELS, shapes_in
from ruled_weights import golden


@pytest.mark.parametrize("name", MODELS)
def test_kept_shapes_are_those_of_the_package(name):
    package = {"snac": "snac", "janus": "transformers", "chameleon": "transformers"}.get(name.partition("_")[0])
    pytest.importorskip(package or "diffusers")
    assert golden("library_shapes")[f"{name}_shapes"] == shapes_in(name)


def test_all_are_kept():
    assert set(golden("library_shapes")) == {f"{name}_shapes" for name in MODELS}
