"""The list of packages; everything else is in pyproject.toml.

The top folder `resources` is the package `mfgui.resources`, which the declarative package
search cannot express together with a search.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["mfgui", "mfgui.*"]), "mfgui.resources"])
