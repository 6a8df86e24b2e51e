"""Runs: configuration, scoring, store, statistics, figures and reports."""
