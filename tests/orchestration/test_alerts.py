"""Alerts: off by default, what they say, and a receiver that cannot be reached stops nothing."""

import errno
import fcntl
import os
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from handoff.errors import HandoffError
from handoff.settings import Settings
from orchestration import alerts, run
from orchestration.__main__ import main, nightly
from publishing.postgres import CannotPass

SINCE = datetime(2026, 6, 1, 2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path)


def test_nobody_is_told_unless_a_setting_names_a_receiver(settings: Settings) -> None:
    assert alerts.send(settings, alerts.failed(settings, "run", SINCE, "why")) == []


def test_the_alert_of_a_scheduled_job_names_it_and_says_what_the_step_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.defs import alerting

    @dg.op
    def told() -> None:
        try:
            raise ValueError("jane@example.com is none")
        except ValueError as error:
            raise HandoffError("A file is broken.", where="crm/lead/a.csv", remedy="Ask for it again") from error

    @dg.op
    def untold() -> None:
        raise ValueError("jane@example.com is none")

    @dg.job
    def scoring_monthly() -> None:
        told()
        untold()

    said: list[str] = []
    monkeypatch.setattr(alerts, "send", lambda settings, alert: said.append(f"{alert.subject}: {alert.text}"))
    with dg.DagsterInstance.ephemeral() as instance:
        result = scoring_monthly.execute_in_process(instance=instance, raise_on_error=False)
        (failure,) = [event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE"]
        context = dg.build_run_status_sensor_context("tell_of_failure", failure, instance, result.dagster_run)
        alerting.tell_of_failure(context.for_run_failure())
    assert said[0].startswith("Handoff: scoring_monthly failed: ")
    assert "told: A file is broken." in said[0]
    assert "crm/lead/a.csv" in said[0]
    assert "Ask for it again" in said[0]
    assert "untold: ValueError" in said[0]
    assert "jane" not in said[0]


def test_the_alert_of_a_scheduled_night_knows_whether_it_had_published(monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.defs import alerting

    @dg.op
    def publish(context: dg.OpExecutionContext) -> None:
        context.log_event(dg.AssetMaterialization(["publish", "marts"]))
        found = {"refused": {"crm/lead/a.csv": "cut off"}}
        context.log_event(
            dg.AssetCheckEvaluation(dg.AssetKey(["quality", "load_log"]), "files_are_readable", False, found)
        )
        try:
            raise CannotPass("No server.")
        except CannotPass as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    @dg.job
    def nightly() -> None:
        publish()

    said: list[str] = []
    monkeypatch.setattr(alerts, "send", lambda settings, alert: said.append(f"{alert.subject}\n{alert.text}"))
    with dg.DagsterInstance.ephemeral() as instance:
        result = nightly.execute_in_process(instance=instance, raise_on_error=False)
        (failure,) = [event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE"]
        context = dg.build_run_status_sensor_context("tell_of_failure", failure, instance, result.dagster_run)
        alerting.tell_of_failure(context.for_run_failure())
    assert "the file has the new marts" in said[0]
    assert "What: publish: No server.\n" in said[0]
    assert "refused: crm/lead/a.csv: cut off" in said[0]


@pytest.mark.parametrize(
    ("switches", "marts"), [(False, "yesterday's marts stay up"), (True, "the file has the new marts")]
)
def test_a_night_that_is_told_to_stop_says_so_and_which_marts_there_are(
    settings: Settings,
    webhook: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    switches: bool,
    marts: str,
) -> None:
    address, received = webhook
    (settings.publish / "builds").mkdir(parents=True)

    @dg.op
    def step() -> None:
        if switches:  # and the disk is full before Dagster could note it
            (settings.publish / "current").symlink_to("builds")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

    @dg.job(name="nightly")
    def job() -> None:
        step()

    monkeypatch.setattr("orchestration.definitions.defs", lambda: dg.Definitions(jobs=[job]))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("HANDOFF_AS_OF", "")
    told = settings.model_copy(update={"alert_slack_webhook_url": SecretStr(address)})
    with dg.DagsterInstance.ephemeral() as instance, monkeypatch.context() as patch:
        patch.setattr(dg.DagsterInstance, "get", lambda: instance)
        with pytest.raises(
            HandoffError, match=r"told to stop \(SIGTERM, Ctrl\+C\)\. What to do: Run `make nightly` again"
        ):
            run.nightly(told)
    assert marts in received[0]["text"]
    assert "The night was ended" in received[0]["text"]


def test_an_alert_says_what_since_when_what_to_do_and_where(
    settings: Settings, webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = webhook
    told = settings.model_copy(update={"alert_slack_webhook_url": SecretStr(address)})
    assert alerts.send(told, alerts.failed(told, "abc", SINCE, "A data test failed: x.")) == ["slack"]
    for part in ("A data test failed: x.", "Since: 2026-06-01 02:00 UTC", "What to do:", "/runs/abc"):
        assert part in received[0]["text"]


def test_a_name_in_an_alert_is_a_name(settings: Settings, webhook: tuple[str, list[dict[str, Any]]]) -> None:
    address, received = webhook
    told = settings.model_copy(update={"alert_slack_webhook_url": SecretStr(address)})
    refused = {"crm/<!channel>&\nBcc: x@evil.example\u202e.csv": "cut off"}
    alert = alerts.warned(told, "abc", SINCE, {"files_are_readable": {"refused": refused}})
    assert "refused: crm/<!channel>&\\nBcc: x@evil.example\\u202e.csv: cut off\n" in alert.text
    assert "\\nBcc" in alerts.failed(told, "abc", SINCE, f"Refused: {next(iter(refused))}.").text
    alerts.send(told, alert)
    assert "refused: crm/&lt;!channel&gt;&amp;\\nBcc" in received[0]["text"]


def test_a_night_that_cannot_even_begin_is_told(
    settings: Settings, webhook: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    address, received = webhook
    told = {"alert_slack_webhook_url": SecretStr(address), "extracts": str(tmp_path / "nowhere")}
    with pytest.raises(HandoffError, match="The landing zone is missing"):
        nightly(settings.model_copy(update=told))
    assert "The landing zone is missing" in received[0]["text"]


def test_a_night_that_another_one_keeps_from_beginning_is_told_once(
    settings: Settings, webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = webhook
    with (settings.home / "night.lock").open("a+") as held:  # as another process holds it
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(HandoffError, match="already under way"):
            nightly(settings.model_copy(update={"alert_slack_webhook_url": SecretStr(address)}))
    assert ["A night is already under way" in alert["text"] for alert in received] == [True]


def test_a_home_that_cannot_be_written_is_told(
    settings: Settings, webhook: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, received = webhook

    def touch(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "touch", touch)
    with pytest.raises(HandoffError, match="The disk cannot be written"):
        nightly(settings.model_copy(update={"alert_slack_webhook_url": SecretStr(address)}))
    assert ["The disk cannot be written" in alert["text"] for alert in received] == [True]


@pytest.mark.parametrize(
    ("variable", "value", "told"), [("HANDOFF_THREADS", "many", 1), ("HANDOFF_UI_PORT", "none", 0)]
)
def test_a_setting_that_cannot_be_used_is_told_unless_alerts_need_it(
    webhook: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: int
) -> None:
    address, received = webhook
    monkeypatch.setenv("HANDOFF_ALERT_SLACK_WEBHOOK_URL", address)
    monkeypatch.setenv(variable, value)
    assert main(["nightly"]) == 1
    assert [variable in alert["text"] for alert in received] == [True] * told
    assert main(["ui"]) == 1
    assert len(received) == told


def test_a_warning_names_the_files_and_the_remedy(settings: Settings) -> None:
    refused = {"crm/lead/a.csv": "cut off", "crm/lead/b.csv": "crm/lead/b.csv: empty"}
    by_dbt = {"dagster_dbt/failed_row_count": 3, "invocation_id": "x", "unique_id": "test.handoff.y", "status": "warn"}
    alert = alerts.warned(
        settings, "abc", SINCE, {"files_are_readable": {"refused": refused}, "every_value_is_mapped": by_dbt}
    )
    assert "- files_are_readable: refused: crm/lead/a.csv: cut off; crm/lead/b.csv: empty\n" in alert.text
    assert "- every_value_is_mapped: failed_row_count: 3\n  What to do: See core.unmapped_value" in alert.text
    assert "Ask the source for the file again" in alert.text


@pytest.mark.parametrize(
    "unreachable",
    [
        {"alert_slack_webhook_url": SecretStr("http://127.0.0.1:1/hook")},
        {"alert_email": "ops@example.com", "smtp_url": SecretStr("smtp://127.0.0.1:1")},
        {"alert_email": "ops@example.com", "smtp_url": SecretStr("not an address")},
    ],
    ids=["slack", "mail", "no address"],
)
def test_a_receiver_that_cannot_be_reached_stops_nothing_and_is_logged(
    settings: Settings, unreachable: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    told = settings.model_copy(update=unreachable)
    assert alerts.send(told, alerts.failed(told, "abc", SINCE, "why")) == []
    (said,) = (record.getMessage() for record in caplog.records if record.name == "handoff.alerts")
    assert said.startswith("An alert was not sent")
    assert not any(address in said for address in ("127.0.0.1", "ops@example.com"))


def test_a_night_that_failed_after_its_publish_says_so_and_what_its_checks_found(settings: Settings) -> None:
    found = {"files_are_readable": {"refused": {"crm/lead/a.csv": "cut off"}}}
    alert = alerts.failed(settings, "abc", SINCE, "why", warned=found)
    assert alert.subject == "Handoff: the night failed, after it had published: the file has the new marts"
    assert "- files_are_readable: refused: crm/lead/a.csv: cut off\n" in alert.text
    assert alerts.failed(settings, "abc", SINCE, "why", warned={}).subject == alert.subject


@pytest.mark.parametrize(
    ("job", "failed", "warned"),
    [
        ("nightly", "the night failed, yesterday's marts stay up", "published, with 1 warning"),
        ("scoring_monthly", "scoring_monthly failed", "scoring_monthly ended, with 1 warning"),
        ("", "a run of picked assets failed", "a run of picked assets ended, with 1 warning"),
    ],
)
def test_only_a_night_is_called_one(settings: Settings, job: str, failed: str, warned: str) -> None:
    assert alerts.failed(settings, "abc", SINCE, "why", job).subject == f"Handoff: {failed}"
    found = {"population_is_stable": {"psi": 0.3}}
    assert alerts.warned(settings, "abc", SINCE, found, job).subject == f"Handoff: {warned}"
