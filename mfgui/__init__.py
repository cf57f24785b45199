"""mfgui: multi-focus image fusion on the desktop and the command line."""

__version__ = "0.1.0"
