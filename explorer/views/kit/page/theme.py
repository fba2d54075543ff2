"""The Gradio theme: one accent, quiet surfaces, fonts that ship with Gradio (nothing is fetched).

Its colours are the variables of `theme.css`, so that Gradio's own parts and the browser components agree in
light and dark. Use: `demo.launch(theme=theme(), css=stylesheet())`.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

STYLESHEET = Path(__file__).with_name("theme.css")

# Gradio's variable -> ours. The same CSS variable changes its colour with `.dark`, so both modes name it.
_COLOURS = {
    "body_background_fill": "--dte-surface",
    "body_text_color": "--dte-ink",
    "body_text_color_subdued": "--dte-muted",
    "background_fill_primary": "--dte-surface",
    "background_fill_secondary": "--dte-raised",
    "border_color_primary": "--dte-line",
    "border_color_accent": "--dte-accent",
    "color_accent_soft": "--dte-accent-soft",
    "block_background_fill": "--dte-surface",
    "block_border_color": "--dte-line",
    "block_label_background_fill": "--dte-surface",
    "block_label_text_color": "--dte-muted",
    "block_info_text_color": "--dte-muted",
    "block_title_text_color": "--dte-ink",
    "input_background_fill": "--dte-raised",
    "input_border_color": "--dte-line",
    "input_border_color_focus": "--dte-accent",
    "button_primary_background_fill": "--dte-accent",
    "button_primary_background_fill_hover": "--dte-accent",
    "button_primary_text_color": "--dte-on-accent",
    "button_secondary_background_fill": "--dte-raised",
    "button_secondary_background_fill_hover": "--dte-line",
    "button_secondary_border_color": "--dte-line",
    "button_secondary_text_color": "--dte-ink",
    "checkbox_background_color_selected": "--dte-accent",
    "checkbox_border_color_selected": "--dte-accent",
    "checkbox_label_background_fill_selected": "--dte-accent-soft",
    "checkbox_label_text_color_selected": "--dte-ink",
    "slider_color": "--dte-accent",
    "link_text_color": "--dte-accent",
    "link_text_color_hover": "--dte-accent",
    "link_text_color_visited": "--dte-accent",
    "error_text_color": "--dte-danger",
    "error_icon_color": "--dte-danger",
}
_PLAIN = {
    "block_radius": "10px",
    "block_shadow": "none",
    "block_border_width": "1px",
    "input_radius": "8px",
    "button_large_radius": "8px",
    "button_medium_radius": "8px",
    "button_small_radius": "6px",
    "layout_gap": "20px",
}


def theme() -> gr.themes.Base:
    """The theme for `launch(theme=...)`."""
    colours = {name: f"var({variable})" for name, variable in _COLOURS.items()}
    dark = {f"{name}_dark": value for name, value in colours.items()}
    # Bold, not the semi-bold of Gradio's default: that file lacks most letters, and text would mix two typefaces.
    sans = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700))
    base = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        radius_size="md",
        text_size="md",
        font=(sans, "ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=(gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"),
    )
    return base.set(**colours, **dark, **_PLAIN)


def stylesheet() -> str:
    """The text of `theme.css` for `launch(css=...)`: pages use its variables too, but have no place to import from."""
    lines = STYLESHEET.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("@import"))
