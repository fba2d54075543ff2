"""Tokenizers made of vision transformers: TiTok, BSQ-ViT and ViT-VQGAN."""
