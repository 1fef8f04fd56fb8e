"""A scorecard as data: bins and points that both teams can read and edit, and the score of a lead by it.

Reading and writing its CSV and scoring by hand are here; learning one is `training`, comparing two is `validation`.
"""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from handoff.errors import HandoffError

RULES = "rules"
BinKind = Literal["number", "category", "other", "missing"]
_KINDS: dict[str, BinKind] = {"number": "number", "category": "category", "other": "other", "missing": "missing"}
BANDS = ((80, "80-100"), (60, "60-79"), (40, "40-59"), (20, "20-39"), (0, "00-19"))
_CATEGORIES = TypeAdapter(tuple[str, ...])
# What the warehouse counts up to.
MOST = 2**31 - 1
COLUMNS = (
    "version",
    "attribute",
    "kind",
    "bin",
    "lower",
    "upper",
    "categories",
    "points",
    "weight_of_evidence",
    "coefficient",
    "leads",
    "wins",
)


@dataclass(frozen=True)
class Bin:
    """A bin of an attribute: numbers from `lower` to below `upper`, listed categories, other texts, or no value."""

    attribute: str
    kind: BinKind
    label: str
    points: int
    lower: float = -math.inf
    upper: float = math.inf
    categories: tuple[str, ...] = ()
    weight_of_evidence: float = 0.0
    coefficient: float = 0.0
    leads: int = 0
    wins: int = 0


@dataclass(frozen=True)
class Scorecard:
    """Bins by attribute and what is known of the card. Scores are the sum of points, between 0 and 100.

    `probability_intercept` and `probability_slope` turn a score into the chance of a win within the horizon.
    """

    version: str
    bins: tuple[Bin, ...]
    trained_at: datetime
    method: str = "logistic regression on weights of evidence"
    horizon_days: int = 180
    outcome: str = "won"
    leads: int = 0
    wins: int = 0
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    calibration_slope: float | None = None
    threshold: int | None = None
    probability_intercept: float = 0.0
    probability_slope: float = 0.0
    reference_bands: dict[str, float] = field(default_factory=dict)

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.attribute for item in self.bins))

    def bins_of(self, attribute: str) -> list[Bin]:
        return [item for item in self.bins if item.attribute == attribute]

    def span(self, attribute: str) -> int:
        """How many points lie between the best and the worst bin: the weight of the attribute."""
        points = [item.points for item in self.bins_of(attribute)]
        return max(points) - min(points)

    def points(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Points per lead and attribute. A column the frame lacks counts as missing."""
        return pd.DataFrame({name: self._points(name, frame) for name in self.attributes}, index=frame.index)

    def _points(self, attribute: str, frame: pd.DataFrame) -> np.ndarray:
        bins = self.bins_of(attribute)
        by_kind = {item.kind: item for item in bins if item.kind in ("missing", "other")}
        missing = by_kind["missing"].points
        if attribute not in frame:
            return np.full(len(frame), missing)
        values = frame[attribute]
        if any(item.kind == "number" for item in bins):
            numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
            points = np.full(len(frame), missing)
            is_number = np.abs(numbers) < 1e308  # neither nan nor inf
            for item in bins:
                if item.kind == "number":
                    points[is_number & (numbers >= item.lower) & (numbers < item.upper)] = item.points
            return points
        known = {category: item.points for item in bins for category in item.categories}
        texts = values.astype("string").str.strip().str.lower()
        mapped = texts.map(known).fillna(by_kind["other"].points)
        return mapped.where(texts.notna() & (texts != ""), missing).to_numpy(dtype=np.int64)

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """The score of every lead, from 0 to 100."""
        return self.points(frame).sum(axis=1).clip(0, 100).to_numpy(dtype=np.int64)

    def probability(self, score: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-(self.probability_intercept + self.probability_slope * score)))


def band(score: int) -> str:
    """The band of a score: fifths of the scale.

    >>> [band(score) for score in (0, 39, 40, 100)]
    ['00-19', '20-39', '40-59', '80-100']
    """
    return next(name for floor, name in BANDS if score >= floor)


def write_card(card: Scorecard, folder: Path) -> Path:
    """`<version>.csv`, one row per bin, and `<version>.json`, what is known of the card. Each appears whole or not.

    Raises:
        HandoffError: its bins are such that no night would read it again.
    """
    path = folder / f"{card.version}.csv"
    _check_bins(card, path)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".csv.part")
    with part.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for item in card.bins:
            writer.writerow(
                [
                    card.version,
                    item.attribute,
                    item.kind,
                    item.label,
                    _bound(item.lower),
                    _bound(item.upper),
                    json.dumps(item.categories, ensure_ascii=False) if item.categories else "",
                    item.points,
                    f"{item.weight_of_evidence:.6f}",
                    f"{item.coefficient:.6f}",
                    item.leads,
                    item.wins,
                ]
            )
    facts = asdict(replace(card, bins=()))
    facts.pop("bins")
    facts["trained_at"] = card.trained_at.isoformat()
    facts_part = path.with_suffix(".json.part")
    facts_part.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    facts_part.replace(path.with_suffix(".json"))
    part.replace(path)
    return path


def _bound(value: float) -> str:
    return "" if math.isinf(value) else repr(float(value))


def read_card(path: Path) -> Scorecard:
    """The card of a CSV and the JSON beside it. Letters' case and blanks around a category do not matter.

    Raises:
        HandoffError: a file is missing, a column or a bin is wrong; the message names the line or the attribute.
    """
    facts_path = path.with_suffix(".json")
    if not facts_path.exists():
        raise HandoffError(
            "A scorecard has lost its facts.",
            where=str(facts_path),
            why="there is a CSV of that name and no JSON",
            remedy="Put the file back or remove the CSV",
        )
    if path.stem == RULES or path.stem.startswith(f"{RULES}-"):
        raise HandoffError(
            "A scorecard goes by the name of the rule points.",
            where=str(path),
            why=f"`{RULES}` and `{RULES}-<version>` are the points that the definitions give",
            remedy="Name it otherwise: both files, the version in the JSON and in each row of the CSV",
        )
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:  # a spreadsheet may put a mark before the header
            reader = csv.DictReader(handle)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise HandoffError(
                    "A scorecard has other columns than expected.",
                    where=str(path),
                    why=f"found {reader.fieldnames}",
                    remedy=f"Use the columns {', '.join(COLUMNS)}",
                )
            bins = tuple(_bin(row, path, line) for line, row in enumerate(reader, start=2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise HandoffError(
            "A scorecard cannot be read.",
            where=str(path),
            why=str(error),
            remedy="Save it as a CSV file in UTF-8",
        ) from error
    if not bins:
        raise HandoffError(
            "A scorecard has no bins.",
            where=str(path),
            why="nothing stands below its header",
            remedy="Put its rows back, or remove the CSV and the JSON",
        )
    card = _card(bins, facts_path)
    if card.version != path.stem:
        raise HandoffError(
            "A scorecard goes by another name than its file.",
            where=str(facts_path),
            why=f"its version is {card.version!r}",
            remedy=f"Write {path.stem!r} as the version, in the JSON and in each row of the CSV, or rename both files",
        )
    _check_bins(card, path)
    return card


def _check_bins(card: Scorecard, path: Path) -> None:
    for attribute in card.attributes:
        if flaw := _flaw(card.bins_of(attribute)):
            raise HandoffError(
                "A scorecard leaves a value without points, or gives it points twice.",
                where=f"{path}, attribute {attribute}",
                why=flaw,
                remedy="Correct its bins: every value falls into one of them",
            )


def _card(bins: tuple[Bin, ...], facts_path: Path) -> Scorecard:
    try:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        unknown = sorted(facts.keys() - Scorecard.__dataclass_fields__.keys() | facts.keys() & {"bins"})
        if unknown:
            raise ValueError(f"{unknown[0]} is not known here")
        card = TypeAdapter(Scorecard).validate_python({**facts, "bins": bins})
        for number in (card.threshold or 0, card.horizon_days, card.leads, card.wins):
            _counted(number)
        return card
    except (ValueError, TypeError, AttributeError) as error:
        why = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            why = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise HandoffError(
            "The facts of a scorecard cannot be read.",
            where=str(facts_path),
            why=why,
            remedy="Correct the file, or put back the one that was written with the card",
        ) from error


def _flaw(bins: list[Bin]) -> str | None:
    """Why a value would get no points from these bins of an attribute, or those of two."""
    kinds = [item.kind for item in bins]
    numbers = sorted((item for item in bins if item.kind == "number"), key=lambda item: item.lower)
    if kinds.count("missing") != 1:
        return f"it has {kinds.count('missing')} bins for missing values, one is needed"
    if numbers:
        if len(numbers) + 1 < len(bins):
            return "bins of numbers and bins of texts stand side by side"
        for item in numbers:
            if not item.lower < item.upper:
                return f"the bin {item.label!r} ends before it begins"
        for item, following in pairwise(numbers):
            if item.upper != following.lower:
                fault = "overlap" if item.upper > following.lower else "leave a gap"
                return f"the bins {item.label!r} and {following.label!r} {fault}"
        if numbers[0].lower > -math.inf or numbers[-1].upper < math.inf:
            return "the lowest bin needs no lower bound, and the highest no upper one"
    elif kinds.count("other") != 1:
        return f"it has {kinds.count('other')} bins for other texts, one is needed"
    if category := _twice(category for item in bins for category in item.categories):
        return f"the category {category!r} stands twice"
    if (label := _twice(item.label for item in bins)) is not None:
        return f"two bins are called {label!r}"
    return None


def _twice(values: Iterable[str]) -> str | None:
    return next((value for value, times in Counter(values).items() if times > 1), None)


def _counted(number: int) -> int:
    if abs(number) > MOST:
        raise ValueError(f"{number} is beyond {MOST:,}, the most that is counted")
    return number


def _bin(row: dict[str, str], path: Path, line: int) -> Bin:
    try:
        if row["version"] != path.stem:
            raise ValueError(f"the version is {row['version']!r}, the file is named {path.stem!r}")
        kind = _KINDS[row["kind"]]
        categories = _CATEGORIES.validate_json(row["categories"]) if row["categories"] else ()
        if (kind == "category") != bool(categories) or not all(text.strip() for text in categories):
            raise ValueError("a bin of kind category lists its categories, and no other bin does")
        return Bin(
            attribute=row["attribute"],
            kind=kind,
            label=row["bin"],
            points=_counted(int(row["points"])),
            lower=float(row["lower"]) if row["lower"] else -math.inf,
            upper=float(row["upper"]) if row["upper"] else math.inf,
            categories=tuple(text.strip().lower() for text in categories),
            weight_of_evidence=float(row["weight_of_evidence"]),
            coefficient=float(row["coefficient"]),
            leads=_counted(int(row["leads"])),
            wins=_counted(int(row["wins"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        is_of_types = isinstance(error, ValidationError)
        raise HandoffError(
            "A scorecard has a row that cannot be read.",
            where=f"{path}, line {line}",
            why='categories are written as ["one", "two"]' if is_of_types else str(error),
            remedy="Correct the row",
        ) from error
