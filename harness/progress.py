"""Progress on the screen."""

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TextColumn


def progress(*columns: ProgressColumn) -> Progress:
    """Return a progress display of ``columns`` after the name of the task; it is silent when nobody watches."""
    console = Console(stderr=True)
    return Progress(TextColumn("{task.description}"), *columns, console=console, disable=not console.is_terminal)
