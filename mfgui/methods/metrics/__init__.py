"""Metrics of fused pictures, one pure function each, under the names and variants of the tables.

A metric is called ``f(fused, *others)`` on planes (H, W) of 0 ... 255 (`metrics.planes`), the
others being the sources or a ground truth; `variant` chooses among definitions of one name.
Pictures for which a metric has no value raise `Undefined`; none gives NaN. `catalogue` lists them,
`measures` computes them on pictures as they are stored, `tables` are those of the papers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mfgui.methods.metrics.catalogue import ALL
from mfgui.methods.metrics.metric import Direction, Family, Metric, Needs, View

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in ALL})
"""All metrics by name, in the order of the catalogue."""

__all__ = ["METRICS", "Direction", "Family", "Metric", "Needs", "View"]
