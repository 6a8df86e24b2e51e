"""Hydra configuration; the schema with all names, types and defaults is `harness/config.py`."""
