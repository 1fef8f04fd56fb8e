"""Great Expectations' Data Docs of a night: per source and object, what each expectation found.

Counts only: no value of a record is written. The verdicts themselves are in `quality.quarantine`.
"""

import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from great_expectations.core import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
        RunIdentifier,
    )
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView


class Tally:
    """Adds up what the judges said of the chunks of a night."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._found: dict[tuple[str, str], dict[str, tuple[ExpectationValidationResult, int, int]]] = {}

    def add(self, source_system: str, name: str, said: ExpectationSuiteValidationResult | None) -> None:
        found = self._found.setdefault((source_system, name), {})
        for verdict in said.results if said else ():
            assert verdict.expectation_config is not None
            key = repr(sorted(verdict.expectation_config.to_json_dict().items(), key=str))
            _, records, failing = found.get(key, (verdict, 0, 0))
            found[key] = (
                verdict,
                records + int(verdict.result["element_count"]),
                failing + int(verdict.result["unexpected_count"]),
            )

    def results(self) -> dict[tuple[str, str], ExpectationSuiteValidationResult]:
        """One validation result per source and object."""
        return {key: self._result(key, list(found.values())) for key, found in sorted(self._found.items())}

    def _result(
        self, key: tuple[str, str], found: Sequence[tuple[ExpectationValidationResult, int, int]]
    ) -> ExpectationSuiteValidationResult:
        results = [
            ExpectationValidationResult(
                success=not failing,
                expectation_config=verdict.expectation_config,
                result={
                    "element_count": records,
                    "unexpected_count": failing,
                    "unexpected_percent": 100 * failing / records if records else 0.0,
                    "missing_count": 0,
                    "missing_percent": 0.0,
                    "partial_unexpected_list": [],
                },
            )
            for verdict, records, failing in found
        ]
        met = sum(bool(result.success) for result in results)
        meta: dict[str, Any] = {
            "run_id": RunIdentifier(run_name=f"{key[0]} {key[1]}", run_time=self.now.isoformat()),
            "expectation_suite_name": "completeness",
            "batch_spec": {},
        }
        statistics = {
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results) if results else None,
        }
        return ExpectationSuiteValidationResult(
            success=met == len(results), results=results, suite_name="completeness", statistics=statistics, meta=meta
        )


def write(tally: Tally, folder: Path) -> Path:
    """Writes a page per source and object and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for (source_system, name), result in tally.results().items():
        page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
        (folder / f"{source_system}__{name}.html").write_text(page, encoding="utf-8")
    return folder
