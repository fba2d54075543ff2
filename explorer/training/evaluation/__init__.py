"""What a trained tokenizer measures on held-out media, by kind."""
