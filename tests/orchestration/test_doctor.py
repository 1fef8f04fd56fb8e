"""What `make doctor` finds of the runs: one that has not ended holds up the queue."""

import fcntl
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from handoff import doctor
from handoff.control import begin_run
from handoff.errors import HandoffError
from handoff.settings import Settings
from orchestration import instance
from tests.orchestration.test_orphans import night


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return Settings(_env_file=None, home=tmp_path)


def test_what_cannot_be_looked_at_is_a_finding_and_the_others_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema control; create table control.run (of_another_release integer)")
    monkeypatch.setattr(doctor, "PACKAGES", ("duckdb", "no-such-package"))
    findings = {finding.name: finding for finding in doctor.examine(settings)}
    assert "no-such-package" in findings["packages"].text
    assert not findings["packages"].is_sound
    assert "as_of" in findings["warehouse"].text
    assert not findings["warehouse"].is_sound
    assert findings["publish"].text == "nothing published yet"
    assert findings["publish"].is_sound
    assert findings["schedule"].text == "0 2 * * * UTC"


def test_a_warehouse_in_which_no_night_has_begun(settings: Settings) -> None:
    duckdb.connect(str(settings.warehouse)).close()
    finding = next(finding for finding in doctor.examine(settings) if finding.name == "warehouse")
    assert finding.is_sound
    assert finding.text.startswith("no run yet, ")


def test_a_run_that_never_ended_is_named_once_it_is_old(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert instance.prepare(settings).stat().st_mode & 0o077 == 0
    with dg.DagsterInstance.get() as home:
        run = home.create_run_for_job(night, status=dg.DagsterRunStatus.STARTED)
    findings = {finding.name: finding for finding in doctor.examine(settings)}
    assert findings["runs"].text == "1 waiting, or left by a killed night, which the next one ends"
    with (settings.home / "night.lock").open("a+") as held:  # as another process holds it
        fcntl.flock(held, fcntl.LOCK_EX)
        assert doctor._runs(settings) == "1 under way or waiting"
    monkeypatch.setattr(doctor, "LONGEST_RUN_HOURS", 0)
    with pytest.raises(HandoffError, match=f"{run.run_id}.*make nightly"):
        doctor._runs(settings)


def test_a_night_under_way_is_no_fault(settings: Settings) -> None:
    duckdb.connect(str(settings.warehouse)).close()
    with (settings.home / "night.lock").open("a+") as held:  # as another process holds it
        fcntl.flock(held, fcntl.LOCK_EX)
        findings = {finding.name: finding for finding in doctor.examine(settings)}
    assert findings["lock"].text.startswith("a night is under way")
    assert findings["warehouse"].text.startswith("in use by the night")
    assert findings["lock"].is_sound
    assert findings["warehouse"].is_sound


def test_a_night_that_published_nothing_is_found(settings: Settings) -> None:
    settings.publish.mkdir()
    with duckdb.connect(str(settings.publish / "marts.duckdb")) as con:
        con.execute("create schema core")
        con.execute("create table core.build_info as select 'b1' as build_id, timestamp '2026-06-01' as as_of")
    for day, is_sound in ((1, True), (2, False)):
        with duckdb.connect(str(settings.warehouse)) as con:
            begin_run(con, datetime(2026, 6, day), "run", "")
        finding = next(finding for finding in doctor.examine(settings) if finding.name == "publish")
        assert finding.is_sound == is_sound, finding.text
    assert "2026-06-02" in finding.text
    assert "make nightly" in finding.text
