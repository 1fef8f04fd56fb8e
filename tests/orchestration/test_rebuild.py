"""`make rebuild`: the old warehouse is kept whole, with its log, until the new one is made."""

import fcntl
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest

from handoff.settings import Settings
from orchestration import __main__ as commands


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse with a row that is only in its log."""
    settings = Settings(_env_file=None, home=tmp_path)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create table kept as select 1 as n")
        con.execute("checkpoint")
        con.execute(
            "set checkpoint_threshold = '1GB'; pragma disable_checkpoint_on_shutdown; insert into kept values (2)"
        )
    assert commands._log(settings.warehouse).exists()
    return settings


def rows(settings: Settings) -> list[tuple[int]]:
    with duckdb.connect(str(settings.warehouse)) as con:
        return con.execute("select n from kept order by n").fetchall()


def half_a_warehouse(settings: Settings) -> NoReturn:
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create table half as select 1 as n")
    raise KeyboardInterrupt


def test_a_rebuild_that_fails_puts_the_old_warehouse_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "nightly", half_a_warehouse)
    with pytest.raises(KeyboardInterrupt):
        commands.rebuild(settings)
    assert rows(settings) == [(1,), (2,)]


def test_a_killed_rebuild_is_begun_again_and_still_keeps_the_old_warehouse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill leaves: the old one set aside, half of the new one in its place."""
    commands._move(settings.warehouse, settings.warehouse.with_suffix(".before-rebuild"))
    monkeypatch.setattr(commands, "nightly", half_a_warehouse)
    with pytest.raises(KeyboardInterrupt):
        half_a_warehouse(settings)
    with pytest.raises(KeyboardInterrupt):
        commands.rebuild(settings)
    assert rows(settings) == [(1,), (2,)]


def test_nothing_of_the_old_warehouse_stays_beside_the_new_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew(settings: Settings) -> int:
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute("create table kept as select 3 as n")
        return 0

    monkeypatch.setattr(commands, "nightly", anew)
    assert commands.rebuild(settings) == 0
    assert rows(settings) == [(3,)]
    assert not list(settings.home.glob("*before-rebuild*"))


def test_no_other_night_begins_between_the_old_warehouse_and_the_new(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asks_for_the_lock(settings: Settings) -> int:
        with (settings.home / "night.lock").open("a+") as another, pytest.raises(BlockingIOError):
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return 0

    monkeypatch.setattr(commands, "nightly", asks_for_the_lock)
    assert commands.rebuild(settings) == 0


def test_whom_a_rebuild_read_again_is_in_no_block_of_its_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew(settings: Settings) -> int:
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute("create table kept as select 3 as n, 'ann@' || 'acme.example' as email")
            con.execute("create view seen as select n from warehouse.main.kept")
            con.execute("checkpoint")
            con.execute("update kept set email = 'erased'")
        return 0

    monkeypatch.setattr(commands, "nightly", anew)
    commands.rebuild(settings)
    assert b"ann@acme.example" in settings.warehouse.read_bytes(), "free blocks keep it"
    (settings.home / "erased.json").write_text("{}")
    commands.rebuild(settings)
    assert b"ann@acme.example" not in settings.warehouse.read_bytes()
    assert rows(settings) == [(3,)]
    assert not list(settings.home.glob("*anew*"))
