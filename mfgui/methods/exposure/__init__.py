"""The light of the frames of a stack made equal: gain, white balance, and what changes slowly."""

from mfgui.methods.exposure.matching import Mode, match_exposure, match_proxies
from mfgui.methods.exposure.proxies import proxy_of

__all__ = ["Mode", "match_exposure", "match_proxies", "proxy_of"]
