"""What metrics there are, a module per family."""

from __future__ import annotations

from mfgui.methods.metrics.catalogue.edges import EDGES
from mfgui.methods.metrics.catalogue.information import INFORMATION
from mfgui.methods.metrics.catalogue.maps import MAPS
from mfgui.methods.metrics.catalogue.statistics import STATISTICS
from mfgui.methods.metrics.catalogue.structure import STRUCTURE
from mfgui.methods.metrics.catalogue.truth import TRUTH
from mfgui.methods.metrics.catalogue.vision import VISION

ALL = (*INFORMATION, *EDGES, *STRUCTURE, *VISION, *STATISTICS, *TRUTH, *MAPS)
"""All metrics, those of a family together."""
