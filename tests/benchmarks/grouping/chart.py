"""The comparison as a picture: bars of wrong joins and of recall, readable on light and on dark pages. Pure."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from msgspec import Struct

from benchmarks.grouping.scoring import Score

_ROW: Final = 26  # pixels
_HEAD: Final = 46
_LABEL: Final = 96
_BAR: Final = 220
_PANEL: Final = 320
_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; fill: #24292f }
  .bar { fill: #8c959f } .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b1 } .title { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #4493f8 }
  }
"""


class Panel(Struct, frozen=True):
    """One set of bars; `values` by system, the longest bar is `most`."""

    title: str
    values: Mapping[str, float]
    most: float
    how: str  # the format of a value


def chart(scores: Mapping[str, Score], ours: str) -> str:
    """Return an SVG of the systems, ours in another colour."""
    wrong = {name: float(len(one.wrong)) for name, one in scores.items()}
    intrusions = {name: float(one.intrusions) for name, one in scores.items()}
    recall = {name: one.provable_recall or 0.0 for name, one in scores.items()}
    panels = [
        Panel("Wrong automatic joins", wrong, max(*wrong.values(), 1.0), ",.0f"),
        Panel("Strangers in others' tickets", intrusions, max(*intrusions.values(), 1.0), ",.0f"),
        Panel("Recall where provable", recall, 1.0, ".3f"),
    ]
    width, height = _LABEL + len(panels) * _PANEL, _HEAD + len(scores) * _ROW + 10
    names = (_text(0, row, name) for row, name in enumerate(scores))
    drawn = (line for place, panel in enumerate(panels) for line in _panel(panel, _LABEL + place * _PANEL, ours))
    title = "<title>Grouping: Threadline beside four help desks</title>"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    return "\n".join((opening, title, f"<style>{_STYLE}</style>", *names, *drawn, "</svg>\n"))


def _panel(panel: Panel, left: int, ours: str) -> Iterable[str]:
    yield f'<text class="title" x="{left}" y="22">{escape(panel.title)}</text>'
    for row, (name, value) in enumerate(panel.values.items()):
        long = round(_BAR * value / panel.most, 1)
        kind = "bar ours" if name == ours else "bar"
        top = _HEAD + row * _ROW
        yield f'<rect class="{kind}" x="{left}" y="{top - 13}" width="{max(long, 1)}" height="17" rx="2"/>'
        yield _text(left + long + 6, row, format(value, panel.how))


def _text(left: float, row: int, text: str) -> str:
    return f'<text x="{left}" y="{_HEAD + row * _ROW}">{escape(text)}</text>'
