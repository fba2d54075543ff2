"""OpenAI's discrete VAE, the tokenizer of DALL-E: how its two files are recognised, and its modules."""
