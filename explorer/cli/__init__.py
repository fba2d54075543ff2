"""What the commands of `python -m explorer` do, one module a topic. Each function takes the parsed options."""
