"""Erasing a person: gone from the warehouse and from what is read, also after an old extract is read again."""

from pathlib import Path

import duckdb
import pytest

from handoff import erasure
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load
from tests.end_to_end.nights import copy_home


def text_of(con: duckdb.DuckDBPyConnection, schema: str) -> str:
    """Everything a schema's tables say, as one text."""
    names = con.execute("select table_name from duckdb_tables() where schema_name = ? order by 1", [schema]).fetchall()
    return "\n".join(str(con.execute(f'select * from {schema}."{name}"').fetchall()).lower() for (name,) in names)


@pytest.fixture
def settings(built_home: Path, built_settings: Settings, tmp_path: Path) -> Settings:
    return built_settings.model_copy(update={"home": copy_home(built_home, tmp_path / "home")})


def a_person(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The record and address of someone with a session, a lead and a contact."""
    row = con.execute(
        "select l.native_id, l.email from raw.salesforce__lead l "
        "join raw.salesforce__contact c on lower(c.email) = lower(l.email) "
        "join raw.ga4__session g on lower(g.user_id) = lower(l.email) order by 1 limit 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize("by", ["e-mail", "id"])
def test_an_erased_person_is_gone_from_every_raw_row(settings: Settings, by: str) -> None:
    with open_warehouse(settings) as con:
        native_id, email = a_person(con)
        before = con.execute("select count(*), count(email) from raw.salesforce__lead").fetchall()
        assert email.lower() in text_of(con, "raw")
        assert erasure.remember(settings, con, email.upper() if by == "e-mail" else f"salesforce:{native_id}") >= 3
        erasure.apply(settings, con)
        assert email.lower() not in text_of(con, "raw")
        assert email.lower() not in text_of(con, "quality")
        assert con.execute("select count(*), count(email) from raw.salesforce__lead").fetchall() == before
        assert con.execute(
            "select distinct first_name from raw.salesforce__lead where native_id = ?", [native_id]
        ).fetchall() in (
            [("erased",)],
            [(None,)],
        )
    assert email.lower() not in (settings.home / "erased.json").read_text().lower()


def test_an_erasure_whose_night_failed_can_be_asked_for_again(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        with pytest.raises(HandoffError, match="Nobody of that address"):
            erasure.remember(settings, con, f"not.{email}")
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        remembered = (settings.home / "erased.json").read_text()
        assert erasure.remember(settings, con, email) == 0
        assert (settings.home / "erased.json").read_text() == remembered
        with pytest.raises(HandoffError, match="Nobody of that address"):
            erasure.remember(settings, con, f"not.{email}")
        (settings.home / "erased.json").write_text(remembered[:40])
        with pytest.raises(HandoffError, match="Put it back from a backup"):
            erasure.apply(settings, con)


def test_reading_the_old_extracts_again_does_not_bring_them_back(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        erasure.remember(settings, con, email)
    settings.warehouse.unlink()
    with open_warehouse(settings) as con:
        load(settings, con)
        assert email.lower() in text_of(con, "raw")
        erasure.apply(settings, con)
        assert email.lower() not in text_of(con, "raw")


def test_nobody_of_that_address(settings: Settings) -> None:
    with open_warehouse(settings) as con, pytest.raises(HandoffError, match="Nobody of that address"):
        erasure.remember(settings, con, "nobody@nowhere.example")
