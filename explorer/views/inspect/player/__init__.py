"""The player of sounds and clips."""
