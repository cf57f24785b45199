"""Values and pure functions; NumPy and OpenCV only (neither Qt nor torch)."""
