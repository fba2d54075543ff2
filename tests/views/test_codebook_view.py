"""What the codebook page is opened with, and that every panel of the page is mounted in a place of its own."""

import json
import re

from explorer.views.codebook.view import CodebookView, opening
from explorer.views.kit.page.component import VIEWS_FOLDER


def test_the_opening_is_one_string_that_says_whose_audits_and_what_a_link_asked_for():
    tokenizers = [{"id": "vq", "title": "VQ", "modality": "image", "quantizer": "vq", "vocabulary": 8}]
    said = json.loads(opening("secret", tokenizers, tokenizer=None, audit="own-1", level=2, code=5, message="No such."))
    assert said == {
        "token": "secret",
        "tokenizers": tokenizers,
        "tokenizer": None,
        "audit": "own-1",
        "level": 2,
        "code": 5,
        "message": "No such.",
    }


def test_the_view_is_found_by_its_place_on_the_page():
    assert CodebookView(render=False).elem_id == "codebook-view"


def test_every_panel_is_imported_by_name_and_mounts():
    script = (VIEWS_FOLDER / "codebook" / "view.js").read_text(encoding="utf-8")
    named = re.search(r"const PANELS = \{(.*?)\};", script, re.DOTALL)[1]
    panels = dict(re.findall(r"(\w+): (mount\w+),", named))
    assert len(panels) == 9
    for name, mount in panels.items():
        place = re.search(rf'import {{ mount as {mount} }} from "./((?:{name}/)?{name}\.js)";', script)[1]
        module = (VIEWS_FOLDER / "codebook" / place).read_text(encoding="utf-8")
        assert re.search(r"export (async )?function mount\(host, bus\)", module), name
    places = re.search(r"const \{ ([\w, ]+) \} = this\.hosts;", script)[1].split(", ")
    assert sorted(places) == sorted(panels)
