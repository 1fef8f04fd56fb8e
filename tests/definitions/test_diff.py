"""Comparing definitions: which rows differ, a version restated for all time, which leads are judged otherwise."""

import shutil
from pathlib import Path

import duckdb
import pytest

from handoff import definitions, definitions_diff
from handoff.definitions_diff import Change, changed_rows, compare, resolve
from handoff.errors import HandoffError
from handoff.settings import DBT_PROJECT, Settings

SHIPPED = DBT_PROJECT / "seeds" / "definitions"


@pytest.fixture
def two_versions(tmp_path: Path) -> Path:
    """From 2026 on the SLA is 12 hours and companies start at 100 people."""
    folder = shutil.copytree(SHIPPED, tmp_path / "two")
    for file, old, new in (
        ("versions.csv", "1.0,2024-01-01", "2.0,2026-01-01,Marketing,Sales,second\n1.0,2024-01-01"),
        ("settings.csv", "sla_hours,24,2024-01-01,", "sla_hours,24,2024-01-01,2026-01-01\nsla_hours,12,2026-01-01,"),
        (
            "icp.csv",
            "employee_count,between,50|5000,require,20,2024-01-01,",
            "employee_count,between,50|5000,require,20,2024-01-01,2026-01-01\n"
            "employee_count,between,100|5000,require,20,2026-01-01,",
        ),
    ):
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    return folder


def test_a_version_is_restated_for_all_time(two_versions: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, definitions=two_versions)
    old, new = (resolve(settings, name, tmp_path / f"restated-{name}") for name in ("1.0", "2.0"))
    assert [version.name for version in new.versions] == ["2.0"]
    assert [row for row in changed_rows(old, new) if not row.startswith("versions")] == [
        "settings.csv: - sla_hours,24,2024-01-01,",
        "settings.csv: + sla_hours,12,2024-01-01,",
        "icp.csv: - employee_count,between,50|5000,require,20,2024-01-01,",
        "icp.csv: + employee_count,between,100|5000,require,20,2024-01-01,",
    ]


def test_a_row_that_is_repeated_is_a_change_and_is_told_as_csv(tmp_path: Path) -> None:
    """Costs of one key add up, so the second row of 100 is a cost more."""
    sides = []
    for name, times in (("once", 1), ("twice", 2)):
        folder = shutil.copytree(SHIPPED, tmp_path / name)
        header = (folder / "marketing_costs.csv").read_text().splitlines()[0]
        row = '2026-01-01,event,"Fair, Berlin",100'
        (folder / "marketing_costs.csv").write_text("\n".join([header, *[row] * times, ""]))
        sides.append(definitions.load(folder))
    assert changed_rows(*sides) == ['marketing_costs.csv: + 2026-01-01,event,"Fair, Berlin",100']
    assert changed_rows(*sides[::-1]) == ['marketing_costs.csv: - 2026-01-01,event,"Fair, Berlin",100']


def test_a_folder_may_be_named_as_well(two_versions: Path, tmp_path: Path) -> None:
    chosen = resolve(Settings(home=tmp_path), str(two_versions), tmp_path / "unused")
    assert chosen.sha256 == definitions.load(two_versions).sha256


def test_a_name_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match=r"neither a folder nor one of the versions 1\.0"):
        resolve(Settings(home=tmp_path), "9.9", tmp_path / "unused")


def test_without_a_night_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="no night was run yet"):
        compare(Settings(home=tmp_path), str(SHIPPED), str(SHIPPED))
    assert list(tmp_path.iterdir()) == []
    # what a night that was killed at once leaves
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    with pytest.raises(HandoffError, match="no night was run yet"):
        compare(Settings(home=tmp_path), str(SHIPPED), str(SHIPPED))


def test_leads_are_compared_one_by_one_in_the_quarter_of_their_creation(tmp_path: Path) -> None:
    """Of Q3's three leads one stops being an MQL, one becomes one; of Q4's one the admission is lost."""
    sides = {
        "before": [
            ("a", "2025-07-01", True),
            ("b", "2025-08-01", False),
            ("c", "2025-09-30", True),
            ("d", "2025-10-01", True),
        ],
        "after": [("a", "2025-07-01", False), ("b", "2025-08-01", True), ("c", "2025-09-30", True)],
    }
    for name, leads in sides.items():
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as con:
            con.execute("create schema core")
            con.execute(
                "create table core.fct_lead (lead_id varchar, created_at timestamp, mql_at timestamp, sql_at timestamp,"
                " sales_ready_at timestamp)"
            )
            for lead_id, created, is_mql in leads:
                con.execute(
                    "insert into core.fct_lead values (?, ?, ?, null, null)",
                    [lead_id, created, created if is_mql else None],
                )
    changes = definitions_diff._changes(tmp_path / "before.duckdb", tmp_path / "after.duckdb")
    assert changes == [
        Change("Q3 2025", "MQL", before=2, after=2, lost=1, won=1),
        Change("Q4 2025", "admitted", before=1, after=0, lost=1, won=0),
        Change("Q4 2025", "MQL", before=1, after=0, lost=1, won=0),
    ]
    assert str(changes[0]) == "Q3 2025: 1 lead is no longer MQL, 1 new one is (2 → 2)"
    assert str(changes[1]) == "Q4 2025: 1 lead is no longer admitted, 0 new ones are (1 → 0)"
