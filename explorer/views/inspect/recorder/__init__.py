"""A recording by the visitor's microphone, as another way to bring a sound."""
