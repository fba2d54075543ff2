"""What every figure promises: axes with units, hover texts with denominators, both themes, harmless names."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape

import numpy as np
import plotly.graph_objects as go
import pytest
from figure_subjects import HOSTILE, comparison_of, counted_record, made_history, made_language, made_prior

from explorer import figures
from explorer.analysis.codebook.geometry import geometry_of
from explorer.analysis.opening.file import open_file
from explorer.analysis.opening.timeline import read_timeline
from explorer.figures.theme import PALETTE, plain, template
from explorer.foundation.colormaps import CATEGORIES, CODECS, TABLES
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer
from tests.made_experiments import made_experiment

HEX = re.compile(r"#[0-9a-f]{6}\b")


@pytest.fixture(scope="module")
def subjects(learned, sign_coded, comparison, run, checkpoints):
    """of -> the first arguments of a figure."""
    geometry = geometry_of(learned[0], 0, learned[1][0])
    return {
        "record": (counted_record([3, 0, 5, 1, 0, 1]),),
        "clip": (tokenized(SAMPLES["shapes"].load(), load_tokenizer("clip-fsq"), 256),),
        "graph": (tokenized(SAMPLES["world"].load(), load_tokenizer("gart"), 256),),
        "items": (tokenized(SAMPLES["books"].load(), load_tokenizer("items-rq"), 256),),
        "audit": (learned[0],),
        "codebook": sign_coded,
        "vectors": (learned[1][0],),
        "geometry": (geometry,),
        "comparison": (comparison,),
        "history": (made_history(),),
        "run": (run,),
        "experiment": (made_experiment(),),
        "language": (made_language(),),
        "prior": (made_prior(),),
        "opened": (open_file(checkpoints[0]).tables[0],),
        "timeline": (read_timeline(checkpoints).lives[0],),
    }


@pytest.fixture(scope="module")
def drawn(subjects):
    """name -> the figure in light and in dark."""
    return {
        entry.name: [entry.draw(*subjects[entry.of], theme=theme) for theme in ("light", "dark")]
        for entry in figures.FIGURES
    }


def test_each_is_reached_by_its_name(drawn):
    for entry in figures.FIGURES:
        assert getattr(figures, entry.name) is entry.draw and entry.name in figures.__all__
        assert all(isinstance(one, go.Figure) for one in drawn[entry.name])
    with pytest.raises(UnknownIdError, match="Did you mean 'usage'"):
        figures.draw("usge")
    assert len(set(figures.NAMES)) == len(figures.NAMES) >= 16


def test_every_axis_has_a_name_and_a_unit(drawn):
    for name, (figure, _) in drawn.items():
        layout = figure.layout.to_plotly_json()
        axes = layout["scene"] if name == "sphere" else layout
        titles = [part["title"]["text"] for key, part in axes.items() if re.fullmatch("[xyz]axis[0-9]*", key)]
        assert len(titles) >= 2 and all(titles), name
        known = ("PSNR, dB", "bits a pixel", "unused")  # the unit after a comma, in the name, or of the axis above it
        assert all("(" in title or title in known for title in titles), (name, titles)


def test_figures_say_what_they_show_and_of_what(drawn):
    for name, (figure, _) in drawn.items():
        meta = figure.layout.meta
        assert meta["figure"] == name and meta["title"] and re.search(r"\d", meta["words"]), name
        for trace in figure.data:
            if trace.customdata is not None:
                assert meta["pick"] and "hover" in str(trace.to_plotly_json().keys()), (name, trace.name)
            if trace.hoverinfo != "skip":
                texts = [] if trace.hovertext is None else np.ravel(np.asarray(trace.hovertext, object))[:1]
                said = " ".join([trace.hovertemplate, *texts])
                assert re.search(r"\b[oO]f\b", said), f"{name}: the hover text {said!r} has no denominator"
        assert figure.layout.uirevision == f"{name} {meta['level']}"


def test_light_and_dark_differ_in_the_colours_of_the_theme_alone(drawn):
    shared = {f"#{one}" for table in TABLES.values() for one in table.split()} | {*CATEGORIES, *CODECS.values()}
    for name, (light, dark) in drawn.items():
        for theme, figure in (("light", light), ("dark", dark)):
            text = json.dumps(figure.to_plotly_json(), default=lambda one: np.asarray(one).tolist())
            assert set(HEX.findall(text)) <= {*PALETTE[theme].values(), *shared}, name
            assert PALETTE[theme]["surface"] in text
        assert json.loads(figures.recolour(light, "dark").to_json()) == json.loads(dark.to_json()), name
        assert json.loads(figures.recolour(dark, "light").to_json()) == json.loads(light.to_json()), name


def test_colours_are_those_of_the_pages(root):
    sheet = (root / "explorer/views/kit/page/theme.css").read_text(encoding="utf-8")
    blocks = {"light": sheet.split(":root {")[1].split("}")[0], "dark": sheet.split(".dark {")[1].split("}")[0]}
    for theme, block in blocks.items():
        pages = dict(re.findall(r"--dte-([a-z-]+):\s*(#[0-9a-f]{6});", block))
        assert PALETTE[theme] == {name: pages[name] for name in PALETTE[theme]}
        assert len(set(PALETTE[theme].values())) == len(PALETTE[theme])
    assert PALETTE["light"].keys() == PALETTE["dark"].keys()
    assert not set(PALETTE["light"].values()) & set(PALETTE["dark"].values())


def test_colours_can_be_told_from_the_ground():
    """Lines and marks reach the contrast of 3 to 1 (WCAG 2.2, 1.4.11), words 4.5 to 1 (1.4.3)."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722))) + 0.05

    for colours in PALETTE.values():
        for name, least in (("ink", 4.5), ("muted", 4.5), ("accent", 3), ("danger", 3)):
            bright, dim = sorted((light(colours[name]), light(colours["surface"])), reverse=True)
            assert bright / dim >= least, name


def test_names_of_people_are_text(learned):
    assert plain(HOSTILE) == (
        '&lt;b onclick="x()"&gt;%&#123;x} &#36;y&#36; &amp;lt;a href="javascript:alert(1)"&amp;gt;&lt;/b&gt;'
    )
    assert plain("a\n b") == "a b" and plain("x" * 99) == "x" * 79 + "…"
    audit = replace(learned[0], title=HOSTILE, media=(HOSTILE, *learned[0].media[1:]))
    dangerous = ("<b onclick", "%{x} $y$", "<a href")
    drawn = [
        figures.single_media(audit),
        figures.usage(audit),
        figures.rate_distortion(comparison_of({HOSTILE: 0}, HOSTILE)),
    ]
    for figure in drawn:
        shown = json.dumps([figure.to_plotly_json()["data"], figure.layout.title.text], default=str)
        assert not any(one in shown for one in dangerous)
    assert plain(HOSTILE) in drawn[0].data[0].hovertext[0] and plain(HOSTILE, 48) in [one.name for one in drawn[2].data]


def test_the_table_of_a_figure_holds_its_points(drawn, learned):
    for name, (figure, _) in drawn.items():
        head, rows = figures.rows_of(figure)
        assert rows and {len(row) for row in rows} == {len(head)}, name
        assert all(isinstance(cell, (str, int, float)) for row in rows for cell in row), name
    head, rows = figures.rows_of(drawn["usage"][0])
    assert head == ["series", "code (number, from 0)", "tokens of a code (count)"]
    assert [row[2] for row in rows if row[0] == "tokens"] == learned[0].levels[0].counts.tolist()
    head, rows = figures.rows_of(drawn["positions"][0])
    assert head[3] == "codes used (count)" and rows[9][1:3] == [2, 2]
    with pytest.raises(SettingsError, match="Only figures of"):
        figures.rows_of(go.Figure())


def test_importing_needs_nothing_that_is_large(root):
    code = (
        "import sys; import explorer.figures; print(sorted({'plotly', 'torch', 'gradio', 'sklearn', 'umap'} & "
        "set(sys.modules)))"
    )
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_needs_neither_torch_nor_gradio(root):
    code = (
        "import sys; from explorer import figures; from explorer.audit.shipped import load_shipped; "
        "figures.usage(load_shipped('vq-ema', 'val')); print(sorted({'torch', 'gradio', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_titled_figure_says_itself_what_it_shows(drawn):
    for name, pair in drawn.items():
        for figure in pair:
            before = figure.to_json()
            titled = figures.with_title(figure)
            assert figure.to_json() == before and titled.data == figure.data
            title = titled.layout.title
            said = " ".join(unescape(title.subtitle.text).replace("<br>", " ").split())
            assert unescape(title.text) == figure.layout.meta["title"], name
            assert said == " ".join(figure.layout.meta["words"].split()), name
            assert max(map(len, map(unescape, title.subtitle.text.split("<br>")))) <= 110
            above = 44 + 16 * len(title.subtitle.text.split("<br>"))
            assert titled.layout.margin.t >= above + 36 and titled.layout.height - titled.layout.margin.t >= 380
    hostile = go.Figure(
        layout={"meta": {"title": "<b>a", "words": "<a href='x'>b</a> " * 30}, "template": template("light")}
    )
    text = figures.with_title(hostile).layout.title
    assert "<" not in (text.text + text.subtitle.text).replace("<br>", "")
    with pytest.raises(SettingsError, match="say what they show"):
        figures.with_title(go.Figure())


@pytest.mark.parametrize("theme", PALETTE)
def test_the_words_of_a_colour_bar_are_set_as_those_of_the_axes_beside_it(theme):
    look = template(theme)
    axis = look.layout.yaxis.to_plotly_json()
    for bar in (look.data.heatmap[0].colorbar, look.data.scatter3d[0].marker.colorbar):
        said = bar.to_plotly_json()
        assert said == {"title": {"font": axis["title"]["font"]}, "tickfont": axis["tickfont"]}
        assert said["tickfont"]["color"] == PALETTE[theme]["muted"]
