"""What other programs make of a picture file: FFmpeg (through PyAV), Chromium's canvas, LittleCMS's transicc.

All give (H, W, 3) floats in levels of 255, transparent parts laid on white.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np

_DEMUXERS = {
    **{kind: f"{kind}_pipe" for kind in ("png", "jpeg", "bmp", "tiff", "webp", "pgm", "ppm", "pbm", "pam", "pfm")},
    **{"gif": "gif", "avif": "mov", "heic": "mov"},
}
_CANVAS = """async ([data, type]) => {
  const blob = await (await fetch(`data:${type};base64,${data}`)).blob();
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try { await image.decode(); } catch (error) { return null; }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return {width: canvas.width, height: canvas.height, data: btoa(String.fromCharCode(...pixels))};
}"""


def ffmpeg(data: bytes, kind: str) -> np.ndarray:
    """The first frame. kind: a key of _DEMUXERS. Grey and RGB of any depth are exact; YCbCr is as swscale makes it."""
    av.logging.set_level(av.logging.PANIC)
    with av.open(io.BytesIO(data), format=_DEMUXERS[kind]) as container:
        frame = next(container.decode(video=0))
    deep = max(part.bits for part in frame.format.components) > 8
    layout, top = ("rgba64le", 65535) if deep else ("rgba", 255)
    return on_white(frame.reformat(format=layout, threads=1).to_ndarray().astype(np.float64) * (255 / top))


def ffmpeg_version() -> str:
    return f"FFmpeg {av.ffmpeg_version_info}"


def chromium(browser, files: Mapping[str, tuple[bytes, str]]) -> dict[str, np.ndarray | None]:
    """name -> (data, media type) to name -> pixels of a canvas of sRGB; None for what it does not show."""
    page, found = browser.new_page(), {}
    page.goto("about:blank")
    for name, (data, media_type) in files.items():
        answer = page.evaluate(_CANVAS, [base64.b64encode(data).decode(), media_type])
        found[name] = None if answer is None else on_white(_canvas_pixels(answer))
    page.close()
    return found


def _canvas_pixels(answer: dict) -> np.ndarray:
    pixels = np.frombuffer(base64.b64decode(answer["data"]), np.uint8)
    return pixels.reshape(answer["height"], answer["width"], 4).astype(np.float64)


def littlecms(profile: bytes | str, values: np.ndarray) -> np.ndarray | None:
    """(N, C) in the profile's own units (0..255; inks in %; L*a*b*) -> (N, 3) of sRGB in floats. None without transicc.

    profile: its bytes, or the name of one that is built in, such as "*Lab".
    """
    program = shutil.which("transicc")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        name = profile
        if isinstance(profile, bytes):
            name = str(Path(folder) / "made.icc")
            Path(name).write_bytes(profile)
        target = Path(folder) / "srgb.icc"
        target.write_bytes(_srgb_2())
        lines = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in values)
        line = [program, "-n", "-s", "-t", "0", "-c", "0", "-i", str(name), "-o", str(target)]
        done = subprocess.run(line, input=lines, capture_output=True, text=True, check=True)
    return np.array([[float(one) for one in row.split()] for row in done.stdout.strip().splitlines()[-len(values) :]])


def _srgb_2() -> bytes:
    """sRGB as a profile of version 2: to one of version 4 LittleCMS compensates black points unasked."""
    from tests.media import made_icc

    return made_icc.matrix_profile("sRGB", made_icc.SRGB, made_icc.SRGB_CURVE, version=2)


def on_white(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 4) in 0..255 -> (H, W, 3)."""
    alpha = pixels[:, :, 3:] / 255
    return pixels[:, :, :3] * alpha + 255 * (1 - alpha)
