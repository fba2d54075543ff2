"""Odd files of sound, made by the ffmpeg program, libsndfile or by hand, with what must be said of each."""

from __future__ import annotations

import io
import struct
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile
from PIL import Image

from tests.media.ffmpeg_program import sound_files, written

RATE = 24_000
EXACT, LOSSY, OTHER_DECODER = 2**-23, 1e-5, 2e-3  # of full scale: rounding; float decoders; integer against float ones
RESAMPLED = 0.02
JOINED = "^2 files that were joined into one are read one after another.$"
UNMARKED = "does not mark what its encoder added"


@dataclass(frozen=True)
class Odd:
    """says: what must be said, as a regular expression; "" for nothing. mono: also made to fit one channel.

    told: what the program is told, where its own guess is wrong. until_s: where the header says that the sound ends,
    which the program passes over. length: the samples that went in, where the program loses some.
    refused: the app must refuse it. of: what the program is given instead, the file before it was damaged or one of
    those that were joined. heard_as: what it must sound like, (S, C) made of what the program decodes; NaN: not known.
    gap: the samples that damage may take out of the middle, of which each decoder loses its own.
    """

    kind: str
    name: str
    make: Callable[[], bytes]
    tolerance: float = EXACT
    says: str = ""
    mono: bool = False
    told: tuple[str, ...] = ()
    length: int | None = None
    until_s: float | None = None
    refused: bool = False
    of: Callable[[], bytes] | None = None
    heard_as: Callable[[np.ndarray], np.ndarray] | None = None
    gap: int = 0


@cache
def tone(seconds: float = 0.5, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """(S, C): a tone that swells, of another pitch in each channel, so that no two places look alike."""
    time = np.arange(round(seconds * rate))[:, None] / rate
    pitch = 330 * (1 + 0.25 * np.arange(channels))
    return (0.6 * np.sin(2 * np.pi * pitch * time) * (0.2 + 0.8 * time / seconds)).astype(np.float32)


class NotMade(Exception):
    """A file that the program is still to make; it makes many at a time."""


_made: dict[tuple, bytes] = {}


def made(suffix: str, *options: str, samples: np.ndarray | None = None, rate: int = RATE) -> bytes:
    """A file of the tone, or of `samples`. Raises NotMade until `make_all` was told of it."""
    samples = tone() if samples is None else samples
    key = (rate, samples.shape[1], np.float32(samples).tobytes(), suffix, options)
    if key not in _made:
        raise NotMade(key)
    return _made[key]


def make_all(cases: Sequence[Odd]) -> None:
    """Has the program make what the cases need, with one start for all that begin with the same samples."""
    wanted = defaultdict(list)
    for case in cases:
        try:
            case.make()
        except NotMade as missing:
            key = missing.args[0]
            wanted[key[:3]].append(key)
    for (rate, channels, samples), keys in wanted.items():
        keys = list(dict.fromkeys(keys))
        given = np.frombuffer(samples, np.float32).reshape(-1, channels)
        _made.update(zip(keys, sound_files(given, rate, [key[3:] for key in keys]), strict=True))


def by_libsndfile(file_format: str, subtype: str, samples: np.ndarray | None = None, **options: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(
        buffer, tone() if samples is None else samples, RATE, format=file_format, subtype=subtype, **options
    )
    return buffer.getvalue()


def patched(data: bytes, *places: tuple[int, bytes]) -> bytes:
    changed = bytearray(data)
    for at, content in places:
        changed[at : at + len(content)] = content
    return bytes(changed)


def wav_claiming(size: int) -> bytes:
    """As from a pipe: both lengths of the header say the same."""
    whole, four = made(".wav"), struct.pack("<I", size)
    return patched(whole, (4, four), (whole.index(b"data") + 4, four))


def counting_half(whole: bytes) -> bytes:
    return patched(whole, (whole.index(b"data") + 4, struct.pack("<I", 12_000)))


def id3(size: int = 300) -> bytes:
    """An ID3v2.4 tag of padding alone."""
    return b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + bytes(size)


def streamed_flac() -> bytes:
    """As written to a pipe: the 36 bits that count samples are 0 (RFC 9639, 8.2)."""
    whole = made(".flac")
    return patched(whole, (21, bytes([whole[21] & 0xF0])), (22, bytes(4)))


def amr(wide: bool = False) -> bytes:
    """Frames of random bits, 20 ms each: there is no encoder at hand, and every frame of bits is a sound."""
    rng, (kind, size) = np.random.default_rng(0), (8, 60) if wide else (7, 31)
    frames = [bytes([kind << 3 | 4]) + rng.integers(0, 256, size, np.uint8).tobytes() for _ in range(25)]
    return (b"#!AMR-WB\n" if wide else b"#!AMR\n") + b"".join(frames)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes, share: float = 0.5) -> bytes:
    at = int(len(data) * share)
    return patched(data, (at, bytes([data[at] ^ 0xFF])))


def with_cover() -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.new("RGB", (16, 16), "red").save(file, "PNG")
        file.flush()
        cover = ("-map", "0", "-map", "1", "-c:v", "png", "-disposition:v", "attached_pic")
        return with_inputs(".m4a", ("-i", file.name), cover)


def with_inputs(suffix: str, inputs: tuple[str, ...], options: tuple[str, ...]) -> bytes:
    """The tone beside other inputs."""
    raw = ("-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-")
    return written([suffix], (*raw, *inputs), [options], tone().tobytes())[0]


PICTURES = ("-f", "lavfi", "-i", "testsrc=size=32x32:rate=10:duration=0.5")


def film_with_sound() -> bytes:
    return with_inputs(".mp4", PICTURES, ("-c:a", "aac"))


def sound_alone() -> bytes:
    return with_inputs(".mp4", (), ("-c:a", "aac"))


def silent_film() -> bytes:
    return written([".mp4"], PICTURES, [()])[0]


MP3, NO_XING = ("-c:a", "libmp3lame"), ("-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0")


def joined_mp3() -> bytes:
    one = made(".mp3", *NO_XING)
    return one + one


def vbr_mp3() -> bytes:
    """Half a second of noise, then three of a quiet tone: a guess from the first frames' bit rate is far too short."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (RATE // 2, 1)).astype(np.float32)
    return made(".mp3", *NO_XING, "-q:a", "0", samples=np.concatenate([noise, 0.01 * tone(3.0)]))


def to_peak_1(samples: np.ndarray) -> np.ndarray:
    return samples / np.abs(samples).max()


def twice(samples: np.ndarray) -> np.ndarray:
    """Two files of `tone()` one after another; the program loses the end of some."""
    one = np.full((len(tone()), 1), np.nan, np.float32)
    one[: len(samples)] = samples[: len(one)]
    return np.concatenate([one, one])


def vbr_as_libsndfile(samples: np.ndarray) -> np.ndarray:
    """FFmpeg 5 is up to 0.077 off in the noise, where miniaudio 0.11 (dr_mp3) gives what libmpg123 does, to 2e-5;
    libsndfile, with the latter inside, stops behind it."""
    begins, _ = soundfile.read(io.BytesIO(vbr_mp3()), dtype="float32", always_2d=True)
    return np.concatenate([begins, samples[len(begins) :]])


PCM = [
    Odd("WAV", f"{codec}", lambda codec=codec: made(".wav", "-c:a", codec))
    for codec in ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")
]
WAVS = [
    Odd("WAV, companded", "A-law", lambda: made(".wav", "-c:a", "pcm_alaw")),
    Odd("WAV, companded", "mu-law", lambda: made(".wav", "-c:a", "pcm_mulaw")),
    Odd("WAV, ADPCM", "Microsoft", lambda: made(".wav", "-c:a", "adpcm_ms")),
    Odd("WAV, ADPCM", "IMA", lambda: made(".wav", "-c:a", "adpcm_ima_wav"), OTHER_DECODER),
    Odd("WAV, other codecs", "MP3 inside", lambda: made(".wav", *MP3), LOSSY),
    Odd("WAV, other codecs", "AAC inside", lambda: made(".wav", "-c:a", "aac"), says="Damaged"),
    Odd("WAV from a pipe", "length 0", lambda: wav_claiming(0)),
    Odd("WAV from a pipe", "length 0xFFFFFFFF", lambda: wav_claiming(2**32 - 1)),
    Odd("WAV from a pipe", "length 0x7FFFFFFF", lambda: wav_claiming(2**31 - 1)),
    Odd("WAV, sizes", "cut in half", lambda: half(made(".wav")), says="Cut short: the file has"),
    Odd("WAV, sizes", "counts half of its samples", lambda: counting_half(made(".wav")), says="does not explain"),
    Odd("WAV, sizes", "1 sample", lambda: made(".wav", samples=tone()[:1]), says="Silent"),
    Odd("WAV, sizes", "no sample", lambda: made(".wav", samples=tone()[:0]), says="no samples", refused=True),
    Odd("WAV, sizes", "a list of words first", lambda: made(".wav", "-metadata", "title=" + 999 * "x")),
    Odd("WAV, levels", "peak of 3", lambda: made(".wav", "-c:a", "pcm_f32le", samples=5 * tone()), says="turned",
        heard_as=to_peak_1),
    Odd("WAV, levels", "peak of 1.2", lambda: made(".wav", "-c:a", "pcm_f32le", samples=2 * tone()), says="Peaks"),
    Odd("WAV, levels", "a constant", lambda: made(".wav", samples=np.full_like(tone(), 0.25)), says="constant of 0.25"),
    Odd("WAV, levels", "silence", lambda: made(".wav", samples=0 * tone()), says="Silent"),
    Odd("WAV, channels", "8", lambda: made(".wav", samples=tone(channels=8))),
    Odd("WAV, channels", "9", lambda: by_libsndfile("WAV", "PCM_16", tone(channels=9)), says="9 channels",
        refused=True),
    Odd("WAV, channels", "antiphase", lambda: made(".wav", samples=tone() * [1, -1]), says="is silence", mono=True),
    Odd("WAV, rates", "192 kHz", lambda: made(".wav", samples=tone(0.1, 192_000), rate=192_000)),
    Odd("WAV, rates", "claims 4 MHz", lambda: patched(made(".wav"), (24, struct.pack("<I", 4_000_000))),
             says="4,000,000 samples a second", refused=True),
    Odd("RIFX", "16 bits", lambda: by_libsndfile("WAV", "PCM_16", endian="BIG"), told=("-c:a", "pcm_s16be")),
    Odd("RF64", "16 bits", lambda: made(".wav", "-rf64", "always")),
    Odd("RF64", "cut in half", lambda: half(made(".wav", "-rf64", "always")), says="Cut short: the file has"),
    Odd("W64", "16 bits", lambda: made(".w64")),
    Odd("W64", "cut in half", lambda: half(made(".w64")), says="Cut short: the file has"),
]  # fmt: skip
BIG_ENDIAN = [
    Odd("AIFF", "16 bits", lambda: made(".aiff")),
    Odd("AIFF", "24 bits", lambda: made(".aiff", "-c:a", "pcm_s24be")),
    Odd("AIFF", "cut in half", lambda: half(made(".aiff")), says="Cut short: the file has"),
    Odd("AIFC", "little-endian (sowt)", lambda: made(".aiff", "-c:a", "pcm_s16le")),
    Odd("AIFC", "mu-law", lambda: made(".aiff", "-c:a", "pcm_mulaw")),
    Odd("AIFC", "float", lambda: by_libsndfile("AIFF", "FLOAT")),
    Odd("AU", "16 bits", lambda: made(".au")),
    Odd("AU", "mu-law", lambda: made(".au", "-c:a", "pcm_mulaw")),
    Odd("AU", "length unknown", lambda: patched(made(".au"), (8, b"\xff\xff\xff\xff"))),
    Odd("AU", "cut in half", lambda: half(made(".au")), says="Cut short: the file has"),
    Odd("CAF", "16 bits", lambda: made(".caf")),
    Odd("CAF", "ALAC", lambda: made(".caf", "-c:a", "alac")),
    Odd("CAF", "cut in half", lambda: half(made(".caf")), says="Cut short: the file has"),
    Odd("VOC", "16 bits", lambda: made(".voc", "-c:a", "pcm_s16le")),
]  # fmt: skip
LOSSLESS = [
    Odd("FLAC", "16 bits", lambda: made(".flac")),
    Odd("FLAC", "24 bits", lambda: made(".flac", "-sample_fmt", "s32")),
    Odd("FLAC", "length unknown", streamed_flac),
    Odd("FLAC", "ID3 first", lambda: id3() + made(".flac")),
    Odd("FLAC", "cut in half", lambda: half(made(".flac", samples=tone(2.0))), says="cut short"),
    Odd("FLAC", "one byte flipped", lambda: flipped(made(".flac", samples=tone(2.0))), says="Damaged",
        of=lambda: made(".flac", samples=tone(2.0)), gap=4608),
    Odd("FLAC in Ogg", "16 bits", lambda: made(".oga", "-c:a", "flac")),
    Odd("WavPack", "16 bits", lambda: made(".wv")),
    Odd("TTA", "16 bits", lambda: made(".tta")),
]  # fmt: skip
LOSSY_FILES = [
    Odd("Ogg Vorbis", "whole", lambda: made(".ogg"), LOSSY, length=12_000),
    Odd("Ogg Vorbis", "two joined", lambda: 2 * made(".ogg"), LOSSY, JOINED, of=lambda: made(".ogg"), heard_as=twice),
    Odd("Ogg Vorbis", "cut", lambda: half(made(".ogg", samples=tone(6.0))), LOSSY, "its last page is missing"),
    Odd("Ogg Vorbis", "one byte flipped", lambda: flipped(made(".ogg", samples=tone(6.0)), 0.6), LOSSY,
        "1 of [0-9]+ pages fail", of=lambda: made(".ogg", samples=tone(6.0)), gap=25_000),
    Odd("Opus", "48 kHz", lambda: made(".opus", samples=tone(rate=48_000), rate=48_000), OTHER_DECODER),
    Odd("Opus", "24 kHz", lambda: made(".opus"), RESAMPLED),
    Odd("Opus", "two joined", lambda: 2 * made(".opus"), RESAMPLED, JOINED, of=lambda: made(".opus"), heard_as=twice),
    Odd("Speex", "16 kHz", lambda: made(".spx", "-c:a", "libspeex", samples=tone(rate=16_000), rate=16_000)),
    Odd("MP3", "with Xing header", lambda: made(".mp3"), LOSSY),
    Odd("MP3", "without Xing header", lambda: made(".mp3", *NO_XING), LOSSY, UNMARKED),
    Odd("MP3", "variable rate without Xing header", vbr_mp3, LOSSY, UNMARKED, heard_as=vbr_as_libsndfile),
    Odd("MP3", "two joined without Xing header", joined_mp3, LOSSY, UNMARKED),
    Odd("MP3", "two joined with Xing header", lambda: 2 * made(".mp3"), LOSSY, JOINED, of=lambda: made(".mp3"),
        heard_as=twice),
    Odd("MP3", "an ID3 tag of 70 kB first", lambda: id3(70_000) + made(".mp3"), LOSSY),
    Odd("MP3", "500 zeros first", lambda: bytes(500) + made(".mp3", *NO_XING), LOSSY, UNMARKED),
    Odd("MP3", "begins within a frame", lambda: made(".mp3", *NO_XING)[100:], LOSSY, UNMARKED),
    Odd("MP3", "cut in half", lambda: half(made(".mp3")), LOSSY, "its header promises"),
    Odd("MP3", "60 bytes overwritten", lambda: patched(made(".mp3"), (2000, bytes(60))), LOSSY, "Damaged"),
    Odd("MP3", "8 kHz (MPEG 2.5)", lambda: made(".mp3", samples=tone(rate=8_000), rate=8_000), LOSSY),
    Odd("MPEG layer II", "48 kHz", lambda: made(".mp2", samples=tone(rate=48_000), rate=48_000), LOSSY, UNMARKED),
    Odd("AAC (ADTS)", "whole", lambda: made(".aac"), LOSSY, UNMARKED),
    Odd("AAC (ADTS)", "ID3 first", lambda: id3() + made(".aac"), LOSSY, UNMARKED),
    Odd("AAC (ADTS)", "cut in half", lambda: half(made(".aac")), LOSSY, UNMARKED),
    Odd("AAC (LATM)", "whole", lambda: made(".latm", "-c:a", "aac"), LOSSY, UNMARKED, told=("-f", "loas")),
    Odd("AC-3", "48 kHz", lambda: made(".ac3", samples=tone(rate=48_000), rate=48_000), LOSSY),
    Odd("E-AC-3", "48 kHz", lambda: made(".eac3", samples=tone(rate=48_000), rate=48_000), LOSSY),
    Odd("DTS", "48 kHz", lambda: made(".dts", "-strict", "-2", samples=tone(rate=48_000), rate=48_000), LOSSY),
    Odd("AMR", "narrow band", amr, LOSSY, "Louder than full scale", heard_as=to_peak_1),
    Odd("AMR", "wide band", lambda: amr(wide=True), LOSSY, "Peaks reach"),
    Odd("WMA", "version 1", lambda: made(".wma", "-c:a", "wmav1"), LOSSY),
    Odd("WMA", "version 2", lambda: made(".wma"), LOSSY),
]  # fmt: skip
IN_CONTAINERS = [
    Odd("M4A", "AAC", lambda: made(".m4a"), LOSSY, until_s=0.5),
    Odd("M4A", "ALAC", lambda: made(".m4a", "-c:a", "alac")),
    Odd("M4A", "with a cover", with_cover, LOSSY, until_s=0.5),
    Odd("M4A", "in fragments", lambda: made(".m4a", "-movflags", "frag_keyframe+empty_moov"), LOSSY, UNMARKED,
        until_s=(1024 + 12_000) / RATE),
    Odd("M4A", "cut in half", lambda: half(made(".m4a", "-movflags", "faststart")), LOSSY, "its header promises"),
    Odd("M4A", "cut before its header", lambda: half(made(".m4a")), says="damaged or cut short", refused=True),
    Odd("3GP", "AAC", lambda: made(".3gp", "-c:a", "aac"), LOSSY, until_s=0.5),
    Odd("QuickTime", "24 bits", lambda: made(".mov", "-c:a", "pcm_s24le")),
    Odd("WebM", "Opus, 48 kHz", lambda: made(".webm", samples=tone(rate=48_000), rate=48_000), LOSSY),
    Odd("WebM", "Opus, 24 kHz", lambda: made(".webm"), LOSSY),
    Odd("WebM", "Vorbis", lambda: made(".webm", "-c:a", "libvorbis"), LOSSY),
    Odd("WebM", "cut in half", lambda: half(made(".webm", samples=tone(3.0))), LOSSY, "its header promises"),
    Odd("Matroska", "FLAC", lambda: made(".mka", "-c:a", "flac")),
    Odd("AVI", "MP3", lambda: made(".avi", *MP3), LOSSY, UNMARKED),
    Odd("FLV", "AAC", lambda: made(".flv", "-c:a", "aac", samples=tone(rate=44_100), rate=44_100), LOSSY, UNMARKED),
    Odd("MPEG-TS", "AAC", lambda: made(".ts", "-c:a", "aac"), LOSSY, UNMARKED),
    Odd("a film's sound", "MP4", film_with_sound, LOSSY, until_s=0.5),
    Odd("no sound", "a film without", silent_film, says="has no sound", refused=True),
    Odd("no sound", "a text that begins as MP3 may", lambda: "\ufeffhello there".encode("utf-16-le"),
             says="not a sound", refused=True),
]  # fmt: skip
SOUNDS = [*PCM, *WAVS, *BIG_ENDIAN, *LOSSLESS, *LOSSY_FILES, *IN_CONTAINERS]
