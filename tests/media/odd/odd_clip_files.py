"""Odd clips, with what must be said of each."""

from __future__ import annotations

import numpy as np

from tests.media.odd import odd_clip_making as making
from tests.media.odd.odd_clip_making import H264, LOSSLESS, LOSSY, SCALED, Odd, animation, film, frames, half
from tests.media.odd.odd_sound_files import sound_alone, with_cover

# What Chromium 156 draws on a canvas of `making.PATCHES`, measured once.
IN_CHROMIUM = {
    "smpte2084": (0, 9, 48, 94, 137, 184, 221, 252, 255, 255, (156, 88, 54), (0, 119, 74)),
    "arib-std-b67": (0, 21, 57, 84, 101, 119, 142, 183, 223, 254, (107, 82, 67), (47, 94, 76)),
    "bt709": (0, 40, 80, 110, 130, 147, 165, 189, 219, 254, (141, 107, 87), (61, 123, 99)),
}
FFV1 = ("-c:v", "ffv1", "-pix_fmt", "bgr0")
FAST = ("-movflags", "faststart")
CHROMIUM = "Chromium 156"
SHIFTED = ("-vf", "setpts='if(lt(N,3),N,3+3*(N-3))'/10/TB", "-vsync", "vfr")
DROPPED = ("-vf", "select='not(eq(n,2)+eq(n,3))'", "-vsync", "vfr")
COMBED = ("-vf", "fps=50,tinterlace=interleave_top,fieldorder=tff", "-flags", "+ilme+ildct")
# Colours of 4:2:0 lie on the left pixel of two in MPEG-2, MPEG-4 and H.264 (6.2 there), which FFmpeg 5 must be told.
BICUBIC = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
LEFT = ("-vf", f"scale=in_h_chr_pos=0:in_v_chr_pos=128:{BICUBIC}")
FIELDS = ("-vf", f"scale=in_h_chr_pos=0:interl=1:{BICUBIC}")  # each field has colours of its own
TWENTY_FIVE = ("-vf", "fps=25")
AT_10, AT_20 = ("-vf", "fps=10"), ("-vf", "fps=20")


def drawn(curve: str):
    patches = np.array([np.broadcast_to(one, 3) for one in IN_CHROMIUM[curve]], np.uint8)
    return lambda: np.broadcast_to(np.repeat(patches, 16, axis=0)[None, None], (2, 16, 16 * len(patches), 3))


def codec(
    kind: str,
    name: str,
    suffix: str,
    *options: str,
    within: float = making.NEAR,
    source: str = "",
    told: tuple[str, ...] = (),
) -> Odd:
    """A film that is read like any other. told: options of the program when it decodes."""
    return Odd(kind, name, suffix, lambda: film(suffix, *options, source=source), within, options=told)


CODECS = [
    codec("H.264", "4:2:0", ".mp4", *H264, told=LEFT),
    codec("H.264", "4:4:4, lossless", ".mp4", *LOSSLESS),
    codec("H.264", "10 bits", ".mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p10le", told=LEFT),
    codec("HEVC", "4:2:0", ".mp4", "-c:v", "libx265", "-x265-params", "log-level=none"),
    codec("AV1", "4:2:0", ".mp4", "-c:v", "libaom-av1", "-cpu-used", "8", "-pix_fmt", "yuv420p"),
    codec("VP8", "WebM", ".webm", "-c:v", "libvpx"),
    codec("VP9", "WebM", ".webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p"),
    codec("MPEG-4", "AVI", ".avi", "-c:v", "mpeg4", within=LOSSY, told=LEFT),
    codec("MPEG-2", "transport stream", ".ts", "-c:v", "mpeg2video", *TWENTY_FIVE, within=LOSSY, told=LEFT),
    codec("MPEG-1", "program stream", ".mpg", "-c:v", "mpeg1video", *TWENTY_FIVE, within=LOSSY),
    codec("Theora", "Ogg", ".ogv", "-c:v", "libtheora", within=LOSSY),
    codec("WMV", "version 2", ".wmv", "-c:v", "wmv2", within=LOSSY),
    codec("FLV", "Sorenson", ".flv", "-c:v", "flv", within=LOSSY),
    codec("Motion JPEG", "full range", ".mov", "-c:v", "mjpeg", "-pix_fmt", "yuvj444p", within=LOSSY),
    codec("Motion JPEG", "odd sides", ".avi", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", within=LOSSY, source="odd"),
    codec("ProRes", "4:2:2, 10 bits", ".mov", "-c:v", "prores_ks", within=LOSSY),
    codec("FFV1", "RGB, odd sides", ".mkv", *FFV1, source="odd"),
    codec("HuffYUV", "4:2:2", ".avi", "-c:v", "huffyuv", "-pix_fmt", "yuv422p"),
    codec("uncompressed", "RGB", ".avi", "-c:v", "rawvideo", "-pix_fmt", "bgr24"),
    codec("uncompressed", "Y4M", ".y4m", "-pix_fmt", "yuv444p"),
    codec("QuickTime Animation", "RGB", ".mov", "-c:v", "qtrle", "-pix_fmt", "rgb24"),
    codec("depth", "16 bits of grey", ".mkv", "-c:v", "ffv1", "-pix_fmt", "gray16le"),
    codec("depth", "8 bits of grey", ".mkv", "-c:v", "ffv1", "-pix_fmt", "gray"),
    codec("depth", "12 bits, 4:4:4", ".mkv", "-c:v", "ffv1", "-pix_fmt", "yuv444p12le"),
    codec("depth", "16 bits of RGB", ".mkv", "-c:v", "ffv1", "-pix_fmt", "gbrp16le"),
    codec("depth", "32 greys of a palette", ".mov", "-c:v", "qtrle", "-pix_fmt", "gray", within=LOSSY),
    codec("even rate", "29.97, in whole milliseconds", ".mkv", *FFV1, "-vf", "fps=30000/1001"),
    codec("GIF", "even", ".gif"),
    codec("animated PNG", "even", ".apng"),
    codec("start", "5 s late", ".mkv", *FFV1, "-output_ts_offset", "5"),
    codec("start", "B-frames before 0", ".mov", *H264, "-bf", "2", told=LEFT),
]
COLOURS = [
    *(
        Odd("matrix", f"{name}, {wide}, {pixels}", ".mkv", lambda n=name, w=wide, p=pixels: making.matrix(n, w, p), 2.0,
            options=making.read_as(name, wide))
        for name, wide, pixels in (
            ("bt709", "tv", "yuv444p"), ("bt709", "pc", "yuv444p"), ("bt601", "tv", "yuv444p"),
            ("bt601", "pc", "yuv420p"), ("bt2020", "tv", "yuv444p10le"), ("bt709", "tv", "yuv420p10le"),
            ("smpte240m", "tv", "yuv444p"),
        )
    ),
    Odd("matrix", "unsaid, 720 rows", ".mp4", lambda: film(".mp4", *LOSSLESS, source="high"), 2.0, "BT.709 is taken",
        options=("-vf", "scale=6:256:in_color_matrix=bt709:flags=lanczos+accurate_rnd+full_chroma_int")),
    *(
        Odd(kind, name, ".webm", lambda curve=curve: making.in_hdr(curve), 4.0, says, expected=drawn(curve),
            by=CHROMIUM, columns=(8, 16))
        for kind, name, curve, says in (
            ("HDR", "PQ", "smpte2084", "HDR .PQ. tone-mapped"), ("HDR", "HLG", "arib-std-b67", "HDR .HLG. tone-mapped"),
            ("wide gamut", "BT.2020", "bt709", "Colours of BT.2020 converted to sRGB"),
        )
    ),
    Odd("alpha", "QuickTime Animation", ".mov", lambda: film(".mov", "-c:v", "qtrle", "-pix_fmt", "argb", "-vf",
        "format=argb,colorchannelmixer=aa=0.5"), 2.0, "laid on white", expected=making.half_on_white, by="the frames"),
    Odd("alpha", "VP9", ".webm", lambda: film(".webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"), LOSSY,
        "second stream that is not read"),
]  # fmt: skip
TIMES = [
    Odd("variable rate", "two speeds", ".mp4", lambda: film(".mp4", *LOSSLESS, *SHIFTED),
        says="uneven times, 100 to 400 ms", options=AT_10),
    Odd("variable rate", "dropped frames", ".mkv", lambda: film(".mkv", *FFV1, *DROPPED), says="uneven times",
        options=AT_10),
    Odd("GIF", "uneven", ".gif", lambda: animation("GIF", (50, 50, 200, 100)), says="uneven times, 50 to 200 ms",
        options=AT_20),
    Odd("GIF", "no times", ".gif", lambda: animation("GIF", (0, 0, 0, 0)), says="shown for 100 ms"),
    Odd("animated PNG", "uneven", ".apng", lambda: animation("PNG", (100, 100, 300, 100)), says="uneven times",
        options=AT_10),
    Odd("animated PNG", "a still picture first", ".png", lambda: animation("PNG", (100,) * 4, default_image=True),
        expected=lambda: frames(4)[1:], by="the frames"),
    Odd("animated WebP", "even", ".webp", lambda: animation("WEBP", (100,) * 4, lossless=True),
        expected=lambda: frames(4), by="the frames"),
    Odd("animated WebP", "uneven", ".webp", lambda: animation("WEBP", (100, 300, 100), lossless=True),
        says="uneven times", expected=lambda: frames(3)[[0, 1, 1, 1, 2]], by="the frames"),
    Odd("animated WebP", "half transparent", ".webp",
        lambda: animation("WEBP", (100,) * 3, alpha=True, lossless=True, exact=True), says="laid on white",
        expected=lambda: making.on_white(frames(3)), by="the frames"),
    Odd("start", "an edit list", ".mp4", lambda: making.copied(film(".mp4", *H264, "-g", "3"), ".mp4", "-ss", "0.4"),
        options=LEFT),
]  # fmt: skip
QUARTERS = (
    ("90 degrees", (0, 1, -1, 0), "turned by 90 degrees clockwise"),
    ("180 degrees", (-1, 0, 0, -1), "turned by 180 degrees, as"),
    ("270 degrees", (0, -1, 1, 0), "turned by 90 degrees counter-clockwise"),
    ("mirrored", (-1, 0, 0, 1), "mirrored, as"),
    ("mirrored and 90 degrees", (0, 1, 1, 0), "mirrored and turned"),
)  # fmt: skip
SHAPES = [
    Odd("oblong pixels", "16:15", ".mp4", lambda: film(".mp4", *LOSSLESS, "-vf", "setsar=16/15"), SCALED,
        "not square .16/15.", options=("-vf", "scale=85:64:flags=lanczos+accurate_rnd+full_chroma_int")),
    Odd("oblong pixels", "1:2", ".mkv", lambda: film(".mkv", *FFV1[:3], "yuv444p", "-vf", "setsar=1/2"), SCALED,
        "not square .1/2.", options=("-vf", "scale=40:64:flags=lanczos+accurate_rnd+full_chroma_int")),
    *(Odd("turned", words, ".mov", lambda quarter=quarter: making.turned(*quarter), says=says)
      for words, quarter, says in QUARTERS),
    Odd("length", "1 frame", ".mp4", lambda: film(".mp4", *LOSSLESS, source="one"), says="one frame: nothing moves"),
    Odd("interlaced", "MPEG-2", ".ts", lambda: film(".ts", "-c:v", "mpeg2video", *COMBED), LOSSY,
        "Interlaced", options=FIELDS),
    Odd("tags", "in Latin-1", ".avi", 
        lambda: film(".avi", *FFV1, "-metadata", "title=abcde").replace(b"abcde", b"\xe9t\xe9\xe8!")),
    Odd("length", "80 frames", ".mp4", lambda: film(".mp4", *LOSSLESS, source="many"),
        says="Only the first 65 frames of 80", options=("-frames:v", "65")),
    Odd("damage", "cut in half", ".mp4", lambda: half(film(".mp4", *LOSSLESS, *FAST, source="some")), says="Damaged"),
    Odd("damage", "cut in half", ".mkv", lambda: half(film(".mkv", *LOSSLESS, source="some")), says="cut short"),
    Odd("damage", "bytes overwritten", ".mp4",
        lambda: making.overwritten(film(".mp4", *LOSSLESS, *FAST, source="some"), 0.5, 0.51), says="Damaged"),
    Odd("damage", "no frame left", ".mp4", lambda: making.overwritten(film(".mp4", *H264, *FAST), 0.5, 1.0),
        says="can be decoded", refused=True),
    Odd("damage", "cut before its header", ".mp4", lambda: half(film(".mp4", *H264)), says="damaged", refused=True),
    Odd("no pictures", "a cover beside a sound", ".m4a", with_cover, says="no picture track but a cover", refused=True),
    Odd("no pictures", "sound alone", ".mp4", sound_alone, says="no picture track", refused=True),
]  # fmt: skip
CLIPS = [*CODECS, *COLOURS, *TIMES, *SHAPES]
