"""A blank figure in the project's style, saved whole or not at all."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.files import replacement

STYLE = Path(__file__).with_name("style.mplstyle")
BLUE, LIGHT_BLUE, ORANGE, DARK, GREY = "#0072B2", "#9CC9E3", "#D55E00", "#222222", "#666666"


@contextmanager
def new_figure(path: Path, width: float, height: float, footnote: str) -> Iterator[Figure]:
    """Yield an empty figure of ``width`` by ``height`` inches; write it to ``path`` (.png, .svg) when left.

    ``footnote`` is printed small below. The same data give the same bytes: no date is written into the file.
    """
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(width, height))
        # about 19 characters of 7 points to the inch
        small = textwrap.fill(footnote, int(19 * width))
        figure.supxlabel(small, x=0.01, ha="left", fontsize=7, color=GREY)
        yield figure
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = path.suffix.removeprefix(".")
        with replacement(path) as temporary:
            figure.savefig(temporary, format=kind, metadata={"Date": None} if kind == "svg" else None)
