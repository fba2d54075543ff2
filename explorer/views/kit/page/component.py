"""BrowserComponent: a gr.HTML whose drawing lives in an ES module beside the Python file.

The value is one JSON string, or "" for nothing yet: Gradio compares props by JSON and sends element-wise diffs, so a
single string is the cheapest thing to replace. The template is constant because Gradio evaluates templates as
JavaScript; text of users reaches the page only through `textContent` or a canvas.
"""

from __future__ import annotations

import json
from html import escape
from typing import ClassVar

import gradio as gr

from explorer.foundation.errors import SettingsError
from explorer.views.kit.page.module_files import VIEWS_FOLDER, views_address

TEMPLATE = '<div class="dte-root"></div>'


class BrowserComponent(gr.HTML):
    """Base of all browser components; a subclass sets NAME and lists the events that it triggers.

    NAME: room and stem of `explorer/views/<NAME>.js` and `.css`. The module exports
    `mount({element, trigger, props, watch, server})`, where `element` is the `.dte-root` div.
    OPENING: a plain sentence that stands in the place of the view until it mounts, where that may take a while; the
    view replaces what is in its element.
    BROWSER_EVENTS: names that the module passes to `trigger(name, payload)`; Python listens with
    `component.<name>(handler)`, whose `event: gr.EventData` has the payload's keys as attributes.
    """

    NAME: ClassVar[str] = ""
    OPENING: ClassVar[str] = ""
    BROWSER_EVENTS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, value: str = "", **kwargs) -> None:
        """kwargs go to gr.HTML (elem_id, visible, server_functions, ...)."""
        kwargs.setdefault("html_template", template(self.OPENING))
        kwargs.setdefault("js_on_load", on_load(self.NAME, self.BROWSER_EVENTS))
        kwargs.setdefault("apply_default_css", False)
        super().__init__(value, **kwargs)


def template(opening: str) -> str:
    """The element of a view, which holds what is said until it mounts, if anything is."""
    if not opening:
        return TEMPLATE
    return f'<div class="dte-root"><p class="dte-opening" role="status">{escape(opening)}</p></div>'


def on_load(name: str, events: tuple[str, ...]) -> str:
    """The function body that Gradio runs once in the browser: import the loader and hand everything over.

    The quoted event names let `component.<name>(...)` be used in Python: gr.HTML looks for them in this text.
    Raises SettingsError if the view's files are missing, so that a typing error shows at start and not in the browser.
    """
    for suffix in (".js", ".css"):
        if not (VIEWS_FOLDER / f"{name}{suffix}").is_file():
            raise SettingsError(f"the view {name!r} has no file {name}{suffix} in {VIEWS_FOLDER}")
    return "\n".join(
        [
            f"const base = new URL({json.dumps(views_address())}, document.baseURI).href;",
            f"const name = {json.dumps(name)}, events = {json.dumps(list(events))};",
            "import(base + 'kit/page/component.js')",
            "  .then((m) => m.load({ base, name, events, element, trigger, props, watch, server }))",
            "  .catch((error) => { element.textContent = 'This view could not be loaded: ' + error.message; });",
        ]
    )
