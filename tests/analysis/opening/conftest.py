"""The originals of the convolutional family, by their plain name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent.parent / "public"))
