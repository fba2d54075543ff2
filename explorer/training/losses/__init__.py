"""Losses beyond the squared error: a perceptual distance, and an adversary with its adaptive weight."""
