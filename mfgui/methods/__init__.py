"""Every algorithm, one file each, as plain functions found through `registry`."""
