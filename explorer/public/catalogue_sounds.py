"""Known tokenizers of sound. See known.py for what the fields mean."""

from __future__ import annotations

from explorer.public.catalogue import NOT_STATED, KnownTokenizer

_CARD = "licence and data: the authors' card or paper, from memory; check the card, which is shown when it is planned"
_LIBRITTS = "LibriTTS (speech)"
_MANY = "speech, music and sounds (DNS, Common Voice, AudioSet, FSD50K, Jamendo)"
_DAC = "speech, music and sounds (DAPS, DNS, Common Voice, VCTK, MUSDB, Jamendo, AudioSet)"

SOUNDS: tuple[KnownTokenizer, ...] = (
    KnownTokenizer(
        "encodec-24khz", "EnCodec 24 kHz", "encodec", "audio", "facebook/encodec_24khz",
        "https://github.com/facebookresearch/encodec", NOT_STATED, _MANY,
        "licence: the card states none (that of the 48 kHz model says MIT); data: the paper",
        parameters=19_078_882,
    ),
    KnownTokenizer(
        "encodec-32khz", "EnCodec 32 kHz (MusicGen)", "encodec", "audio", "facebook/encodec_32khz",
        "https://github.com/facebookresearch/audiocraft", "CC-BY-NC-4.0", "20,000 hours of licensed music", _CARD,
        parameters=57_941_442,
    ),
    KnownTokenizer(
        "encodec-48khz", "EnCodec 48 kHz, stereo", "encodec", "audio", "facebook/encodec_48khz",
        "https://github.com/facebookresearch/encodec", "MIT", "music (Jamendo)", "licence: the card; data: the paper",
        parameters=16_969_830,
    ),
    KnownTokenizer(
        "dac-16khz", "Descript Audio Codec 16 kHz", "dac", "audio", "descript/dac_16khz",
        "https://github.com/descriptinc/descript-audio-codec", "MIT", _DAC, _CARD,
        parameters=74_141_697,
    ),
    KnownTokenizer(
        "dac-24khz", "Descript Audio Codec 24 kHz", "dac", "audio", "descript/dac_24khz",
        "https://github.com/descriptinc/descript-audio-codec", "MIT", _DAC, _CARD,
        parameters=74_653_857,
    ),
    KnownTokenizer(
        "dac-44khz", "Descript Audio Codec 44.1 kHz", "dac", "audio", "descript/dac_44khz",
        "https://github.com/descriptinc/descript-audio-codec", "MIT", _DAC, _CARD, parameters=76_620_777,
    ),
    KnownTokenizer(
        "mimi", "Mimi 24 kHz (Moshi)", "mimi", "audio", "kyutai/mimi", "https://github.com/kyutai-labs/moshi",
        "CC-BY-4.0", "7 million hours of sound, mostly English speech", _CARD, parameters=96_151_361,
    ),
    KnownTokenizer(
        "xcodec-librispeech", "X-Codec (HuBERT, LibriSpeech)", "xcodec", "audio", "hf-audio/xcodec-hubert-librispeech",
        "https://github.com/zhenye234/xcodec", NOT_STATED, "LibriSpeech", "data: the name of the model",
        parameters=151_791_617,
    ),
    KnownTokenizer(
        "xcodec-general", "X-Codec (HuBERT, general sound)", "xcodec", "audio", "hf-audio/xcodec-hubert-general",
        "https://github.com/zhenye234/xcodec", NOT_STATED, "speech, music and sounds", "data: the name of the model",
    ),
    KnownTokenizer(
        "xcodec2", "X-Codec 2", "xcodec2", "audio", "HKUSTAudio/xcodec2-hf", "https://github.com/zhenye234/X-Codec-2.0",
        "CC-BY-NC-4.0", "150,000 hours of speech", _CARD,
        parameters=629_281_706,
    ),
    KnownTokenizer(
        "neucodec", "NeuCodec", "neucodec", "audio", "neuphonic/neucodec", "https://github.com/neuphonic/neucodec",
        "Apache-2.0", "speech of many languages", _CARD,
        parameters=629_937_706,
    ),
    KnownTokenizer(
        "wav2vec2-base", "wav2vec 2.0 base: its quantizer (no decoder)", "wav2vec2", "audio", "facebook/wav2vec2-base",
        "https://github.com/facebookresearch/fairseq", "Apache-2.0", "LibriSpeech, 960 hours", _CARD,
        files=("pytorch_model.bin",),
        parameters=4_529_792,
    ),
    KnownTokenizer(
        "snac-24khz", "SNAC 24 kHz, speech", "snac", "audio", "hubertsiuzdak/snac_24khz",
        "https://github.com/hubertsiuzdak/snac", "MIT", "speech", _CARD + "; parameters: the authors' table",
        parameters=19_800_000, files=("pytorch_model.bin",),
    ),
    KnownTokenizer(
        "snac-32khz", "SNAC 32 kHz, music and sounds", "snac", "audio", "hubertsiuzdak/snac_32khz",
        "https://github.com/hubertsiuzdak/snac", "MIT", "music and sounds", _CARD + "; parameters: the authors' table",
        parameters=54_500_000, files=("pytorch_model.bin",),
    ),
    KnownTokenizer(
        "snac-44khz", "SNAC 44 kHz, music and sounds", "snac", "audio", "hubertsiuzdak/snac_44khz",
        "https://github.com/hubertsiuzdak/snac", "MIT", "music and sounds", _CARD + "; parameters: the authors' table",
        parameters=54_500_000, files=("pytorch_model.bin",),
    ),
    KnownTokenizer(
        "speechtokenizer", "SpeechTokenizer (HuBERT average)", "speechtokenizer", "audio",
        "fnlp/SpeechTokenizer/speechtokenizer_hubert_avg", "https://github.com/ZhangXInFD/SpeechTokenizer",
        "Apache-2.0", "LibriSpeech", "licence, data and file: the authors' repository",
        files=("speechtokenizer_hubert_avg/SpeechTokenizer.pt",),
        parameters=111_285_186,
    ),
    KnownTokenizer(
        "wavtokenizer-small-40", "WavTokenizer small, 40 tokens a second", "wavtokenizer", "audio",
        "novateur/WavTokenizer/WavTokenizer_small_600_24k_4096.ckpt", "https://github.com/jishengpeng/WavTokenizer",
        "MIT", _LIBRITTS, "licence, data and file: the authors' repository",
        files=("WavTokenizer_small_600_24k_4096.ckpt",),
        parameters=74_215_362,
    ),
    KnownTokenizer(
        "wavtokenizer-small-75", "WavTokenizer small, 75 tokens a second", "wavtokenizer", "audio",
        "novateur/WavTokenizer/WavTokenizer_small_320_24k_4096.ckpt", "https://github.com/jishengpeng/WavTokenizer",
        "MIT", _LIBRITTS, "licence, data and file: the authors' repository",
        files=("WavTokenizer_small_320_24k_4096.ckpt",),
    ),
    KnownTokenizer(
        "wavtokenizer-large-40", "WavTokenizer large, 40 tokens a second", "wavtokenizer", "audio",
        "novateur/WavTokenizer-large-unify-40token", "https://github.com/jishengpeng/WavTokenizer",
        "MIT", "80,000 hours of speech, sounds and music", "licence and data: the authors' repository",
        files=("*.ckpt",),
    ),
    KnownTokenizer(
        "codec2-700c", "Codec2 700C (Debian's libcodec2)", "codec2", "audio", "codec2:700C",
        "https://github.com/drowe67/codec2", "LGPL-2.1", "speech; its authors name no set",
        "a library of this machine; licence: its package. Nothing is fetched", parameters=20_496,
    ),
    KnownTokenizer(
        "lpcnet-1733", "LPCNet, 1,733 bit/s (Debian's libcodec2)", "codec2", "audio", "codec2:lpcnet",
        "https://github.com/drowe67/LPCNet", "BSD-3-Clause", "speech; its authors name no set",
        "a library of this machine; licence: its sources. Parameters: its tables", parameters=147_456,
    ),
)  # fmt: skip
