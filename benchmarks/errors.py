"""Errors whose text is written for the person at the keyboard."""


class BenchmarkError(Exception):
    """A space, table or image source cannot do what was asked; the text says what is wrong and what to do."""
