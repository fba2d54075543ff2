"""What was lost: the reconstruction beside its medium."""
