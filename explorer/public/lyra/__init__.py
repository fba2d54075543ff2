"""Lyra v2, Google's speech codec of 2022: three graphs of TensorFlow Lite, run as they are."""
