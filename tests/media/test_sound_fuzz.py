"""Whatever was done to a file of sound or a film, what comes back is a medium or one plain line, soon and in little
memory. All of it happens in a process of its own, so that a hang or a crash of a decoder fails this test alone."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from explorer.foundation.errors import MediaError
from explorer.media.medium import load_medium
from tests.peak_memory import peak_bytes

ROOT = Path(__file__).resolve().parents[2]
FILES = 30  # of each kind
MOST_SECONDS, MOST_MEMORY_BYTES = 240, 3 * 2**30  # of all files of a group; two cores that others use, too
RATE = 8_000
SOUND = (0.5 * np.sin(np.arange(2400)[:, None] / 7) * np.linspace(0.2, 1, 2400)[:, None]).astype(np.float32)
FRAMES = np.random.default_rng(0).integers(0, 256, (4, 4, 6, 3), np.uint8).repeat(8, 1).repeat(8, 2)  # (4, 32, 48, 3)


def by_libsndfile(file_format: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, SOUND, RATE, format=file_format, subtype=subtype)
    return buffer.getvalue()


def sound_by_ffmpeg(container: str, codec: str, rate: int = RATE, **options: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 32_000
        frame = av.AudioFrame.from_ndarray(SOUND.T.copy(), "fltp", "mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return buffer.getvalue()


def film_by_ffmpeg(container: str, codec: str, pixels: str, rate: int = 25) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *FRAMES.shape[1:3], pixels
        for frame in FRAMES:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode(None))
    return buffer.getvalue()


SOUNDS = {
    **{f"WAV {kind}": partial(by_libsndfile, "WAV", kind) for kind in ("PCM_16", "FLOAT", "IMA_ADPCM", "ULAW")},
    **{name: partial(by_libsndfile, name, "PCM_16") for name in ("RF64", "W64", "AIFF", "AU", "CAF", "FLAC")},
    "Ogg Vorbis": partial(by_libsndfile, "OGG", "VORBIS"),
    "Opus": partial(by_libsndfile, "OGG", "OPUS"),
    "MP3": partial(by_libsndfile, "MP3", "MPEG_LAYER_III"),
    "MP3 without Xing": partial(sound_by_ffmpeg, "mp3", "libmp3lame", write_xing="0"),
    "PCM in QuickTime": partial(sound_by_ffmpeg, "mov", "pcm_s16le"),
    "AAC": partial(sound_by_ffmpeg, "adts", "aac"),
    "M4A": partial(sound_by_ffmpeg, "ipod", "aac"),
    "ALAC": partial(sound_by_ffmpeg, "ipod", "alac"),
    "WMA": partial(sound_by_ffmpeg, "asf", "wmav2", 22_050),
    "AC-3": partial(sound_by_ffmpeg, "ac3", "ac3", 32_000),
    "WavPack": partial(sound_by_ffmpeg, "wv", "wavpack"),
    "WebM": partial(sound_by_ffmpeg, "webm", "libopus"),
    "AMR": lambda: b"#!AMR\n" + b"".join(bytes([0x3C]) + bytes(range(n, n + 31)) for n in range(20)),
}
CLIPS = {
    "MP4": partial(film_by_ffmpeg, "mp4", "libx264", "yuv420p"),
    "Matroska": partial(film_by_ffmpeg, "matroska", "ffv1", "yuv444p"),
    "WebM": partial(film_by_ffmpeg, "webm", "libvpx-vp9", "yuv420p"),
    "AVI": partial(film_by_ffmpeg, "avi", "mpeg4", "yuv420p"),
    "QuickTime": partial(film_by_ffmpeg, "mov", "mjpeg", "yuvj444p"),
    "transport stream": partial(film_by_ffmpeg, "mpegts", "mpeg2video", "yuv420p"),
    "FLV": partial(film_by_ffmpeg, "flv", "flv", "yuv420p"),
}
GROUPS = {"sounds": SOUNDS, "clips": CLIPS}


def damaged(data: bytes, number: int, random: np.random.Generator) -> bytes:
    """By turns cut short, with bits of its head flipped, and with bits flipped anywhere."""
    if number % 3 == 0:
        return data[: random.integers(1, len(data))]
    file = bytearray(data)
    reach = min(len(file), 200) if number % 3 == 1 else len(file)
    for place in random.integers(0, reach, random.integers(1, 6)):
        file[place] ^= 1 << random.integers(8)
    return bytes(file)


def outcomes(group: str) -> dict[str, dict[str, int]]:
    """kind -> how many damaged files were read, and refused. Any other error ends the process."""
    found = {}
    for kind, make in GROUPS[group].items():
        whole, random = make(), np.random.default_rng(1)
        read = refused = 0
        for number in range(FILES):
            data = damaged(whole, number, random)
            for wanted in (None, "audio" if group == "sounds" else "video"):
                try:
                    load_medium(data, wanted=wanted)
                    read += 1
                except MediaError as error:
                    message = str(error)
                    assert message and "\n" not in message and len(message) < 400, message
                    refused += 1
        found[kind] = {"read": read, "refused": refused}
    return found


@pytest.mark.parametrize("group", list(GROUPS))
def test_a_damaged_file_is_a_medium_or_a_line_in_bounded_time_and_memory(group):
    line = [sys.executable, "-m", "tests.media.test_sound_fuzz", group]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert {kind: sum(one.values()) for kind, one in answer["found"].items()} == dict.fromkeys(GROUPS[group], 2 * FILES)
    assert all(sum(one[way] for one in answer["found"].values()) > FILES for way in ("read", "refused"))
    assert "Traceback" not in done.stderr  # of callbacks that a decoder called
    assert answer["memory_bytes"] < MOST_MEMORY_BYTES // 3


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    found_here = outcomes(sys.argv[1])
    print(json.dumps({"found": found_here, "memory_bytes": peak_bytes()}))
