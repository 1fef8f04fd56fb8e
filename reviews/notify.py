"""Sending the review pages that are due: e-mail with the pages attached, a Slack message with links. Off by default.

Not here: writing the pages (`site.py`). Addresses and secrets come from the settings and are never logged.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

from handoff.errors import HandoffError
from handoff.files import write_whole
from handoff.messages import said, send_mail, send_slack
from handoff.published import open_published
from handoff.settings import Settings
from reviews.pages import REPORTS, Report
from reviews.parts import Period
from reviews.site import Link, periods


@dataclass(frozen=True)
class Sending:
    """What one night sent: the pages, and for each way that failed, why."""

    pages: list[str]
    problems: list[str]


def due(today: date, business_days: set[date], sent: set[str]) -> list[Link]:
    """The page of the last finished period of each report, from the first working day after it, unless sent."""
    found = []
    for report in REPORTS:
        current, *finished = periods(report.kind, today, None, 1)
        first = next((day for day in _days(current) if day in business_days), None)
        link = Link(report, finished[0])
        if first is not None and first <= today and link.file not in sent:
            found.append(link)
    return found


def _days(period: Period) -> list[date]:
    return [period.start + timedelta(days=offset) for offset in range((period.end - period.start).days)]


def send_due(settings: Settings, today: date) -> Sending:
    """Sends what is due today by every way that is set up, once; what failed is tried again the next night."""
    if not (settings.slack_webhook_url or (settings.smtp_url and settings.notify_email)):
        return Sending([], [])
    log = settings.home / "reviews_sent.json"
    business_days = _business_days(settings)
    pages: set[str] = set()
    problems: list[str] = []
    sent: dict[str, list[str]] = {}
    try:
        sent = json.loads(log.read_text()) if log.exists() else {}
    except ValueError:
        problems.append(f"{log} could not be read and is begun anew: what is due now may come a second time")
    for way, deliver in (("e-mail", _email), ("Slack", _slack)):
        links = due(today, business_days, set(sent.get(way, [])))
        links = [link for link in links if (settings.publish / "reviews" / link.file).exists()]
        try:
            if links and (refused := deliver(settings, links)) is not None:
                if refused:
                    problems.append(f"{way}: the server refuses {refused} of the addresses; the others have the pages")
                sent[way] = sorted({*sent.get(way, []), *(link.file for link in links)})
                pages |= {link.file for link in links}
                write_whole(log, json.dumps(sent, indent=1, sort_keys=True))
        except (OSError, HandoffError) as error:
            problems.append(f"{way}: {said(error)}")
    return Sending(sorted(pages), problems)


def _business_days(settings: Settings) -> set[date]:
    with open_published(settings) as con:
        rows = con.execute("select date_day from core.dim_date where is_business_day").fetchall()
    return {row[0] for row in rows}


def _subject(links: list[Link]) -> str:
    return "Reviews for marketing and sales: " + ", ".join(sorted({link.report.title for link in links}))


def _email(settings: Settings, links: list[Link]) -> int | None:
    """How many addresses were refused; None where there is nobody to send to."""
    if not (settings.smtp_url and settings.notify_email):
        return None
    message = EmailMessage()
    message["Subject"] = _subject(links)
    message["To"] = settings.notify_email
    message.set_content("\n".join(f"{link.report.title}, {link.label}: {link.report.answers}" for link in links))
    for link in links:
        page: Path = settings.publish / "reviews" / link.file
        message.add_attachment(page.read_bytes(), maintype="text", subtype="html", filename=link.file)
    return send_mail(settings.smtp_url.get_secret_value(), message)


def _slack(settings: Settings, links: list[Link]) -> int | None:
    if not settings.slack_webhook_url:
        return None
    text = "\n".join(_line(settings, link.report, link) for link in links)
    send_slack(settings.slack_webhook_url.get_secret_value(), text)
    return 0


def _line(settings: Settings, report: Report, link: Link) -> str:
    base = settings.reviews_url.rstrip("/")
    return (
        f"<{base}/{link.file}|{report.title}>, {link.label}" if base else f"{report.title}, {link.label}: {link.file}"
    )
