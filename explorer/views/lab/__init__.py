"""The views of the training lab."""
