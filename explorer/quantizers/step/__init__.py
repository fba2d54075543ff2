"""One training step, in shapes that no value decides and over the latents of all ranks: rows, sums, samples, events."""
