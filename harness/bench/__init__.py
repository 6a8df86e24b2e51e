"""``python -m harness.bench``: what scoring costs, in time and memory; each file here measures one thing."""
