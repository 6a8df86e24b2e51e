"""Errors of a run; their text is written for the person at the keyboard."""


class HarnessError(Exception):
    """A run cannot be done as asked; the text says what is wrong and what to do."""
