"""Known tokenizers of pictures and clips. See known.py for what the fields mean."""

from __future__ import annotations

from explorer.public.catalogue import NOT_STATED, KnownTokenizer

_CARD = "licence and data: the authors' card or paper, from memory; check the card, which is shown when it is planned"
_REPO = "licence, data and file: the authors' repository"
_TAMING, _LDM = "https://github.com/CompVis/taming-transformers", "https://github.com/CompVis/latent-diffusion"
_LLAMAGEN, _SEED = "https://github.com/FoundationVision/LlamaGen", "https://github.com/TencentARC/SEED-Voken"
_TITOK, _COSMOS = "https://github.com/bytedance/1d-tokenizer", "https://github.com/NVIDIA/Cosmos-Tokenizer"
_NVIDIA = "NVIDIA Open Model License"
_IMAGENET = "ImageNet, 256 px"
_VAL = "ImageNet validation, 256 px"


def _ibq(size: int, usage: float) -> KnownTokenizer:  # counted with 16,384 codes; each has 256 numbers
    return KnownTokenizer(
        f"ibq-{size}", f"IBQ, {size:,} codes", "ibq", "image", f"TencentARC/IBQ-Tokenizer-{size}", _SEED, "Apache-2.0",
        _IMAGENET, _REPO, 106_787_715 + 256 * size, (f"imagenet256_{size}.ckpt",), {"usage": usage}, _VAL,
    )  # fmt: skip


def _cosmos(
    name: str, words: str, modality: str, format_id: str, version: str = "0.1", parameters: int | None = None
) -> KnownTokenizer:
    return KnownTokenizer(
        f"cosmos-{name.lower()}", f"Cosmos {words}", format_id, modality, f"nvidia/Cosmos-{version}-Tokenizer-{name}",
        _COSMOS, _NVIDIA, NOT_STATED, "licence and files: the authors' repository",
        parameters, ("encoder.jit", "decoder.jit"),
    )  # fmt: skip


def _titok(name: str, words: str, parameters: int | None = None) -> KnownTokenizer:
    return KnownTokenizer(
        f"titok-{name.replace('_', '-')}", f"TiTok {words}", "titok", "image",
        f"yucornetto/tokenizer_titok_{name}_imagenet", _TITOK, "Apache-2.0", _IMAGENET,
        "licence, data and name: the authors' repository", parameters,
    )  # fmt: skip


PICTURES: tuple[KnownTokenizer, ...] = (
    KnownTokenizer(
        "vqgan-f16-1024", "VQGAN f16, 1,024 codes", "taming-vqgan", "image", "", _TAMING, "MIT", _IMAGENET, _REPO,
        parameters=72_141_699,
    ),
    KnownTokenizer(
        "vqgan-f16-16384", "VQGAN f16, 16,384 codes", "taming-vqgan", "image", "", _TAMING, "MIT", _IMAGENET, _REPO,
        parameters=76_073_859,
    ),
    KnownTokenizer(
        "vqgan-gumbel-f8", "VQGAN f8, Gumbel, 8,192 codes", "taming-gumbel", "image", "", _TAMING, "MIT", "OpenImages",
        _REPO,
        parameters=68_995_971,
    ),
    KnownTokenizer(
        "ldm-vq-f4", "Latent diffusion VQ f4, 8,192 codes", "ldm-vq", "image", "", _LDM, "MIT", "OpenImages",
        "licence and figures: the authors' repository; data: the paper", published={"psnr_db": 27.43},
        published_on="OpenImages validation",
        parameters=55_322_782,
    ),
    KnownTokenizer(
        "ldm-vq-f8", "Latent diffusion VQ f8, 16,384 codes", "ldm-vq", "image", "", _LDM, "MIT", "OpenImages",
        "licence and figures: the authors' repository; data: the paper", published={"psnr_db": 23.07},
        published_on="OpenImages validation",
        parameters=67_717_295,
    ),
    KnownTokenizer(
        "llamagen-ds16", "LlamaGen, 16 px a token", "llamagen", "image", "FoundationVision/LlamaGen/vq_ds16_c2i.pt",
        _LLAMAGEN, "MIT", _IMAGENET, _REPO, parameters=71_883_403,
        files=("vq_ds16_c2i.pt",),
    ),
    KnownTokenizer(
        "llamagen-ds8", "LlamaGen, 8 px a token", "llamagen", "image", "FoundationVision/LlamaGen/vq_ds8_c2i.pt",
        _LLAMAGEN, "MIT", _IMAGENET, _REPO, parameters=70_109_835,
        files=("vq_ds8_c2i.pt",),
    ),
    KnownTokenizer(
        "janus-pro", "Janus-Pro 1B: its VQ (transformers)", "janus-transformers", "image",
        "deepseek-community/Janus-Pro-1B", "https://github.com/deepseek-ai/Janus", "DeepSeek Model License", NOT_STATED,
        "licence: the authors' repository", parameters=71_883_403,
    ),
    KnownTokenizer(
        "janus", "Janus 1.3B: its VQ", "janus", "image", "deepseek-ai/Janus-1.3B",
        "https://github.com/deepseek-ai/Janus", "DeepSeek Model License", NOT_STATED,
        "licence: the authors' repository", parameters=71_883_403, files=("pytorch_model.bin",),
    ),
    KnownTokenizer(
        "chameleon", "Chameleon 7B: its VQ (transformers; no decoder)", "chameleon-transformers", "image",
        "facebook/chameleon-7b", "https://github.com/facebookresearch/chameleon", "Chameleon Research License",
        NOT_STATED, _CARD, parameters=29_423_616,
    ),
    KnownTokenizer(
        "chameleon-original", "Chameleon: vqgan.ckpt, with decoder", "chameleon", "image", "",
        "https://github.com/facebookresearch/chameleon", "Chameleon Research License", NOT_STATED, _CARD,
        parameters=68_718_467,
    ),
    KnownTokenizer(
        "emu3", "Emu3: its VQ", "emu3", "image", "BAAI/Emu3-Chat-hf", "https://github.com/baaivision/Emu3",
        "Apache-2.0", NOT_STATED, _CARD, parameters=270_740_359,
    ),
    KnownTokenizer(
        "flava", "FLAVA's image codebook (DALL-E's encoder; no decoder)", "flava-codebook", "image",
        "facebook/flava-image-codebook", "https://github.com/openai/DALL-E", "BSD-3-Clause",
        "text-image pairs of the internet (Conceptual Captions, YFCC100M)", _CARD, parameters=53_786_240,
        files=("pytorch_model.bin",),
    ),
    _ibq(1024, 0.99),
    _ibq(8192, 0.98),
    _ibq(16384, 0.96),
    _ibq(262144, 0.84),
    KnownTokenizer(
        "var", "VAR: its multi-scale VQ", "var", "image", "FoundationVision/var/vae_ch160v4096z32.pth",
        "https://github.com/FoundationVision/VAR", "MIT", "OpenImages",
        "licence and file: the authors' repository; data: the paper", files=("vae_ch160v4096z32.pth",),
        parameters=108_948_355,
    ),
    KnownTokenizer(
        "rq-vae", "RQ-VAE 8 x 8 x 4, ImageNet", "rq-vae", "image", "",
        "https://github.com/kakaobrain/rq-vae-transformer", "CC-BY-NC-SA-4.0", _IMAGENET, _REPO,
        parameters=116_985_731,
    ),
    KnownTokenizer(
        "maskgit-vqgan", "MaskGIT-VQGAN f16, 1,024 codes", "maskgit-vqgan", "image",
        "fun-research/TiTok/maskgit-vqgan-imagenet-f16-256.bin", "https://github.com/google-research/maskgit",
        "Apache-2.0", _IMAGENET, _CARD, files=("maskgit-vqgan-imagenet-f16-256.bin",),
        parameters=54_515_587,
    ),
    KnownTokenizer(
        "open-magvit2-256", "Open-MAGVIT2, 256 px", "open-magvit2", "image",
        "TencentARC/Open-MAGVIT2-Tokenizer-256-resolution", _SEED, "Apache-2.0", _IMAGENET, _REPO,
        files=("imagenet_256_L.ckpt",), published={"psnr_db": 21.90, "usage": 1.0}, published_on=_VAL,
        parameters=115_127_829,
    ),
    KnownTokenizer(
        "open-magvit2-128", "Open-MAGVIT2, 128 px", "open-magvit2", "image",
        "TencentARC/Open-MAGVIT2-Tokenizer-128-resolution", _SEED, "Apache-2.0", "ImageNet, 128 px", _REPO,
        files=("imagenet_128_L.ckpt",), published={"psnr_db": 25.08, "usage": 1.0},
        published_on="ImageNet validation, 128 px",
    ),
    KnownTokenizer(
        "simvq", "SimVQ, 65,536 codes", "simvq", "image", "", "https://github.com/youngsheen/SimVQ", "MIT",
        "ImageNet, 128 px", _REPO + ", which announced this file and gives the one of 262,144 codes",
        published={"psnr_db": 24.15, "usage": 1.0},
        published_on="ImageNet validation, 128 px",
        parameters=72_539_523,
    ),
    KnownTokenizer(
        "amused-vq", "aMUSEd: its VQ (diffusers)", "diffusers-vq", "image", "amused/amused-256/vqvae",
        "https://github.com/huggingface/open-muse", "OpenRAIL++", "text-image pairs of the internet (LAION)",
        _CARD, parameters=146_244_675,
    ),
    KnownTokenizer(
        "ldm-sr-vq", "Latent diffusion, super-resolution: its VQ f4 (diffusers)", "diffusers-vq", "image",
        "CompVis/ldm-super-resolution-4x-openimages/vqvae", _LDM, "Apache-2.0", "OpenImages", _CARD,
        files=("vqvae/diffusion_pytorch_model.bin",),
    ),
    KnownTokenizer(
        "openai-dvae", "OpenAI's discrete VAE (DALL-E)", "openai-dvae", "image", "",
        "https://github.com/openai/DALL-E", "modified MIT",
        "text-image pairs of the internet (Conceptual Captions, YFCC100M)", _REPO,
    ),
    _titok("l32", "L-32: 32 tokens", 641_054_735),
    _titok("b64", "B-64: 64 tokens"),
    _titok("s128", "S-128: 128 tokens"),
    _titok("bl64_vq8k", "BL-64: 64 tokens, 8,192 codes"),
    _titok("bl128_vq8k", "BL-128: 128 tokens, 8,192 codes"),
    _titok("sl256_vq8k", "SL-256: 256 tokens, 8,192 codes"),
    KnownTokenizer(
        "vit-vqgan-small", "ViT-VQGAN small", "vit-vqgan", "image", "thuanz123/vitvqgan-imagenet-small",
        "https://github.com/thuanz123/enhancing-transformers", "MIT", _IMAGENET, _REPO, files=("*.ckpt",),
        parameters=51_956_771,
    ),
    KnownTokenizer(
        "vit-vqgan-base", "ViT-VQGAN base", "vit-vqgan", "image", "thuanz123/vitvqgan-imagenet-base",
        "https://github.com/thuanz123/enhancing-transformers", "MIT", _IMAGENET, _REPO, files=("*.ckpt",),
    ),
    KnownTokenizer(
        "bsq-vit", "BSQ-ViT, 18 bits", "bsq-vit", "image", "", "https://github.com/zhaoyue-zephyrus/bsq-vit", "MIT",
        _IMAGENET, _REPO, published={"psnr_db": 24.79}, published_on=_VAL,
        parameters=174_816_210,
    ),
    _cosmos("DI8x8", "DI 8 x 8, pictures", "image", "cosmos-di"),
    _cosmos("DI16x16", "DI 16 x 16, pictures", "image", "cosmos-di", parameters=83_723_958),
    _cosmos("DV4x8x8", "DV 4 x 8 x 8, clips", "video", "cosmos-dv"),
    _cosmos("DV8x8x8", "DV 8 x 8 x 8, clips", "video", "cosmos-dv"),
    _cosmos("DV8x16x16", "DV 8 x 16 x 16, clips", "video", "cosmos-dv", "1.0", 112_472_182),
)  # fmt: skip
