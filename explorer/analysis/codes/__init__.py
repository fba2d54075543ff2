"""Codes and tokens of a record or an audit, counted: usage, states, bits, halves, growth."""
