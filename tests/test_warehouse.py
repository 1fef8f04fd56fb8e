"""The warehouse file: it is its user's alone, and rows that were deleted stay in it until they are many."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from handoff import erasure
from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, Settings
from handoff.warehouse import (
    LOCK_PATIENCE_SECONDS,
    ROW_GROUP,
    NightUnderWay,
    night_lock,
    open_warehouse,
    private_files,
    put_off_compaction,
    write_anew,
)

ROWS = 10 * ROW_GROUP


def test_a_night_has_patience_with_what_holds_its_lock_for_a_moment(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    holds = (
        "import fcntl, sys, time; held = open(sys.argv[1], 'w'); fcntl.flock(held, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(1)"
    )
    command = [sys.executable, "-c", holds, str(tmp_path / "night.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(NightUnderWay), night_lock(settings):
            pass
        with night_lock(settings, LOCK_PATIENCE_SECONDS):
            pass


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"salt": "x"}'])
def test_a_damaged_record_of_the_erased_is_named(tmp_path: Path, text: str) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    (tmp_path / "erased.json").write_text(text)
    with open_warehouse(settings) as con, pytest.raises(HandoffError, match=r"Who was erased cannot be read.*backup"):
        erasure.apply(settings, con)


def test_dbt_s_own_connection_puts_off_checkpoints_as_ours_does(tmp_path: Path) -> None:
    profile = yaml.safe_load((CHECKOUT / "dbt_project" / "profiles.yml").read_text())
    settings = profile["handoff"]["outputs"]["duckdb"]["settings"]
    asked = "select name, value from duckdb_settings() where name like '%wal%' or name like '%checkpoint%' order by 1"
    with open_warehouse(Settings(_env_file=None, home=tmp_path)) as ours, duckdb.connect() as dbt_s:
        for name in ("checkpoint_threshold", "auto_checkpoint_skip_wal_threshold"):
            dbt_s.execute(f"set {name} = '{settings[name]}'")
        assert dbt_s.execute(asked).fetchall() == ours.execute(asked).fetchall()


def test_a_warehouse_that_is_written_anew_has_no_log_of_the_old_one(tmp_path: Path) -> None:
    """Whatever else of this process still has it open, and though it is killed then."""
    settings = Settings(_env_file=None, home=tmp_path / "home")
    with open_warehouse(settings) as other:
        other.execute("create table main.one as select 1 as one")
        write_anew(settings)
        shutil.copytree(settings.home, tmp_path / "killed")
    with open_warehouse(settings.model_copy(update={"home": tmp_path / "killed"})) as con:
        assert con.execute("from main.one").fetchall() == [(1,)]


def test_a_log_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    with open_warehouse(settings) as con:
        con.execute("create table main.one as select 1 as one")
        log = (tmp_path / "warehouse.duckdb.wal").read_bytes()
    (tmp_path / "warehouse.duckdb.wal").write_bytes(log)
    with (
        pytest.raises(HandoffError, match=r"Move warehouse\.duckdb\.wal aside and run again"),
        open_warehouse(settings),
    ):
        pass


@pytest.mark.parametrize(("every", "is_put_off"), [(5, True), (2, False)])
def test_deleted_rows_are_left_until_they_are_many(tmp_path: Path, every: int, is_put_off: bool) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    with open_warehouse(settings) as con:
        con.execute(f'create table main."a ""large"" one" as select range as id from range({ROWS})')
        con.execute("set max_vacuum_tasks = 0")
        con.execute(f'delete from main."a ""large"" one" where id % {every} = 0')
        con.execute("checkpoint")
    for _ in range(2):
        with open_warehouse(settings) as con:
            put_off_compaction(con)
            con.execute("create or replace table main.another as select 1 as one")
    with duckdb.connect(str(settings.warehouse), read_only=True) as con:
        rows, places = con.execute('select count(*), max(rowid) + 1 from main."a ""large"" one"').fetchall()[0]
    assert rows == ROWS - ROWS // every
    assert (places > ROWS * 0.99) == is_put_off
    assert places <= 1.1 * rows or is_put_off


def test_nobody_else_reads_the_warehouse_also_while_it_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(_env_file=None, home=tmp_path / "home")
    monkeypatch.setattr("shutil.copymode", lambda *paths: None)
    before = os.umask(0o022)
    try:
        with private_files(), open_warehouse(settings) as con:
            for after_a_checkpoint in ("one", "two"):
                con.execute(f"create table main.{after_a_checkpoint} as select 1 as one")
                log = settings.warehouse.with_name("warehouse.duckdb.wal")
                assert stat.S_IMODE(log.stat().st_mode) == 0o600
                con.execute("checkpoint")
        assert os.umask(0o022) == 0o022
        settings.warehouse.chmod(0o644)
        with open_warehouse(settings):
            assert stat.S_IMODE(settings.warehouse.stat().st_mode) == 0o600
        write_anew(settings)
        assert stat.S_IMODE(settings.warehouse.stat().st_mode) == 0o600
    finally:
        os.umask(before)
