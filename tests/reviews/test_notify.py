"""What is due when, and that a notifier sends it once and never breaks the night."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from handoff.settings import Settings
from reviews import notify, site
from tests.reviews.test_site import TODAY, publish
from tests.test_messages import MailServer

WEEKDAYS = {
    day for day in (date(2025, 1, 1) + timedelta(days=number) for number in range(400)) if day.weekday() < 5
} - {date(2025, 4, 21)}


@pytest.mark.parametrize(
    ("today", "kinds"),
    [
        (date(2025, 4, 14), {"week", "month", "quarter"}),
        (date(2025, 4, 1), {"week", "month", "quarter"}),
        (date(2025, 6, 1), {"week", "quarter"}),
        (date(2025, 4, 21), {"month", "quarter"}),
        (date(2025, 4, 22), {"week", "month", "quarter"}),
    ],
    ids=["Monday", "first of the quarter", "a Sunday the first", "Easter Monday is no working day", "the day after it"],
)
def test_pages_are_due_from_the_first_working_day_on(today: date, kinds: set[str]) -> None:
    found = notify.due(today, WEEKDAYS, set())
    assert {link.report.kind for link in found} == kinds
    assert all(link.period.end <= today for link in found)


def test_what_was_sent_is_not_due_again() -> None:
    first = notify.due(date(2025, 4, 14), WEEKDAYS, set())
    assert notify.due(date(2025, 4, 15), WEEKDAYS, {link.file for link in first}) == []


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web server on loopback that keeps what is posted to it."""
    posted: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_slack_gets_the_pages_once(tmp_path: Path, webhook: tuple[str, list[dict[str, str]]]) -> None:
    address, posted = webhook
    settings = publish(tmp_path, "2025-04-02 12:00").model_copy(
        update={"slack_webhook_url": SecretStr(address), "reviews_url": "https://reviews.example.com/"}
    )
    site.build(settings, TODAY)
    # what was sent long ago: a company of some years
    (tmp_path / "reviews_sent.json").write_text(
        json.dumps({"Slack": [f"team-meeting-{week}.html" for week in range(500)]})
    )
    assert len(notify.send_due(settings, TODAY).pages) == 8
    assert notify.send_due(settings, TODAY).pages == []
    assert len(posted) == 1
    # a power cut, or a disk that filled up
    (tmp_path / "reviews_sent.json").write_text("")
    again = notify.send_due(settings, TODAY)
    assert (len(again.pages), len(posted)) == (8, 2)
    assert "may come a second time" in again.problems[0]
    assert notify.send_due(settings, TODAY) == notify.Sending([], [])
    assert "<https://reviews.example.com/business-review-2025-q1.html|Business review>, Q1 2025" in posted[0]["text"]


def test_a_notifier_that_fails_is_a_problem_not_an_error(tmp_path: Path) -> None:
    settings = publish(tmp_path, "2025-04-02 12:00").model_copy(
        update={
            "slack_webhook_url": SecretStr("http://127.0.0.1:9/hook"),
            "smtp_url": SecretStr("ftp://x"),
            "notify_email": "a@example.com",
        }
    )
    site.build(settings, TODAY)
    sending = notify.send_due(settings, TODAY)
    assert sending.pages == []
    assert [problem.split(":")[0] for problem in sending.problems] == ["e-mail", "Slack"]


def test_what_was_sent_one_way_is_remembered_though_the_other_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails: list[object] = []
    monkeypatch.setattr("reviews.notify.send_mail", lambda url, message: mails.append(message) or 0)
    with socket.create_server(("127.0.0.1", 0)) as garbled:
        threading.Thread(target=_answer_nonsense, args=[garbled], daemon=True).start()
        settings = publish(tmp_path, "2025-04-02 12:00").model_copy(
            update={
                "slack_webhook_url": SecretStr(f"http://127.0.0.1:{garbled.getsockname()[1]}/hook"),
                "smtp_url": SecretStr("smtp://mail.example"),
                "notify_email": "a@example.com",
            }
        )
        site.build(settings, TODAY)
        for _ in range(2):
            (problem,) = notify.send_due(settings, TODAY).problems
            assert problem.startswith("Slack: Slack cannot be reached.")
            assert "/hook" not in problem
    assert len(mails) == 1


def _answer_nonsense(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.recv(65536)
        connection.sendall(b"nonsense\r\n\r\n")
        connection.close()


@pytest.mark.parametrize(
    ("refuses", "told"),
    [
        (["gone@acme.example"], "e-mail: the server refuses 1 of the addresses; the others have the pages"),
        (["ann@acme.example", "gone@acme.example"], "e-mail: SMTPRecipientsRefused"),
    ],
)
def test_addresses_that_the_server_refuses_are_counted_and_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: list[str], told: str
) -> None:
    with MailServer("never", refuses=refuses) as server:
        settings = publish(tmp_path, "2025-04-02 12:00").model_copy(
            update={
                "smtp_url": SecretStr(f"smtp://127.0.0.1:{server.port}"),
                "notify_email": "Ann <ann@acme.example>, gone@acme.example",
            }
        )
        site.build(settings, TODAY)
        assert notify.send_due(settings, TODAY).problems == [told]


def test_nothing_is_sent_unless_set_up(tmp_path: Path) -> None:
    assert notify.send_due(Settings(_env_file=None, home=tmp_path), TODAY) == notify.Sending([], [])
