"""Sample media: pictures inside the installed scikit-image and scikit-learn packages; other media made or typed.

None needs a network. The files of pictures are read from the package folders without importing the packages, which
would cost seconds at start.
Licences are quoted from the packages' own documentation; "not stated" where it is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from explorer.foundation.errors import MediaError, UnknownIdError
from explorer.foundation.registry import load_dotted, unknown_id_message
from explorer.media.pictures.image import load_image

SAMPLE_PREFIX = "sample:"  # in front of the id of a sample, where a file could be named too
_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_INSTALL = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Sample:
    """One sample. source: who made it or where it came from. licence: as its package states it.

    package, filename: where a picture lies. maker: the dotted path of the function that makes a sound or a clip.
    """

    id: str
    title: str
    source: str
    licence: str
    package: str = ""
    filename: str = ""
    modality: Literal["image", "audio", "video", "series", "vectors", "graph"] = "image"
    maker: str = ""

    @property
    def path(self) -> Path:
        """Where the file lies. Raises MediaError if its package is not installed, or if it is made and has no file."""
        if self.maker:
            raise MediaError(f"The sample {self.id!r} is made when it is loaded; it has no file.")
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise MediaError(f"The sample {self.id!r} needs the package {_INSTALL[self.package]}. Install it.")
        return Path(spec.origin).parent / _FOLDERS[self.package] / self.filename

    def load(self) -> Any:
        """The medium at its own size, as its modality says: LoadedImage, LoadedAudio, LoadedVideo, ..."""
        return load_dotted(self.maker)() if self.maker else load_image(self.path)


# Good first choices come first: colour, faces, texture and sharp edges; then greyscale, science and print.
_PICTURES = (
    Sample("astronaut", "Astronaut Eileen Collins", "NASA", "Public domain", "skimage", "astronaut.png"),
    Sample("coffee", "Coffee cup", "Rachel Michetti, Pikolo Espresso Bar", "CC0", "skimage", "coffee.png"),
    Sample("chelsea", "Chelsea the cat", "Stefan van der Walt", "CC0", "skimage", "chelsea.png"),
    Sample("china", "Temple in China", "danielbuechele on Flickr", "CC BY 2.0", "sklearn", "china.jpg"),
    Sample("flower", "Flower", "vultilion on Flickr", "CC BY 2.0", "sklearn", "flower.jpg"),
    Sample("rocket", "Falcon 9 launch", "SpaceX", "Public domain", "skimage", "rocket.jpg"),
    Sample(
        "motorcycle", "Motorcycle", "Middlebury 2014 stereo benchmark", "not stated", "skimage", "motorcycle_left.png"
    ),
    Sample("hubble_deep_field", "Hubble deep field", "NASA", "Public domain", "skimage", "hubble_deep_field.jpg"),
    Sample("retina", "Retina of an eye", "Mikael Häggström", "CC0", "skimage", "retina.jpg"),
    Sample(
        "ihc",
        "Stained tissue (colon)",
        "Center for Microscopy and Molecular Imaging",
        "No known restrictions",
        "skimage",
        "ihc.png",
    ),
    Sample("colorwheel", "Colour wheel", "scikit-image", "not stated", "skimage", "color.png"),
    Sample("camera", "Cameraman (grey)", "Lav Varshney", "CC0", "skimage", "camera.png"),
    Sample("coins", "Coins from Pompeii (grey)", "Brooklyn Museum", "No known restrictions", "skimage", "coins.png"),
    Sample("moon", "Surface of the moon (grey)", "scikit-image", "not stated", "skimage", "moon.png"),
    Sample(
        "clock", "Moving clock, blurred (grey)", "Stefan van der Walt", "Public domain", "skimage", "clock_motion.png"
    ),
    Sample("brick", "Brick wall (grey)", "CC0Textures", "CC0", "skimage", "brick.png"),
    Sample("grass", "Grass (grey)", "linolafett on DeviantArt", "CC0", "skimage", "grass.png"),
    Sample("gravel", "Gravel (grey)", "CC0Textures", "CC0", "skimage", "gravel.png"),
    Sample("page", "Printed page (grey)", "scikit-image", "not stated", "skimage", "page.png"),
    Sample("text", "Handwritten text (grey)", "Wikipedia, Corner.png", "Public domain", "skimage", "text.png"),
)

_MADE = ("Made by formula", "MIT, as this project")
_SOUNDS = tuple(
    Sample(name, title, *_MADE, modality="audio", maker=f"explorer.media.sounds.synthetic:{name}")
    for name, title in (
        ("vowels", "Voice-like vowels"),
        ("melody", "Plucked melody (stereo)"),
        ("drums", "Drums"),
        ("sweep", "Rising tone, 40 Hz to 16 kHz"),
        ("surf", "Surf, a noise that swells"),
    )
)
_CLIPS = (
    Sample("shapes", "Moving shapes", *_MADE, modality="video", maker="explorer.media.clips.synthetic:shapes"),
    Sample(
        "panning",
        "View panning over a portrait",
        "Made by formula over the sample picture by NASA",
        "Public domain",
        modality="video",
        maker="explorer.media.clips.synthetic:panning",
    ),
)
_SERIES = tuple(
    Sample(name, title, *_MADE, modality="series", maker=f"explorer.media.rows.synthetic:{name}")
    for name, title in (
        ("reach", "Robot arm reaching, 7 joints"),
        ("wipe", "Robot arm wiping, 7 joints"),
        ("walk", "Body walking, then running, 11 joints"),
    )
)

_ITEMS = (
    Sample(
        "books",
        "Made books, 240 of 6 genres",
        *_MADE,
        modality="vectors",
        maker="explorer.media.rows.made_items:made_books",
    ),
)
_GRAPHS = (
    Sample(
        "karate",
        "Karate club that broke apart, 34 members",
        "Zachary 1977, J. Anthropol. Res. 33(4)",
        "Facts, published 1977",
        modality="graph",
        maker="explorer.media.graphs.shipped:karate",
    ),
    Sample(
        "world",
        "Countries, rivers and planets, 11 relations",
        "Typed for this project",
        "MIT, as this project",
        modality="graph",
        maker="explorer.media.graphs.shipped:world",
    ),
)

# Pictures first.
SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {one.id: one for one in (*_PICTURES, *_SOUNDS, *_CLIPS, *_SERIES, *_ITEMS, *_GRAPHS)}
)


def samples_of(modality: str) -> Mapping[str, Sample]:
    """The samples of one modality: "image", "audio", "video", "series", "vectors" or "graph"."""
    return MappingProxyType({one.id: one for one in SAMPLES.values() if one.modality == modality})


def samples_title(modality: str) -> str:
    """What all samples of one modality are called together."""
    nouns = {"image": "pictures", "audio": "sounds", "video": "clips", "series": "series", "vectors": "tables"}
    return f"Sample {nouns.get(modality, 'media')} of the app"


PICTURES = samples_of("image")


def sample(sample_id: str) -> Sample:
    """The sample of that id, of any modality. Raises UnknownIdError with the valid ids."""
    return _found(sample_id, SAMPLES, "sample")


def sample_picture(sample_id: str) -> Sample:
    """The sample picture of that id. Raises UnknownIdError with the valid ids."""
    return _found(sample_id, PICTURES, "sample picture")


def _found(sample_id: str, among: Mapping[str, Sample], noun: str) -> Sample:
    if sample_id not in among:
        raise UnknownIdError(unknown_id_message(noun, sample_id, list(among)))
    return among[sample_id]
