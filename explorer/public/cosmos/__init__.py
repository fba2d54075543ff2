"""NVIDIA's Cosmos tokenizers with codes: DI for pictures, DV for clips."""
