"""Training: what made everything in checkpoints/. `python -m explorer train NAME` runs it."""
