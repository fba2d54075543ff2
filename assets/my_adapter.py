"""Your own tokenizer here: copy this file, put your model in, and start `python app.py --adapter my_adapter.py`."""

from torch import nn, randn

from explorer.tokenizers.user.adapter import attach


def tokenizer():
    encoder = nn.Conv2d(3, 32, kernel_size=8, stride=8)  # yours: (B, 3, H, W) in [0, 1] -> (B, 32, H / 8, W / 8)
    decoder = nn.ConvTranspose2d(32, 3, kernel_size=8, stride=8)  # yours: the same latents, quantized -> (B, 3, H, W)
    codebook = randn(512, 32)  # yours: the code vectors; or quantizer=VectorQuantize(...) of vector-quantize-pytorch
    # Fill them with what you trained, such as: encoder.load_state_dict(torch.load("encoder.pt", weights_only=True))
    return attach(encoder, decoder, codebook=codebook, downsampling=8, title="My VQ-VAE")
