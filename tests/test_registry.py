"""The registry loads what its dotted paths name, nothing sooner, and answers a wrong id with the valid ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import ExplorerError, UnknownIdError
from explorer.foundation.registry import Registry, load_dotted, unknown_id_message
from explorer.joints.record import TokenLayout

LAYOUTS: Registry[type] = Registry(
    "layout", {"layout": "explorer.joints.record:TokenLayout", "broken": "explorer.no_such_module:Thing"}
)


def test_load_returns_the_object_behind_the_id():
    assert LAYOUTS.load("layout") is TokenLayout
    assert load_dotted("explorer.joints.record:TokenLayout") is TokenLayout


def test_it_reads_as_a_mapping_in_its_own_order():
    assert list(LAYOUTS) == ["layout", "broken"] and len(LAYOUTS) == 2
    assert "broken" in LAYOUTS and "nothing" not in LAYOUTS and None not in LAYOUTS


def test_one_broken_entry_fails_alone_and_only_when_asked_for():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        LAYOUTS.load("broken")
    assert LAYOUTS.check("broken") == "broken" and LAYOUTS.load("layout") is TokenLayout


@pytest.mark.parametrize("method", ["load", "check"])
def test_an_unknown_id_names_the_nearest_and_all(method):
    with pytest.raises(UnknownIdError) as caught:
        getattr(LAYOUTS, method)("layuot")
    assert str(caught.value) == "There is no layout 'layuot'. Did you mean 'layout'? Valid ids: layout, broken."
    assert isinstance(caught.value, ExplorerError) and isinstance(caught.value, KeyError)


def test_the_message_stays_short_and_survives_an_empty_registry():
    message = unknown_id_message("view", "x" * 5000, [])
    assert message.endswith("Valid ids: (none).") and len(message) < 200 and "Did you mean" not in message


def test_building_a_registry_imports_nothing():
    code = (
        "import sys; from explorer.foundation.registry import Registry; before = set(sys.modules);"
        "Registry('thing', {'a': 'fractions:Fraction', 'b': 'explorer.joints.record:TokenLayout'}).check('a');"
        "print('fractions' in sys.modules, 'explorer.joints.record' in sys.modules, len(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "0"]
