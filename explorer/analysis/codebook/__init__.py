"""What is said of a whole codebook: evidence, rules, findings."""
