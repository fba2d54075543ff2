"""Pictures: any file that a person brings -> RGB in 0..1, with a note for what was changed."""
