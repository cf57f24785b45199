"""Reading and writing images, maps and reports (neither Qt nor torch)."""
