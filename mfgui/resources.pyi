# The package lies in the top folder `resources`; type checkers do not see that mapping.
from pathlib import Path

def path(name: str) -> Path: ...
