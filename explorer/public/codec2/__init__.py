"""Codec2 700C and LPCNet as libcodec2 has them, with its trained tables: a C library, run in a process of its own."""
