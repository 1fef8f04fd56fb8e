"""Charts as inline SVG: Vega-Lite rendered in this process, without a browser or a network.

A chart that has not changed is read from a folder of charts instead of being drawn again.
Not here: which chart a page shows (`weekly.py`, `monthly.py`, `quarterly.py`).
"""

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from handoff.files import write_whole

INK, GRID = "#1f2933", "#e4e7eb"
NOW, BEFORE, GOOD, BAD = "#1d4f91", "#b8c4d6", "#2a7d4f", "#b4462f"
PALETTE = ["#1d4f91", "#d08a1d", "#2a7d4f", "#8a4f9e", "#b4462f", "#3d8ea6", "#6b7280", "#a3843b"]
# For what stands beside a green "accepted": neither green nor the blue of a plain bar.
MIXED = ["#b4462f", "#d08a1d", "#8a4f9e", "#3d8ea6", "#6b7280", "#a3843b", "#1d4f91", "#c9a0b8"]
OTHERS, NOBODY = "#9fb3c8", "#e4e7eb"
WIDTH = 470

Spec = dict[str, Any]
Row = dict[str, Any]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _chart(rows: Sequence[Row], height: int | dict[str, int], layers: list[Spec]) -> Spec:
    values = [{name: _text(value) for name, value in row.items()} for row in rows]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "width": WIDTH,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": layers,
        "background": None,
        "config": {
            "font": "system-ui, 'DejaVu Sans', sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": INK,
                "titleColor": INK,
                "gridColor": GRID,
                "domain": False,
                "ticks": False,
                "labelFontSize": 12,
                "labelLimit": 210,
                "titleFontWeight": "normal",
                "titleFontSize": 12,
            },
            "legend": {
                "orient": "top",
                "title": None,
                "labelFontSize": 12,
                "labelColor": INK,
                "labelLimit": 220,
            },
            "range": {"category": PALETTE},
        },
    }


def _amounts(form: str, axis: str, rows: Sequence[Row]) -> Spec:
    """The axis of bars. Of counts no label stands between two whole numbers, where it would be rounded to one."""
    longest: dict[str, float] = defaultdict(float)
    for row in rows:
        longest[row["label"]] += row["value"]
    most = max((*longest.values(), *(row.get("value_before") or 0 for row in rows)), default=0)
    few = {"values": list(range(int(most) + 1))} if form == "d" and most < 4 else {}
    return {"format": form, "title": axis, "tickCount": 4} | few


def bars(rows: Sequence[Row], *, form: str, axis: str, before: str = "") -> Spec:
    """Horizontal bars of `label` and `value`, in the order given; `before` names the tick of `value_before`."""
    y: Spec = {"field": "label", "type": "nominal", "sort": None, "title": None}
    x: Spec = {"type": "quantitative", "axis": _amounts(form, axis, rows)}
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "color": NOW, "height": {"band": 0.62}},
            "encoding": {"y": y, "x": x | {"field": "value"}},
        }
    ]
    if before:
        tick = {"type": "tick", "color": "#d08a1d", "thickness": 3, "size": 18}
        named = {"datum": before, "type": "nominal", "scale": {"range": ["#d08a1d"]}}
        layers.append({"mark": tick, "encoding": {"y": y, "x": x | {"field": "value_before"}, "color": named}})
    return _chart(rows, {"step": 26}, layers)


def lines(rows: Sequence[Row], *, form: str, axis: str) -> Spec:
    """Lines of `value` over `day`, one per `series`; a dashed line where `target` is given. A row that `is_open` stands
    beside the line as a circle: its figure still grows."""
    months = {(row["day"].year, row["day"].month) for row in rows}
    # a tick a month, or every second or third: of less, Vega names one month twice; days are of no time zone
    every = {"interval": "month", "step": math.ceil(len(months) / 7)}
    x: Spec = {
        "field": "day",
        "title": "day",
        "timeUnit": "utcyearmonth",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {"format": "%b %y", "title": None, "grid": False, "tickCount": every},
    }
    y: Spec = {"type": "quantitative", "axis": {"format": form, "title": axis, "tickCount": 5}}
    color: Spec = {"field": "series", "type": "nominal", "sort": None}
    if len({row["series"] for row in rows}) == 1:
        color["legend"] = None
    encoding = {"x": x, "y": y | {"field": "value"}, "color": color}
    layers: list[Spec] = [
        {
            "transform": [{"filter": "!datum.is_open"}],
            "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 36}},
            "encoding": encoding,
        }
    ]
    if any(row.get("is_open") for row in rows):
        circle = {"type": "point", "size": 60, "strokeWidth": 2, "filled": False}
        layers.append({"transform": [{"filter": "datum.is_open"}], "mark": circle, "encoding": encoding})
    if any(row.get("target") is not None for row in rows):
        # a dash of its own for each month: between no two of them there is no line
        dash = {"shape": "stroke", "filled": False, "size": 200, "strokeWidth": 1.5, "color": "#d08a1d"}
        dashed = {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": "#d08a1d", "point": dash}
        layers.append({"mark": dashed, "encoding": {"x": x, "y": y | {"field": "target"}}})
    return _chart(rows, 200, layers)


def stacked(rows: Sequence[Row], *, form: str, axis: str, colors: Mapping[str, str]) -> Spec:
    """Horizontal bars of `label`, divided into `series` of `value`: models or outcomes side by side."""
    seen = {row["series"] for row in rows}
    scale = {
        "domain": [name for name in colors if name in seen],
        "range": [colors[name] for name in colors if name in seen],
    }
    mark = {"type": "bar", "height": {"band": 0.7}}
    encoding: Spec = {
        "y": {"field": "label", "type": "nominal", "sort": None, "title": None},
        "x": {
            "field": "value",
            "type": "quantitative",
            "stack": "zero",
            "axis": _amounts(form, axis, rows),
        },
        "color": {
            "field": "series",
            "type": "nominal",
            "scale": scale,
            "legend": {"columns": 2 if max(map(len, seen)) > 14 else 3},
        },
        "order": {"field": "rank", "type": "quantitative"},
    }
    return _chart(rows, {"step": 26}, [{"mark": mark, "encoding": encoding}])


class Drawings:
    """Draws charts and keeps them by what they show.

    Args:
        folder: where drawn charts are kept between nights.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def svg(self, spec: Spec) -> str:
        """The chart as an `<svg>` element that scales with the page; all text in it is escaped."""
        import vl_convert

        text = json.dumps(spec, sort_keys=True)
        kept = self._folder / f"{hashlib.sha256((version('vl-convert-python') + text).encode()).hexdigest()[:32]}.svg"
        self._used.add(kept)
        if not kept.exists():
            drawn: str = vl_convert.vegalite_to_svg(text)
            write_whole(kept, drawn)
        return kept.read_text(encoding="utf-8")

    def forget_unused(self) -> None:
        """Deletes the charts that nobody has asked for since this was made."""
        for kept in self._folder.iterdir():
            if kept not in self._used:
                kept.unlink()
