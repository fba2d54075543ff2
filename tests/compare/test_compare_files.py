"""The files of a comparison: valid, whole, one that opens offline, and free of markup from people."""

import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
from made_tokenizers import Greys, media_of, never, picture
from PIL import Image

from explorer.compare.run import Options, compare_medium, run_comparison
from explorer.compare.sheet import THUMBNAIL_PX, contact_sheet, error_maps, error_scale, paletted_png, strip
from explorer.compare.writing import Writer, json_text
from explorer.figures.reports.comparison import html_report
from explorer.foundation.colormaps import colormap
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.foundation.words import typeset
from explorer.media.pictures.image import LoadedImage, png_bytes

HOSTILE = '<script>alert("1")</script>&.png'
QUICK = Options(repeats=1)
CSVS = ["table.csv", "differences.csv", "codecs.csv"]


class Page(HTMLParser):
    """What a browser would see: tags, addresses, text outside of style and script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text, self.style_text, self.within = [], [], "", "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.within = tag
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "action", "data")]
        assert not [name for name, _ in attributes if name.startswith("on")]

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within == "style":
            self.style_text += data
        elif self.within != "script":
            self.text += data


def written(folder, images=None, made=None, **options):
    images = images or {HOSTILE: picture(), "b": picture(seed=1), "c": MediaError("Its <b>header</b> is damaged.")}
    writer = Writer(folder, html_report, **options)
    made = made or [Greys("r", 8, levels=2), Greys("g", 16, title="<i>Sixteen</i>"), Greys("n", 2, refuse=never)]
    comparison = run_comparison(media_of(images), made, QUICK, writer.add)
    return comparison, writer.finish(comparison)


def test_the_report_is_one_file_without_addresses(tmp_path):
    written(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("script") == 3, "figures as data, plotly.js and what draws"
    assert not {"link", "iframe", "object", "embed", "form", "i", "base"} & set(page.tags)
    assert len(page.addresses) >= 2 * (1 + 2 * 4)
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert "default-src 'none'" in text and "url(" not in page.style_text and "@import" not in page.style_text
    assert "mean ± SD, n = 2" in page.text and "mean ± half the 95% interval, n = 2" in page.text
    assert typeset("times over 1 round; longest side 256 px at most; worst patch 64 x 64 px") in page.text
    assert "codecs JPEG, WebP; baseline 8 greys; scaled by the lanczos filter" in page.text
    assert HOSTILE in page.text and "<i>Sixteen</i>" in page.text and "Its <b>header</b> is damaged." in page.text
    assert text.count('data-figure="') == 3 and "MS-SSIM could not be measured" in page.text  # at this size
    for words in ("★", "It never works.", "±", "JPEG", "WebP", "without / with headers", "Gradient RMSE"):
        assert words in page.text


def test_the_json_is_strict_and_agrees_with_the_comparison(tmp_path):
    comparison, paths = written(tmp_path)
    assert [path.name for path in paths] == ["compare.json", *CSVS, "sheet.png", "report.html"]
    read = json.loads(paths[0].read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(word))
    assert (read["complete"], read["planned"], read["title"]) == (True, 3, "made pictures")
    first = comparison.media[0].cell("r")
    assert read["media"][0]["name"] == HOSTILE and read["media"][0]["cells"][0]["bits_uniform"] == first.bits_uniform
    assert read["media"][0]["cells"][0]["fidelity"]["psnr_db"] == first.fidelity.psnr_db
    assert len(read["media"][0]["cells"][0]["levels"]) == 2 and "histograms" not in read["media"][0]["cells"][0]
    assert read["media"][0]["failures"] == [{"name": "n", "why": "It never works."}]
    assert read["skipped"] == [{"name": "c", "why": "Its <b>header</b> is damaged."}]
    assert [row["tokenizer"] for row in read["table"]["rows"]] == ["r", "g"] and read["table"]["media"] == 2
    assert read["media"][0]["references"][0]["reached"] in (True, False) and len(read["rates"]) == 4


def test_an_identical_picture_is_null_in_json_and_said_in_words(tmp_path):
    flat = LoadedImage(np.full((16, 16, 3), 1, np.float32))
    made = [Greys("a", 2), Greys("b", 3)]
    comparison, _ = written(tmp_path, {"white": flat}, made)
    read = json.loads(json_text(comparison))
    assert read["media"][0]["cells"][0]["fidelity"]["psnr_db"] is None
    assert read["table"]["rows"][0]["psnr_db"]["mean"] is None
    assert "∞ (identical)" in Page((tmp_path / "report.html").read_text(encoding="utf-8")).text


def test_error_maps_are_on_one_scale_and_old_ones_go(tmp_path):
    kept = tmp_path / "errors" / "mine.png"
    kept.parent.mkdir()
    kept.write_bytes(b"mine")
    written(tmp_path)
    names = sorted(path.name for path in kept.parent.iterdir())
    assert len(names) == 1 + 2 * 2 * 2 and "02-b-r-signed.png" in names and not [n for n in names if "<" in n]
    compared = compare_medium("b", picture(seed=1), [Greys("r", 8, levels=2), Greys("g", 16)], QUICK)
    scale = error_scale(compared)
    error = compared.reconstructions["g"].astype(float) - compared.picture
    errors = [np.abs(compared.reconstructions[name] - compared.picture).mean(-1) for name in ("r", "g")]
    assert scale == pytest.approx(np.ceil(np.quantile(np.stack(errors), 0.995) * 100) / 100)
    with Image.open(kept.parent / "02-b-g-absolute.png") as image:
        assert (
            np.abs(
                np.asarray(image.convert("RGB")).astype(int) - colormap("viridis", np.abs(error).mean(-1) / scale)
            ).max()
            <= 3
        )
    with Image.open(kept.parent / "02-b-g-signed.png") as image:
        expected = colormap("diverging", error.mean(-1) / (2 * scale) + 0.5)
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - expected).max() <= 3
    written(tmp_path, maps_of=1)
    assert len(list(kept.parent.iterdir())) == 1 + 2 * 2 and kept.read_bytes() == b"mine"


def test_the_colours_of_the_signed_map_are_as_said():
    compared = compare_medium("a", picture(), [Greys("a", 2), Greys("b", 4)], QUICK)
    signed, _ = error_maps(compared, "a", 0.3)
    error = (compared.reconstructions["a"] - compared.picture).mean(-1)
    bright, dark = signed[error > 0.25].mean(0), signed[error < -0.25].mean(0)
    assert bright[0] > bright[2] + 50 and dark[2] > dark[0] + 50  # orange too bright, blue too dark


def test_the_sheet_holds_every_picture(tmp_path):
    compared = compare_medium("a", picture(48, 64), [Greys("a", 2), Greys("b", 4)], QUICK)
    one = strip(compared, 0.3)
    sheet = contact_sheet([one])
    assert sheet.shape[1] > 3 * THUMBNAIL_PX and sheet.dtype == np.uint8

    def held(small):
        height, width = small.shape[:2]
        where = np.argwhere((sheet[:, :, :] == small[0, 0]).all(-1))
        return any(np.array_equal(sheet[y : y + height, x : x + width], small) for y, x in where)

    assert held(one.original) and all(held(small) for four in one.pictures for small in four)
    assert one.boxes[0][2:] == (48, 64) and one.pictures[0][3].shape[1] == 2 * 2 * 64  # twice as large, two of them
    assert contact_sheet([one] * 5).shape[0] < 5 * sheet.shape[0]  # fewer rows for many media


def test_nothing_done_is_an_error_and_writes_nothing(tmp_path):
    with pytest.raises(ExplorerError, match=r"No picture could be compared \(1 given\).*'c': It is damaged"):
        written(tmp_path / "x", {"c": MediaError("It is damaged.")})
    assert list((tmp_path / "x").iterdir()) == []


def test_a_palette_keeps_every_pixel():
    few = colormap("viridis", np.round(np.random.default_rng(0).random((40, 50)) * 255) / 255)
    many = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for pixels in (few, many, few[:1, :1]):
        with Image.open(io.BytesIO(paletted_png(pixels))) as image:
            assert np.array_equal(np.asarray(image.convert("RGB")), pixels)
    assert len(paletted_png(few)) < 0.6 * len(png_bytes(few))


def test_pictures_are_shown_up_to_a_cap(tmp_path):
    made = [Greys(f"t{n}", 4) for n in range(8)]
    images = {f"{n}.png": picture(16, 16, seed=n) for n in range(10)}
    written(tmp_path, images, made)
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "2 more pictures are in the table only" in text and "7.png" in text


def test_the_row_of_all_levels_has_its_own_figures(tmp_path):
    """In the table of codecs at the same bits, all levels together go by the name of the tokenizer."""
    writer = Writer(tmp_path, html_report)
    media = media_of({"a": picture()})
    comparison = run_comparison(
        media, [Greys("r", 4, levels=2), Greys("two", 2)], Options(repeats=0, codecs=("jpeg",)), writer.add
    )
    writer.finish(comparison)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    cell = comparison.media[0].cell("r")
    rate = cell.bits_uniform / (comparison.media[0].height * comparison.media[0].width)
    assert f'<th scope="row">r</th><td>{rate:.3f}</td><td>{cell.fidelity.psnr_db:.2f} dB</td>' in html
