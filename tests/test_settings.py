"""What is set wrongly is said in one paragraph, and no secret with it."""

import importlib
import socket
import traceback
from datetime import datetime
from pathlib import Path

import pytest

from handoff.errors import HandoffError
from handoff.settings import load_settings
from orchestration.__main__ import main


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HANDOFF_POSTGRES_URL", "mysql://ann:hunter2@host/marts", "postgresql://user:password@host:5432/database"),
        ("HANDOFF_POSTGRES_URL", "hunter2", "postgresql://user:password@host:5432/database"),
        ("HANDOFF_SCHEDULE_TIMEZONE", "Berlin", "Europe/Berlin"),
        ("HANDOFF_MEMORY_LIMIT", "4", "4GB"),
        ("HANDOFF_MEMORY_LIMIT", "0GB", "512MB"),
        ("HANDOFF_MEMORY_LIMIT", "511 MiB", "512MB"),
        ("HANDOFF_LATE_AFTER_HOURS", "99999999", "less than or equal to"),
        ("HANDOFF_MEND_FROM_ROWS", "99999999999999999999999", "less than or equal to"),
        ("HANDOFF_AS_OF", "9999-12-31T23:59:59-05:00", "before 2999"),
        ("HANDOFF_AS_OF", "0001-01-01T00:00:00+05:00", "after 1970"),
        ("HANDOFF_AS_OF", "2026", "Invalid isoformat"),
        ("HANDOFF_ALERT_EMAIL", "a@example.com\nBcc: b@example.com", "in one line"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(HandoffError, match=f"The setting {name} ") as refused:
        load_settings()
    assert said in str(refused.value)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("url", ["postgresql://ann:hunter2@host:5432/marts", "host=/run/postgresql dbname=marts"])
def test_both_spellings_of_a_postgresql_address_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HANDOFF_POSTGRES_URL", url)
    settings = load_settings()
    assert settings.postgres_url is not None
    assert settings.postgres_url.get_secret_value() == url
    assert "hunter2" not in repr(settings)


def test_links_go_where_the_ui_is_served_and_folders_where_the_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().dagster_url == "http://127.0.0.1:3000"
    monkeypatch.setenv("HANDOFF_UI_PORT", "3011")
    assert load_settings().dagster_url == "http://127.0.0.1:3011"
    monkeypatch.setenv("HANDOFF_DAGSTER_URL", "https://dagster.example")
    assert load_settings().dagster_url == "https://dagster.example"
    monkeypatch.setenv("HANDOFF_EXTRACTS", "~/extracts")
    monkeypatch.setenv("HANDOFF_SOURCES", "~/sources")
    assert load_settings().landing_zone == str(Path.home() / "extracts")
    assert load_settings().sources == Path.home() / "sources"
    monkeypatch.setenv("HANDOFF_UI_PORT", "none")
    with pytest.raises(HandoffError, match="HANDOFF_UI_PORT"):
        load_settings()


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_home_that_is_a_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("HANDOFF_HOME", str(file / below))
    with pytest.raises(HandoffError, match=r"HANDOFF_HOME is no folder.*/file is a file"):
        load_settings()


@pytest.mark.parametrize(
    ("home", "said"), [("what?", "has a ?"), ("50%", "has a %"), ("~nobody_here/home", "name of nobody")]
)
def test_a_home_that_cannot_be_one_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str, said: str
) -> None:
    monkeypatch.setenv("HANDOFF_HOME", home if home.startswith("~") else str(tmp_path / home))
    with pytest.raises(HandoffError, match="HANDOFF_HOME") as refused:
        load_settings()
    assert said in str(refused.value)


def test_a_day_written_as_one_number_is_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_AS_OF", "20260601")
    assert load_settings().now == datetime(2026, 6, 1)


def test_an_address_of_no_mail_server_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_SMTP_URL", "smtp://ann:hunter2#word@mail.example:587")
    with pytest.raises(HandoffError, match="HANDOFF_SMTP_URL is no address") as refused:
        load_settings()
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("name", ["HANDOFF_ALERT_EMAIL", "HANDOFF_NOTIFY_EMAIL"])
def test_mail_without_a_mail_server_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "night@example.com")
    with pytest.raises(HandoffError, match=f"{name} needs HANDOFF_SMTP_URL"):
        load_settings()


def test_a_port_that_is_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HANDOFF_UI_PORT", port)
        assert main(["ui"]) == 1
    assert f"The UI cannot be served on port {port}" in capsys.readouterr().err


def test_a_schedule_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.defs import jobs

    with monkeypatch.context() as patch:
        patch.setenv("HANDOFF_SCHEDULE", "every night")
        with pytest.raises(HandoffError, match="HANDOFF_SCHEDULE is no cron expression"):
            importlib.reload(jobs)
    importlib.reload(jobs)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ui", "--help"], 0, "python -m orchestration [nightly|ui|rebuild|erase]"),
        (["rebuild", "quickly"], 1, "rebuild does not take 'quickly'"),
        (["nightli"], 1, "There is no command 'nightli'"),
    ],
)
def test_a_command_line_that_is_none_is_one_paragraph(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_a_made_up_company_is_not_published_to_postgresql(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANDOFF_POSTGRES_URL", "postgresql://127.0.0.1:1/marts")
    assert main(["nightly"]) == 1
    assert "a made-up company is not published to PostgreSQL" in capsys.readouterr().err
    assert not (tmp_path / "home" / "extracts").exists()


def test_a_landing_zone_has_one_spelling_wherever_the_night_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for spelled, meant in (("extracts", str(tmp_path / "extracts")), ("s3://bucket/extracts", "s3://bucket/extracts")):
        monkeypatch.setenv("HANDOFF_EXTRACTS", spelled)
        assert load_settings().extracts == meant
