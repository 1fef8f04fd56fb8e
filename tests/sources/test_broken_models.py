"""What the models promise about versions, deletes, merges and snapshots, broken on purpose: a test has to notice.

The other promises of an extract are broken in tests/ingestion/test_mutations.py.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handoff.settings import DBT_PROJECT, Settings
from tests.sources import conftest, test_mapped, test_unified

NEWEST = "macros/sources/newest_version.sql"
SNAPSHOT = "macros/sources/snapshot.sql"
LEAD = "models/staging/salesforce/stg_salesforce__lead.sql"
MERGE = "models/intermediate/unified/int_lead_merge.sql"
DELIVERY = "models/staging/quality/stg_quality__delivery.sql"


def vendors(home: Path) -> Settings:
    return conftest.build(home, conftest.NATIVE)


def mapped(home: Path) -> Settings:
    return conftest.build(home, *test_mapped.lay_out(home))


BROKEN: dict[str, tuple[str, str, str, Callable[[Path], Settings], str]] = {
    "the older version wins": (
        NEWEST,
        "version_at desc nulls last",
        "version_at asc nulls first",
        vendors,
        "the version column decides, not the file's name, and ids of 15 and 18 characters are one",
    ),
    "deletes are ignored": (
        LEAD,
        "coalesce(raw.is_deleted, false)",
        "false",
        vendors,
        "a merged Salesforce lead is known with its survivor",
    ),
    "merges are ignored": (MERGE, "where loser_id != survivor_id", "where false", vendors, "merges of all kinds"),
    "what a snapshot lacks lives on": (
        SNAPSHOT,
        "(delivery.is_past_snapshot and present.native_id is null)",
        "false",
        mapped,
        "the newest snapshot decides; what it lacks is deleted",
    ),
    "the file's name does not decide between equal versions": (
        DELIVERY,
        "order by delivery.ordered_as, delivery.is_current, delivery.sha256",
        "order by delivery.ordered_as desc, delivery.is_current, delivery.sha256",
        mapped,
        "a touch without a key is its person, time and type",
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_model_is_noticed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, right, wrong, build, case = BROKEN[name]
    project = tmp_path / "project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "own-*"))
    text = (project / file).read_text(encoding="utf-8")
    assert right in text, "the mutation no longer fits the model"
    (project / file).write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setattr(conftest, "DBT_PROJECT", project)
    settings = build(tmp_path / "home")
    sql, expected = {**test_unified.CASES, **test_mapped.CASES}[case]
    with conftest.reader(settings) as con:
        assert con.execute(sql).fetchall() != expected
