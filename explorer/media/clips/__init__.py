"""Clips: any film that a person brings -> frames at even steps."""
