"""The views of the Inspect page: one medium through one tokenizer."""
