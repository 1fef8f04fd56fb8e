"""The review pages, made from the published file: what the meeting sees is what BI sees."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs.publish import OWNERS, publish_file
from orchestration.night import Night
from reviews import notify, site

PAGES = dg.AssetKey(["publish", "review_pages"])


@dg.asset(
    key=PAGES,
    deps=[publish_file],
    description="One HTML page per meeting: the same report for marketing and sales.",
    group_name="publish",
    owners=OWNERS,
    kinds={"html"},
    check_specs=[
        dg.AssetCheckSpec(
            "pages_are_sent",
            asset=PAGES,
            description="Pages that are due reach everyone who is named; what failed is tried again the next night.",
        )
    ],
)
def review_pages(night: Night) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Writes the pages of the published build and sends those that are due; a notifier that fails only warns."""
    today = night.definitions.day_of(night.settings.now)
    pages = site.build(night.settings, today)
    sending = notify.send_due(night.settings, today)
    yield dg.MaterializeResult(
        asset_key=PAGES,
        metadata={
            "pages": len(pages),
            "sent": ", ".join(sending.pages) or "nothing",
            "index": dg.MetadataValue.path(str(night.settings.publish / "reviews" / "index.html")),
        },
    )
    yield dg.AssetCheckResult(
        asset_key=PAGES,
        check_name="pages_are_sent",
        passed=not sending.problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"not sent": "; ".join(sending.problems)},
    )
