"""What the compare page shows of one medium, against the comparison itself; and what it is opened with."""

import base64
import io
import json

import numpy as np
from made_tokenizers import Greys, picture, spec_of
from PIL import Image

from explorer.compare.run import Options, compare_medium
from explorer.media.pictures.image import LoadedImage
from explorer.media.quality.metrics import absolute_error_map
from explorer.media.thumbnail import THUMBNAIL_PX
from explorer.views.compare.payload import (
    best_of_each_kind,
    pictures_payload,
    thumbnail_url,
    tokenizers_payload,
)
from explorer.views.compare.view import CompareView, opening


def pixels_of(url):
    kind, data = url.split(",", 1)
    assert kind in ("data:image/webp;base64", "data:image/jpeg;base64")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def compared(*tokenizers):
    return compare_medium("a.png", picture(), list(tokenizers), Options(repeats=0, codecs=(), patch_px=16))


def test_pictures_arrive_without_loss_with_their_figures():
    found = compared(Greys("greys", 16), Greys("two", 2))
    payload = json.loads(json.dumps(pictures_payload(found, 3)))
    assert (payload["number"], payload["name"]) == (3, "a.png")
    assert (payload["height"], payload["width"]) == found.picture.shape[:2]
    assert np.array_equal(pixels_of(payload["original"]), np.round(found.picture * 255).astype(np.uint8))
    assert [pane["tokenizer"] for pane in payload["panes"]] == ["greys", "two"]
    for pane, cell in zip(payload["panes"], found.medium.cells, strict=True):
        other = found.reconstructions[cell.tokenizer_id]
        assert np.array_equal(pixels_of(pane["image"]), np.round(other * 255).astype(np.uint8))
        bpp = cell.bits_uniform / found.picture[..., 0].size
        assert pane["words"] == f"PSNR {cell.fidelity.psnr_db:.2f} dB, {bpp:.3f} bits/pixel"
        assert pane["worst"] == list(cell.worst.box)


def test_the_scale_holds_nearly_all_errors_of_all_tokenizers_together():
    found = compared(Greys("greys", 16), Greys("two", 2))
    errors = [absolute_error_map(found.picture, other) for other in found.reconstructions.values()]
    scale = pictures_payload(found, 0)["scale"]
    assert np.mean(np.stack(errors) <= scale) >= 0.995
    assert np.quantile(np.stack(errors), 0.995) > scale - 0.011


def test_a_tokenizer_that_fails_has_no_pane_and_says_why():
    def refuse(media):
        raise ValueError("a bug")

    payload = pictures_payload(compared(Greys("greys", 16), Greys("broken", 2, refuse=refuse)), 0)
    assert [pane["tokenizer"] for pane in payload["panes"]] == ["greys"]
    assert payload["failures"][0]["name"] == "broken" and "a bug" not in payload["failures"][0]["why"]


def test_a_thumbnail_is_the_middle_square():
    pixels = np.zeros((300, 900, 3), np.float32)
    pixels[:, 300:600] = (0, 1, 0)
    small = pixels_of(thumbnail_url(LoadedImage(pixels)))
    assert small.shape == (THUMBNAIL_PX, THUMBNAIL_PX, 3)
    assert (small[..., 1] > 250).all() and (small[..., 0] < 5).all()


def test_a_first_visit_compares_the_best_of_each_quantizer():
    def spec(name, quantizer, psnr, modality="image"):
        return spec_of(name, 8, quantizer=quantizer, modality=modality, measured={"psnr_db": psnr})

    specs = [
        spec("a", "vq", 20),
        spec("b", "vq", 22),
        spec("c", "fsq", 21),
        spec("d", "rvq", 25),
        spec("e", "x", 99, "audio"),
    ]
    assert best_of_each_kind(specs, 4) == ["d", "b", "c"]
    assert best_of_each_kind(specs, 2) == ["d", "b"]


def test_the_opening_says_what_can_be_chosen():
    listed = tokenizers_payload([spec_of("greys", 16)])
    said = json.loads(opening("secret", listed, {"most": 8}, ["greys"], "sample:coffee", "No such."))
    assert said["tokenizers"] == [
        {
            "id": "greys",
            "title": "16 greys",
            "summary": "For tests",
            "modality": "image",
            "vocabulary": "16",
            "decodes": True,
        }
    ]
    assert (said["token"], said["chosen"], said["media"]) == ("secret", ["greys"], "sample:coffee")
    assert (said["limits"], said["message"]) == ({"most": 8}, "No such.")
    assert CompareView(render=False).elem_id == "compare-view"
