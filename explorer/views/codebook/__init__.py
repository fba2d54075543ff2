"""The views of the Codebook page."""
