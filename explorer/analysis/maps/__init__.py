"""Where codes lie, and the maps of it."""
