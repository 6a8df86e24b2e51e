"""Readers of the official archives, one module a format, and what tables are made of their training runs."""
