"""What `import explorer` gives, for editors and type checkers: the functions of `notebook.py`."""

from explorer import figures as figures
from explorer.foundation.registry import Registry
from explorer.notebook import audit as audit
from explorer.notebook import geometry as geometry
from explorer.notebook import load as load
from explorer.notebook import tokenize as tokenize

CALLS: Registry
