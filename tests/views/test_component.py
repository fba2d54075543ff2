"""BrowserComponent and the view registry: what reaches the browser, and which mistakes are refused."""

import importlib.util
import re

import pytest

from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.views import VIEWS
from explorer.views.kit.page.component import TEMPLATE, VIEWS_FOLDER, BrowserComponent, on_load, template
from explorer.views.kit.page.theme import stylesheet, theme


@pytest.mark.parametrize("name", list(VIEWS))
def test_every_view_has_its_files_and_its_module_mounts(name):
    view = VIEWS.load(name)
    assert issubclass(view, BrowserComponent)
    assert view.NAME
    module = (VIEWS_FOLDER / f"{view.NAME}.js").read_text(encoding="utf-8")
    assert re.search(r"export (async )?function mount\(", module)
    assert (VIEWS_FOLDER / f"{view.NAME}.css").is_file()


@pytest.mark.parametrize("name", list(VIEWS))
def test_template_is_constant_and_events_can_be_listened_for(name):
    view = VIEWS.load(name)
    component = view(elem_id="probe", render=False)
    assert component.html_template == template(view.OPENING)
    assert "${" not in component.html_template + component.css_template
    assert "{{" not in component.html_template + component.css_template
    assert component.value == ""
    for event in view.BROWSER_EVENTS:
        assert callable(getattr(component, event))


@pytest.mark.parametrize(("name", "subject"), [("lab_view", "training lab"), ("compare_view", "comparison")])
def test_a_page_that_may_take_long_says_that_it_opens_before_any_module_has_come(name, subject):
    """In the element that the view fills: its module replaces what is in there."""
    view = VIEWS.load(name)
    shown = view(elem_id="probe", render=False).html_template
    inside = re.fullmatch(r'<div class="dte-root"><p class="dte-opening" role="status">(.*)</p></div>', shown)
    assert inside and inside[1] == f"Opening the {subject}…"
    assert "root.replaceChildren(" in (VIEWS_FOLDER / f"{view.NAME}.js").read_text(encoding="utf-8")
    assert ".dte-opening" in stylesheet()


def test_what_is_said_before_a_view_mounts_is_text():
    assert template("") == TEMPLATE and "&lt;b&gt;" in template("<b>")


def test_unknown_view_lists_the_valid_ones():
    with pytest.raises(UnknownIdError, match="inspect_page"):
        VIEWS.load("inspect_paeg")


def test_a_view_without_files_is_refused_at_start():
    with pytest.raises(SettingsError, match=r"no_such_view\.js"):
        on_load("no_such_view", ())


def test_no_script_draws_user_text_as_html_or_loads_from_elsewhere():
    for path in sorted(VIEWS_FOLDER.rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, f"{path.name} uses {word}"
        assert not re.search(r"https?://(?!www\.w3\.org)", text), f"{path.name} names an outside address"


def test_every_module_is_checked_by_the_compiler():
    """`npm --prefix tests run check` reads them; the first line says so to an editor, too."""
    modules = sorted(VIEWS_FOLDER.rglob("*.js"))
    unchecked = [path.name for path in modules if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")]
    silenced = [path.name for path in modules if re.search(r"@ts-(nocheck|ignore)", path.read_text(encoding="utf-8"))]
    assert modules and unchecked == [] and silenced == []


@pytest.mark.parametrize(
    ("what", "home"),
    [
        ("createObjectURL", ["kit/wire/files.js"]),
        ("document.createElement(tag", ["kit/widgets/dom.js"]),
        ("history.replaceState", ["kit/wire/bus.js"]),
    ],
)
def test_what_every_panel_needs_is_made_once(what, home):
    """How files are saved, elements made and addresses written: others would forget what these know."""
    modules = sorted(VIEWS_FOLDER.rglob("*.js"))
    users = [path.relative_to(VIEWS_FOLDER).as_posix() for path in modules if what in path.read_text("utf-8")]
    assert users == home


def test_relative_imports_of_modules_exist():
    found = 0
    for path in sorted(VIEWS_FOLDER.rglob("*.js")):
        for target in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', path.read_text(encoding="utf-8")):
            found += 1
            assert (path.parent / target).is_file(), f"{path.name} imports {target}"
    assert found > 300


def test_what_is_hidden_is_said_once():
    """A class that gives something a display would show it again; each sheet had to remember that."""
    rule = re.compile(r"^[^\n{}]*\[hidden\] \{\n  display: none[^}]*\}", re.MULTILINE)
    sheets = {path.name: rule.findall(path.read_text("utf-8")) for path in VIEWS_FOLDER.parent.rglob("*.css")}
    found = {name: rules for name, rules in sheets.items() if rules}
    assert found == {"theme.css": ["[hidden] {\n  display: none !important;\n}"]}


def test_style_sheets_that_scripts_and_sheets_name_exist():
    found = 0
    for path in [*VIEWS_FOLDER.rglob("*.js"), *VIEWS_FOLDER.rglob("*.css")]:
        for target in re.findall(r'"([\w./]+\.css)"', path.read_text(encoding="utf-8")):
            found += 1
            beside = VIEWS_FOLDER if path.name == "component.js" else path.parent
            assert (beside / target).is_file(), f"{path.name} names {target}"
    assert found > 20


def test_css_variables_are_defined_for_light_and_dark_alike():
    light, dark = stylesheet().split(".dark {")
    colours = {name for name, value in re.findall(r"(--dte-[\w-]+): (#\w+);", light)}
    assert colours == {name for name, value in re.findall(r"(--dte-[\w-]+): (#\w+);", dark.split("}")[0])}
    used = set()
    for path in [*VIEWS_FOLDER.rglob("*.css"), VIEWS_FOLDER / "kit" / "page" / "theme.py"]:
        used |= set(re.findall(r"--dte-[\w-]+", path.read_text(encoding="utf-8")))
    declared = set()
    for path in VIEWS_FOLDER.rglob("*.css"):
        declared |= set(re.findall(r"(--dte-[\w-]+):", path.read_text(encoding="utf-8")))
    assert used <= declared, used - declared


def _luminance(hex_colour):
    channels = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "danger"])
def test_text_colours_reach_wcag_aa_on_the_surface(mode, ink):
    colours = dict(re.findall(r"--dte-([\w-]+): (#\w+);", stylesheet().split(".dark {")[mode]))
    high, low = sorted([_luminance(colours[ink]), _luminance(colours["surface"])], reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_theme_fetches_nothing():
    assert not [sheet for sheet in theme()._stylesheets if "://" in str(sheet)]


def test_gradio_writes_no_file_of_types_beside_a_component(tmp_path):
    (tmp_path / "ours.py").write_text(
        "from explorer.views.kit.page.component import BrowserComponent\n\n\n"
        "class Ours(BrowserComponent):\n    EVENTS = ['change']\n"
    )
    spec = importlib.util.spec_from_file_location("ours", tmp_path / "ours.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.Ours.EVENTS[0] == "change"
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["ours.py"]
