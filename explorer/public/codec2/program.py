"""The process in which libcodec2 runs: one request on its input, one answer on its output; Python's own library alone.

A C library that fails ends its process, and Codec2 and LPCNet draw random phases and samples from a state that only a
new process starts over: each medium is coded in a process forked for it, so that the same tokens give the same sound.

Request: a line of JSON {codec, does, media, frames} and numbers. "tables": nothing more. "encode": int16 samples of all
media. "decode": int32 codes (media, frames, fields), -1 where a field is left out. The answer, of all media in their
order: float32 (frames, latents and codes); int16 samples; or float32 tables.

Sources: github.com/drowe67/codec2 (codec2.c, newamp1.c) and github.com/drowe67/LPCNet (lpcnet_freedv.c,
lpcnet_quant.c), LGPL-2.1 and BSD-3-Clause.
"""

import ctypes
import json
import math
import os
import struct
import sys
import tempfile
from array import array

VECTORS = "newamp1vq_cb"
NEWAMP_WIDTH, NEWAMP_CODES, NEWAMP_BYTES = 20, 512, 4  # numbers of a vector, codes of a stage, bytes of a frame
MODE_700C, ENERGY_MIDDLE = 8, 8  # 30 dB, the level that stands for an energy that is left out
HOP_700C, FIELDS_700C = 320, (9, 9, 4, 6)

BANDS, STAGES, STAGE_CODES, MOST_CODES = 18, 4, 2048, 4096
SPLIT = 1  # LPCNET_DIRECT_SPLIT: of FreeDV 2020, each packet for itself
SUBFRAMES, SUBFRAME, FEATURES = 3, 160, 55
PITCH_MIDDLE, FIELDS_LPCNET = 17, (11, 11, 11, 11, 6, 2)  # a period of 100 samples, where the pitch is left out
HOP_LPCNET = SUBFRAMES * SUBFRAME


class _Table(ctypes.Structure):
    """struct lsp_codebook."""

    _fields_ = [
        ("k", ctypes.c_int),
        ("log2m", ctypes.c_int),
        ("m", ctypes.c_int),
        ("cb", ctypes.POINTER(ctypes.c_float)),
    ]


class _Quantizer(ctypes.Structure):
    """The beginning of LPCNET_QUANT."""

    _fields_ = [
        ("weight", ctypes.c_float),
        ("pred", ctypes.c_float),
        ("num_stages", ctypes.c_int),
        ("m", ctypes.POINTER(ctypes.c_int)),
        ("vq", ctypes.POINTER(ctypes.c_float)),
    ]


class Codec700C:
    """Codec2 at 700 bit/s: two stages of vectors, an energy, a pitch of which 0 says "no voice"."""

    hop, width, fields = HOP_700C, NEWAMP_WIDTH + 2, FIELDS_700C

    def __init__(self, library):
        self.library = library
        library.codec2_create.restype = ctypes.c_void_p
        self.state = ctypes.c_void_p(library.codec2_create(MODE_700C))
        found = [library.codec2_bits_per_frame(self.state), library.codec2_samples_per_frame(self.state)]
        tables = (_Table * 2).in_dll(library, VECTORS)
        shapes = [(one.k, one.m) for one in tables]
        if found != [sum(FIELDS_700C), HOP_700C] or shapes != [(NEWAMP_WIDTH, NEWAMP_CODES)] * 2:
            raise ValueError(f"its mode 700C has {found} bits and samples a frame and tables of {shapes}")
        self.stages = [Stage(one.cb, NEWAMP_CODES, NEWAMP_WIDTH) for one in tables]
        self.energies = (_Table * 1).in_dll(library, "newamp1_energy_cb")[0].cb

    def tables(self):
        """Both stages, then the energies in dB."""
        return array("f", [*self.stages[0].kept, *self.stages[1].kept, *self.energies[: 1 << FIELDS_700C[2]]])

    def encode(self, samples):
        """Latents (vector, energy in dB, radians a sample or 0 without voice) and codes of each frame."""
        rows, packets = array("f"), []
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("features", "model")]
            self.library.codec2_open_mlfeat(self.state, *(name.encode() for name in names))
            packet = ctypes.create_string_buffer(NEWAMP_BYTES)
            for start in range(0, len(samples), self.hop):
                frame = (ctypes.c_short * self.hop)(*samples[start : start + self.hop])
                self.library.codec2_encode(self.state, packet, frame)
                packets.append(read_fields(bits_of(packet.raw), self.fields))
            ctypes.CDLL(None).fflush(None)
            with open(names[0], "rb") as features, open(names[1], "rb") as models:
                many = len(packets)
                heard, seen = features.read(), models.read()
                row, step = len(heard) // many, len(seen) // many
                for at, codes in enumerate(packets):
                    mean, *vector = struct.unpack_from(f"{1 + NEWAMP_WIDTH}f", heard, at * row)
                    (radians,) = struct.unpack_from("f", seen, at * step)
                    voiced = struct.unpack_from("i", seen, (at + 1) * step - 4)[0]
                    rows.extend([*vector, mean, radians if voiced else 0.0, *codes])
        return rows

    def decode(self, frames):
        """Samples of frames of codes, below 0 where one is left out."""
        found, speech = array("h"), (ctypes.c_short * self.hop)()
        for one in frames:
            sent = [*send_vectors(self.stages, one[:2]), one[2] if one[2] >= 0 else ENERGY_MIDDLE, max(0, one[3])]
            self.library.codec2_decode(self.state, speech, bytes_of(write_fields(sent, self.fields)))
            found.extend(speech)
        return found


class CodecLpcNet:
    """LPCNet at 52 bits in 30 ms: four stages of vectors of 18 bands, a pitch, and its gain."""

    hop, width, fields = HOP_LPCNET, BANDS + 2, FIELDS_LPCNET

    def __init__(self, library):
        self.library = library
        for name in ("lpcnet_freedv_create", "lpcnet_dump_create"):
            getattr(library, name).restype = ctypes.c_void_p
        library.lpcnet_quant_create.restype = ctypes.POINTER(_Quantizer)
        self.state = ctypes.c_void_p(library.lpcnet_freedv_create(SPLIT))
        found = [library.lpcnet_bits_per_frame(self.state), library.lpcnet_samples_per_frame(self.state)]
        one = library.lpcnet_quant_create(SPLIT).contents
        if found != [sum(FIELDS_LPCNET), HOP_LPCNET] or one.num_stages != STAGES or one.pred != 0:
            raise ValueError(f"its LPCNet has {found} bits and samples a frame in {one.num_stages} stages")
        if one.m[:STAGES] != [STAGE_CODES] * STAGES:
            raise ValueError(f"its LPCNet has stages of {one.m[:STAGES]} codes")
        size = BANDS * MOST_CODES * ctypes.sizeof(ctypes.c_float)
        start = ctypes.addressof(one.vq.contents)
        pointers = [ctypes.cast(start + at * size, ctypes.POINTER(ctypes.c_float)) for at in range(STAGES)]
        self.stages = [Stage(pointer, STAGE_CODES, BANDS) for pointer in pointers]

    def tables(self):
        """The stages, in dB."""
        return array("f", [number for stage in self.stages for number in stage.kept])

    def encode(self, samples):
        """Latents (18 bands in dB, period in samples, its gain) and codes of each frame.

        The library adds noise of half a step to what it hears: drawn again alike, so that latents are what was coded.
        """
        machine, watch = ctypes.CDLL(None), ctypes.c_void_p(self.library.lpcnet_dump_create())
        frames = [samples[start : start + self.hop] for start in range(0, len(samples), self.hop)]
        packet, features = (ctypes.c_char * sum(self.fields))(), (ctypes.c_float * FEATURES)()
        packets, rows = [], array("f")
        machine.srand(1)
        for frame in frames:
            self.library.lpcnet_enc(self.state, (ctypes.c_short * self.hop)(*frame), packet)
            packets.append(read_fields(list(packet.raw), self.fields))
        machine.srand(1)
        for frame, codes in zip(frames, packets, strict=True):
            seen = []
            for at in range(0, self.hop, SUBFRAME):
                self.library.lpcnet_dump(watch, (ctypes.c_float * SUBFRAME)(*frame[at : at + SUBFRAME]), features)
                seen = seen or list(features)  # the first 10 ms are what is sent
            period = 50 * seen[2 * BANDS] + 100
            rows.extend([*log_bands(seen[:BANDS]), period, seen[2 * BANDS + 1], *codes])
        return rows

    def decode(self, frames):
        """Samples of frames of codes, below 0 where one is left out."""
        found, speech = array("h"), (ctypes.c_short * self.hop)()
        for one in frames:
            pitch, gain = one[STAGES:]
            sent = [*send_vectors(self.stages, one[:STAGES]), pitch if pitch >= 0 else PITCH_MIDDLE, max(0, gain)]
            bits = write_fields(sent, self.fields)
            self.library.lpcnet_dec(self.state, (ctypes.c_char * len(bits))(*bits), speech)
            found.extend(speech)
        return found


class Stage:
    """A table of vectors of the library, whose row 0 is written over: by a vector, or by zeros where it is left out."""

    def __init__(self, pointer, codes, width):
        self.pointer, self.codes, self.width = pointer, codes, width
        self.kept = (ctypes.c_float * (codes * width))(*pointer[: codes * width])

    def send(self, code):
        """Let row 0 be the vector of that code, zero below 0; 0, which is what to send."""
        size = self.width * ctypes.sizeof(ctypes.c_float)
        if code < 0:
            ctypes.memset(self.pointer, 0, size)
        else:
            ctypes.memmove(self.pointer, ctypes.byref(self.kept, code * size), size)
        return 0


def send_vectors(stages, codes):
    """What to send for the codes of one frame: themselves if none is left out, else row 0 of each, written over."""
    if min(codes) >= 0:
        for stage in stages:
            stage.send(0)
        return list(codes)
    return [stage.send(code) for stage, code in zip(stages, codes, strict=True)]


def log_bands(cepstrum):
    """The inverse cosine transform of the library's 18 numbers, in dB."""
    scale = 10 * math.sqrt(2 / BANDS)
    return [
        scale
        * sum(
            one * math.cos((band + 0.5) * at * math.pi / BANDS) * (math.sqrt(0.5) if at == 0 else 1)
            for at, one in enumerate(cepstrum)
        )
        for band in range(BANDS)
    ]


def read_fields(bits, fields):
    """Bits, the first of each field its highest -> its numbers."""
    found, at = [], 0
    for width in fields:
        found.append(int("".join(map(str, bits[at : at + width])), 2))
        at += width
    return found


def write_fields(numbers, fields):
    """The inverse of `read_fields`."""
    pairs = zip(numbers, fields, strict=True)
    return [number >> (width - 1 - at) & 1 for number, width in pairs for at in range(width)]


def bits_of(packet):
    """Bytes -> bits, the highest first."""
    return [byte >> (7 - at) & 1 for byte in packet for at in range(8)]


def bytes_of(bits):
    """The inverse of `bits_of`, filled up with 0."""
    bits = bits + [0] * (-len(bits) % 8)
    return bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))


def numbers_for(codec, request, numbers):
    """The numbers that answer one medium's part of a request."""
    if request["does"] == "tables":
        return codec.tables()
    if request["does"] == "encode":
        return codec.encode(numbers)
    width = len(codec.fields)
    return codec.decode([numbers[at : at + width] for at in range(0, len(numbers), width)])


def main():
    """Answer the one request; each medium in a process of its own, which writes in its turn."""
    given, given_out = sys.stdin.buffer, os.dup(1)
    os.dup2(2, 1)  # what the library prints is no part of the answer
    request = json.loads(given.readline())
    library = ctypes.CDLL(sys.argv[1])
    make = {"700C": Codec700C, "lpcnet": CodecLpcNet}[request["codec"]]
    numbers = array("h" if request["does"] == "encode" else "i", given.read())
    media = request.get("media", 1)
    part = len(numbers) // media
    for at in range(media):
        child = os.fork()
        if child == 0:
            made = numbers_for(make(library), request, numbers[at * part : (at + 1) * part])
            with os.fdopen(given_out, "wb") as answer:
                answer.write(made.tobytes())
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status:
            os._exit(128 + (status & 127) if status & 127 else os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
