"""The recording that ships, for a first look at the page of recorded runs:

    python -m explorer.recorder.example assets/recordings/digits

A VectorQuantize of vector-quantize-pytorch learns the digits of scikit-learn and collapses, since its codes begin far
from the latents; from step MEND_AT on the library replaces codes that die. It needs that package, which the app does
not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.files.recording.layout import LOCK
from explorer.recorder.recorder import Recorder

CODES, DIM, BATCH = 64, 4, 64
MEND_AT, STEPS, EVERY = 500, 1000, 40
LATENTS = 256  # of a frame
WORDS = (
    f"Example: an autoencoder learns 8 x 8 pictures of digits through {CODES} codes of vector-quantize-pytorch. They "
    f"begin far from the latents, so one wins all and the others die; from step {MEND_AT} on dead codes are replaced."
)


class Digits(nn.Module):
    """Pictures (B, 1, 8, 8), of 2 x 2 latents each. quantizer: takes and gives (B, DIM, 2, 2)."""

    def __init__(self, quantizer: nn.Module) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.SiLU(), nn.Conv2d(32, DIM, 4, 2, 1))
        self.quantizer = quantizer
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(DIM, 32, 4, 2, 1), nn.SiLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1)
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(reconstruction, loss of the quantizer)."""
        codes, _, own = self.quantizer(self.encoder(pictures))
        return self.decoder(codes), own


def record_digits(folder: Path) -> None:
    """Train and record. Raises SettingsError without the library."""
    try:
        from sklearn.datasets import load_digits
        from vector_quantize_pytorch import VectorQuantize
    except ImportError as error:
        raise SettingsError(f"The example needs {error.name}: pip install vector-quantize-pytorch.") from error
    torch.manual_seed(0)
    pictures = torch.from_numpy(load_digits().images).float()[:, None] / 8 - 1  # (1797, 1, 8, 8), -1 to 1
    quantizer = VectorQuantize(DIM, CODES, accept_image_fmap=True, decay=0.99, threshold_ema_dead_code=0)
    book = quantizer._codebook
    with torch.no_grad():
        book.embed.copy_(4 * torch.randn_like(book.embed))
        book.embed_avg.copy_(book.embed)
    model = Digits(quantizer)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    about = {"words": WORDS}
    with Recorder(folder, EVERY, about=about, latents=LATENTS).watch(model, probe=pictures[:16]) as recorder:
        for step in range(1, STEPS + 1):
            if step == MEND_AT:
                book.has_dead_code_replacement = True  # below 0.05 tokens a step; then a code has some steps to win
                book.threshold_ema_dead_code, book.reset_cluster_size = 0.05, 1.0
            batch = pictures[torch.randint(len(pictures), (BATCH,))]
            decoded, own = model(batch)
            losses = {"reconstruction": (decoded - batch).square().mean(), "commitment": own.sum()}
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()
            recorder.step(losses=losses)
    (folder / LOCK).unlink(missing_ok=True)  # it names this machine


if __name__ == "__main__":
    record_digits(Path(sys.argv[1]))
