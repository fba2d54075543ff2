"""Codec2 700C and LPCNet of libcodec2: the library's own codes and sound, called here as its programs call it.

Its calls are made again in a process of their own; the search for vectors is held against float64 over the tables that
were read out, by the M-best search that `newamp1.c` and `lpcnet_quant.c` describe.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from explorer.__main__ import main
from explorer.foundation.errors import CheckpointError, ExplorerError
from explorer.loading.planning import load, parse_source, plan
from explorer.media.quality.sound_fidelity import log_mel_distance_db
from explorer.media.sounds.audio import fit_audio, load_audio
from explorer.public.codec2 import library
from explorer.tokenizers import forget, load_tokenizer

DIGITS = Path(__file__).resolve().parents[3] / "shared" / "data" / "speech_digits"
needs_library = pytest.mark.skipif(not library.library_name(), reason="libcodec2 is not installed on this machine")
needs_speech = pytest.mark.skipif(not DIGITS.is_dir(), reason="the spoken digits are not beside the project")
MODES = ("700C", "lpcnet")
FIELDS = {"700C": (9, 9, 4, 6), "lpcnet": (11, 11, 11, 11, 6, 2)}
# As c2enc.c, c2dec.c, lpcnet_enc.c and lpcnet_dec.c of the authors call the library: packets of hexadecimal digits and
# samples, of a sound of int16 on the input.
PROGRAM = """
import ctypes, sys
lib, rate = ctypes.CDLL(sys.argv[1]), sys.argv[2]
speech = sys.stdin.buffer.read()
for name in ("codec2_create", "lpcnet_freedv_create"):
    getattr(lib, name).restype = ctypes.c_void_p
if rate == "700C":
    one, hop, room = ctypes.c_void_p(lib.codec2_create(8)), 320, 4
    encode, decode = lib.codec2_encode, lib.codec2_decode
else:
    one, hop, room = ctypes.c_void_p(lib.lpcnet_freedv_create(1)), 480, 52
    encode = lambda state, packet, frame: lib.lpcnet_enc(state, frame, packet)
    decode = lambda state, sound, packet: lib.lpcnet_dec(state, packet, sound)
packets = []
for start in range(0, len(speech), 2 * hop):
    packet = ctypes.create_string_buffer(room)
    encode(one, packet, (ctypes.c_short * hop).from_buffer_copy(speech[start:start + 2 * hop]))
    packets.append(packet.raw)
if sys.argv[3] == "encode":
    sys.stdout.write(b"".join(packets).hex())
else:
    fresh = ctypes.c_void_p(lib.codec2_create(8) if rate == "700C" else lib.lpcnet_freedv_create(1))
    sound = (ctypes.c_short * hop)()
    for packet in packets:
        decode(fresh, sound, ctypes.create_string_buffer(packet, room))
        sys.stdout.buffer.write(bytes(sound))
"""


def own(mode, samples, does):
    """What the library gives to a program that calls it by itself."""
    speech = (samples[:, 0].astype(np.float64) * 32768).round().clip(-32768, 32767).astype("<i2").tobytes()
    command = [sys.executable, "-c", PROGRAM, library.library_name(), mode, does]
    return subprocess.run(command, input=speech, capture_output=True, check=True).stdout


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def codec(mode):
    spec = load(plan(f"codec2:{mode}"))
    yield load_tokenizer(spec.id)
    forget(spec.id)


@pytest.fixture(scope="module")
def speech(codec):
    """Two words, at the rate of the codec and in whole frames."""
    words = [load_audio(DIGITS / f"{word}.flac") for word in ("7_george_0", "3_theo_0")]
    fitted = [fit_audio(word, codec.spec.sample_rate_hz, 1, codec.spec.downsampling, 1).samples for word in words]
    return np.concatenate(fitted)


@pytest.fixture(scope="module")
def record(codec, speech):
    return codec.tokenize(speech)


@needs_library
@needs_speech
def test_codes_are_the_bits_of_the_librarys_packets(mode, speech, record):
    packets = bytes.fromhex(own(mode, speech, "encode").decode())
    raw = np.frombuffer(packets, np.uint8).reshape(len(record.levels[0].indices), -1)
    bits = np.unpackbits(raw, axis=1)[:, :28] if mode == "700C" else raw
    at = 0
    for level, width in zip(record.levels, FIELDS[mode], strict=True):
        weights = 1 << np.arange(width)[::-1]
        np.testing.assert_array_equal(level.indices, bits[:, at : at + width] @ weights)
        at += width
    assert at == bits.shape[1] and len(np.unique(record.levels[0].indices)) > 5


@needs_library
@needs_speech
def test_sound_is_what_the_library_decodes(mode, codec, speech, record):
    """Sample by sample, though the library draws phases by chance, and the same again."""
    samples = np.frombuffer(own(mode, speech, "decode"), "<i2") / 32768
    np.testing.assert_array_equal(record.reconstruction[:, 0], samples.astype(np.float32))
    assert samples.std() > 0.01
    again = codec.detokenize([level.indices for level in record.levels])
    np.testing.assert_array_equal(again, record.reconstruction)


@needs_library
@needs_speech
def test_codes_of_the_spectrum_are_the_best_of_five_survivors(mode, record):
    """M-best search in float64 over the tables that were read out, of the latents that were read out."""
    width, stages = (20, 2) if mode == "700C" else (18, 4)
    tables = [level.codebook.vectors[:, :width].astype(np.float64) for level in record.levels[:stages]]
    given = record.levels[0].z_e[:, :width].astype(np.float64)
    same = 0
    for at, vector in enumerate(given):
        survivors = [((), vector)]
        for table in tables:
            grown = [
                (((rest - row) ** 2).sum(), (*path, code), rest - row)
                for path, rest in survivors
                for code, row in ((c, table[c]) for c in np.argsort(((rest - table) ** 2).sum(1))[:5])
            ]
            survivors = [(path, rest) for _, path, rest in sorted(grown, key=lambda one: one[0])[:5]]
        same += survivors[0][0] == tuple(int(level.indices[at]) for level in record.levels[:stages])
    assert same >= 0.98 * len(given), f"{same} of {len(given)}"  # float32 against float64: near ties


@needs_library
@needs_speech
def test_fields_of_one_number_are_near_what_was_measured(mode, record):
    """Each within half a step, or within the whole step down to which LPCNet rounds periods."""
    energy_or_pitch, last = record.levels[-2:]
    off = (energy_or_pitch.z_e - energy_or_pitch.z_q).sum(1)
    if mode == "700C":
        inside = (energy_or_pitch.indices > 0) & (energy_or_pitch.indices < 15)
        assert inside.any() and np.abs(off[inside]).max() <= 1.25 + 1e-4
        voiced = last.indices > 1
        assert voiced.any() and np.abs((last.z_e - last.z_q).sum(1)[voiced]).max() <= 3 / 64 / 2 + 1e-3
        assert not last.z_e[last.indices == 0].any()
    else:
        assert off.min() > -0.2 and off.max() < 4 + 1e-3
        np.testing.assert_array_equal(last.indices, np.abs(last.z_e[:, -1:] + 0.25 - [0.25, 0.25, 0.65, 0.8]).argmin(1))


@needs_library
@needs_speech
def test_a_level_more_is_nearer_and_a_voice_without_pitch_is_noise(mode, codec, speech, record):
    rate, delay = codec.spec.sample_rate_hz, codec.spec.delay_samples
    stages = 2 if mode == "700C" else 4

    def far(levels):
        decoded = codec.decode_levels(record, levels)
        return log_mel_distance_db(speech[: len(speech) - delay], decoded[delay:], rate)

    scalars = list(range(stages, len(record.levels)))
    distances = [far([*range(count), *scalars]) for count in (0, 1, stages)]
    assert distances[0] > distances[1] + 0.5 > distances[2] + 0.5
    np.testing.assert_array_equal(codec.decode_levels(record, range(len(record.levels))), record.reconstruction)
    if mode == "700C":
        whispered = [level.indices for level in record.levels[:3]] + [np.zeros_like(record.levels[3].indices)]
        np.testing.assert_array_equal(codec.decode_levels(record, [0, 1, 2]), codec.detokenize(whispered))


@needs_library
@needs_speech
def test_the_stated_delay_fits_better_than_any_other(mode, codec, speech, record):
    rate, delay, made = codec.spec.sample_rate_hz, codec.spec.delay_samples, record.reconstruction
    far = {at: log_mel_distance_db(speech[: len(speech) - at], made[at:], rate) for at in range(0, rate // 10, 40)}
    assert abs(min(far, key=far.get) - delay) <= rate * 0.005


@needs_library
def test_tables_are_listed_and_silence_and_noise_are_coded(mode, codec):
    books = codec.codebooks()
    assert [book.codebook_size for book in books] == [2**bits for bits in FIELDS[mode]]
    assert all(book.codebook_dim == (22 if mode == "700C" else 20) for book in books)
    assert len(np.unique(books[0].vectors, axis=0)) == books[0].codebook_size
    hop = codec.spec.downsampling
    noise = np.random.default_rng(0).uniform(-1.2, 1.2, (5 * hop, 1)).astype(np.float32)
    for media in (np.zeros((hop, 1), np.float32), np.ones((3 * hop, 1), np.float32), noise):
        assert np.isfinite(codec.tokenize(media).reconstruction).all()
    alone = codec.decode_alone(0, [3, 10], tokens=5)
    assert alone.shape == (2, 5 * hop, 1) and not np.array_equal(alone[0], alone[1])


@needs_library
@needs_speech
def test_the_command_line_takes_it_by_name(tmp_path, capsys):
    """A whole way: name to tokens to sound."""
    tokens, sound = tmp_path / "tokens.npz", tmp_path / "sound.wav"
    digit = str(DIGITS / "7_george_0.flac")
    assert main(["tokenize", digit, "--hub", "codec2:700C", "--out", str(tokens)]) == 0
    assert main(["detokenize", str(tokens), "--checkpoint", "codec2:700C", "--out", str(sound)]) == 0
    samples, rate = soundfile.read(sound)
    assert rate == 8000 and np.abs(samples).max() > 0.01


def test_names_of_libraries_are_no_files_and_no_repositories():
    assert parse_source("codec2:lpcnet") == parse_source("hub:codec2:lpcnet") == parse_source("file:codec2:lpcnet")
    assert parse_source("Codec2:700C").name == "codec2:700C"
    with pytest.raises(CheckpointError, match="codec2:700C and codec2:lpcnet are"):
        plan("codec2:3200")


def test_where_the_library_is_absent_it_is_said(monkeypatch):
    monkeypatch.setattr("explorer.public.codec2.format.library_name", lambda: "")
    with pytest.raises(CheckpointError, match=r"sudo apt install libcodec2-1\.0"):
        plan("codec2:lpcnet")


def test_a_library_that_falls_takes_nothing_with_it(tmp_path, monkeypatch):
    """A program that is ended by a signal, and one that says why it cannot."""
    for text, words in (("import os\nos.abort()", "ended by signal 6"), ("raise ValueError('not so')", "not so")):
        program = tmp_path / "program.py"
        program.write_text(text)
        monkeypatch.setattr(library, "PROGRAM", program)
        monkeypatch.setattr(library, "library_name", lambda: "libcodec2")
        with pytest.raises(ExplorerError, match=words):
            library.ask({"does": "tables"})
