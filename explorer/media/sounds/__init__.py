"""Sounds: any file that a person brings -> samples, by the decoder that knows it best."""
