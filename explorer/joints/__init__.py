"""The joints between torch on the left and the browser on the right: frozen dataclasses of numpy arrays."""
