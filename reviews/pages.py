"""The pages of the rhythm: what each is called, how often it is due, what it answers, and what writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from reviews.monthly import attribution_review, pipeline_review, threshold_review
from reviews.parts import Data, Page, Period
from reviews.quarterly import business_review, win_loss
from reviews.weekly import lead_review, rejection_report, team_meeting


@dataclass(frozen=True)
class Report:
    """A page of the rhythm."""

    name: str
    title: str
    kind: str
    answers: str
    write: Callable[[Data, Period], Page]


REPORTS = (
    Report(
        "rejection-report",
        "Rejection report",
        "week",
        "Rejection rate by source, campaign and reason, against the four weeks before.",
        rejection_report,
    ),
    Report(
        "lead-review",
        "Lead review",
        "week",
        "What was handed off, what happened to each, who waits past the SLA.",
        lead_review,
    ),
    Report(
        "team-meeting",
        "Team meeting",
        "week",
        "Leads and wins of the week, stuck deals and blockers, running campaigns with their conversion.",
        team_meeting,
    ),
    Report(
        "pipeline-review",
        "Pipeline review",
        "month",
        "What entered and from where, what converted, what sales says of quality, plan pacing, what the next month's "
        "target takes, next campaigns.",
        pipeline_review,
    ),
    Report(
        "attribution",
        "Attribution review",
        "month",
        "Which campaigns, content and channels made pipeline and revenue, models side by side.",
        attribution_review,
    ),
    Report(
        "threshold-review",
        "Threshold review",
        "month",
        "Conversion by score band, the proposed threshold, drift.",
        threshold_review,
    ),
    Report(
        "win-loss",
        "Win/loss review",
        "quarter",
        "Won and lost deals: touches, content, entry point, reasons, competitors, cycle, by segment.",
        win_loss,
    ),
    Report(
        "business-review",
        "Business review",
        "quarter",
        "The shared scoreboard against plan, blockers, ICP performance, definition audit.",
        business_review,
    ),
)
