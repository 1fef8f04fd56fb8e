"""The completeness rules as Great Expectations: one expectation per alternative, field and test of completeness.csv.

Judges rows that are handed in as a data frame; knows nothing of the warehouse, of admission or of quarantine
(`expectations.gate`). Great Expectations takes seconds to import: this module is imported only when there is something
to judge.
"""

import importlib.util
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from expectations.records import DELIVERED, JUDGED_UNTIL
from handoff.definitions import STAGES, TIME_FIELDS, Definitions, Row

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def _load_when_asked(package: str, module: str) -> None:
    """Puts off loading a module until the first attribute of it is asked for, if ever."""
    name = f"{package}.{module}"
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None or spec.loader is None:
        return
    spec.loader = loader = importlib.util.LazyLoader(spec.loader)
    sys.modules[name] = lazy = importlib.util.module_from_spec(spec)
    loader.exec_module(lazy)
    setattr(sys.modules[package], module, lazy)


# Great Expectations loads it for expectations that the gate has none of: a third of what importing it takes
_load_when_asked("scipy", "stats")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.types.base import ProgressBarsConfig

logging.getLogger("great_expectations").setLevel(logging.ERROR)

# Texts in lower case, each once, in order.
Lowered = Callable[[Collection[str]], tuple[str, ...]]

# written without \s and \d: with those pandas would leave Arrow's matcher for Python's, which is five times slower
_NEITHER = r" \t\n\r\f\v@.,;:<>()\[\]\"\\"
_ATOM = rf"[^{_NEITHER}]+"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:{_ATOM}\.)+(?:[^{_NEITHER}0-9]{{2,}}|[xX][nN]--[^{_NEITHER}]+)"
EMAIL = rf"^{_LOCAL}@{_DOMAIN}$"


@dataclass(frozen=True)
class Alternative:
    """One way for a rule to hold: a field that passes a test."""

    rule: str
    field: str
    test: str

    @property
    def name(self) -> str:
        return f"{self.rule}: {self.field} {self.test}"


def alternatives(rows: tuple[Row, ...]) -> list[Alternative]:
    """Every alternative of the given completeness rows, each once, in file order."""
    listed = (
        Alternative(row["rule"], field.strip().lower(), row["test"].lower())
        for row in rows
        for field in row["fields"].split("|")
    )
    return list(dict.fromkeys(listed))


@dataclass(frozen=True)
class Vocabulary:
    """The values that the tests compare with, in lower case."""

    fillers: tuple[str, ...]
    free_email_domains: tuple[str, ...]
    known_statuses: tuple[str, ...]

    @classmethod
    def of(cls, definitions: Definitions, source_system: str, lowered: Lowered) -> "Vocabulary":
        """A source has the statuses of its stage map; one that the map does not name speaks in stage names.

        `lowered` is what made the records lower case: Python and DuckDB differ on letters such as İ and a final Σ.
        """
        files = definitions.files
        mapped = {
            row["crm_value"]
            for row in files["stage_map"]
            if row["source_system"].lower() == source_system and row["object"].lower() == "lead"
        }
        return cls(
            fillers=lowered({row["value"] for row in files["fillers"]}),
            free_email_domains=lowered({row["domain"] for row in files["free_email_domains"]}),
            known_statuses=lowered(mapped or set(STAGES["lead"])),
        )


def expectation(alternative: Alternative, vocabulary: Vocabulary) -> gxe.Expectation:
    """The expectation that states an alternative. An empty text fails each of them, a missing time too."""
    column, meta = alternative.field, {"rule": alternative.rule, "alternative": alternative.name}
    match alternative.test:
        case "present" if column in TIME_FIELDS:
            return gxe.ExpectColumnValuesToNotBeNull(column=column, meta=meta)
        case "present":
            return gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=1, meta=meta)
        case "email":
            return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=EMAIL, meta=meta)
        case "business_email":
            free = "|".join(re.escape(domain) for domain in vocabulary.free_email_domains)
            regex = rf"^{_LOCAL}@(?!(?:{free})$){_DOMAIN}$" if free else EMAIL
            return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=regex, meta=meta)
        case "not_filler":
            return gxe.ExpectColumnValuesToNotBeInSet(column=column, value_set=["", *vocabulary.fillers], meta=meta)
        case "known_stage":
            return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(vocabulary.known_statuses), meta=meta)
        case "not_future":
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=JUDGED_UNTIL, column_B=column, or_equal=True, ignore_row_if="neither", meta=meta
            )
    raise AssertionError(alternative.test)


@cache
def _chunks() -> BatchDefinition[Any]:
    """Where data frames enter Great Expectations. One context per process: each makes a temporary folder."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("lead_records").add_dataframe_asset("chunk")
    return asset.add_batch_definition_whole_dataframe("whole")


class Judge:
    """The rules of one period, for one source."""

    def __init__(self, rows: tuple[Row, ...], vocabulary: Vocabulary) -> None:
        self.alternatives = alternatives(rows)
        self.rules = list(dict.fromkeys(alternative.rule for alternative in self.alternatives))
        self.suite = gx.ExpectationSuite(
            name="completeness",
            expectations=[expectation(alternative, vocabulary) for alternative in self.alternatives],
        )

    def failures(self, frame: pd.DataFrame) -> tuple[dict[str, np.ndarray], ExpectationSuiteValidationResult | None]:
        """For each rule, which rows fail it, and what Great Expectations said. The frame's index must be 0, 1, 2 …"""
        if not self.alternatives or frame.empty:
            return {rule: np.zeros(len(frame), dtype=bool) for rule in self.rules}, None
        columns = list(dict.fromkeys([*(each.field for each in self.alternatives), JUDGED_UNTIL]))
        result = (
            _chunks()
            .get_batch({"dataframe": frame[columns]})
            .validate(
                self.suite,
                result_format={
                    "result_format": "COMPLETE",
                    "partial_unexpected_count": 0,
                    "return_unexpected_index_query": False,
                },
            )
        )
        failed = {rule: np.ones(len(frame), dtype=bool) for rule in self.rules}
        for verdict in result.results:
            if verdict.exception_info and verdict.exception_info.get("raised_exception"):
                raise RuntimeError(str(verdict.exception_info.get("exception_message")))
            rows = np.zeros(len(frame), dtype=bool)
            rows[np.asarray(verdict.result.get("unexpected_index_list") or [], dtype=np.int64)] = True
            # the rule fails where all of its alternatives fail
            assert verdict.expectation_config is not None
            failed[verdict.expectation_config.meta["rule"]] &= rows
        return failed, result

    def details(self, rule: str, frame: pd.DataFrame) -> pd.Series:
        """What is missing in rows that fail a rule: the fields by name, values only where they are no personal data."""
        texts: pd.Series | None = None
        for alternative in dict.fromkeys(each for each in self.alternatives if each.rule == rule):
            said = _shortcoming(alternative, frame)
            texts = said if texts is None else texts + "; " + said
        assert texts is not None
        return texts


_PERSONAL = {"first_name", "last_name", "email", "phone", "mobile_phone", "company", "website", "job_title"}
_SHORTCOMINGS: Mapping[str, str] = {
    "email": "is not a well-formed e-mail address",
    "business_email": "has no business e-mail domain",
    "not_filler": "holds a filler",
    "known_stage": "is not in the stage map",
    "not_future": "is in the future",
    "present": "is empty",
}


def _shortcoming(alternative: Alternative, frame: pd.DataFrame) -> pd.Series:
    field = alternative.field
    if field in TIME_FIELDS:
        empty = frame[field].isna()
        value = " " + frame[field].dt.strftime("%Y-%m-%d %H:%M:%S").astype("str")
    else:
        empty = frame[field] == ""
        shown = frame.get(field + DELIVERED, frame[field]).str.slice(0, 80)
        value = pd.Series("", index=frame.index) if field in _PERSONAL else " '" + shown + "'"
    return (field + value + " " + _SHORTCOMINGS[alternative.test]).mask(empty, f"{field} is empty")
