"""The training lab: toy data, small models, live training, and the frames that are drawn of it."""
