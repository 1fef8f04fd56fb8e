"""The review pages, made from the published file: what the meeting sees is what BI sees."""

from typing import Any

import dagster as dg

from orchestration.defs.publish import OWNERS, publish_file
from orchestration.night import Night
from reviews import notify, site


@dg.asset(
    key=["publish", "review_pages"],
    deps=[publish_file],
    description="One HTML page per meeting: the same report for marketing and sales.",
    group_name="publish",
    owners=OWNERS,
    kinds={"html"},
)
def review_pages(night: Night) -> dg.MaterializeResult[Any]:
    """Writes the pages of the published build and sends those that are due; a notifier that fails is only reported."""
    pages = site.build(night.settings)
    sending = notify.send_due(night.settings)
    return dg.MaterializeResult(
        metadata={
            "pages": len(pages),
            "sent": ", ".join(sending.pages) or "nothing",
            "not sent": "; ".join(sending.problems) or "nothing",
            "index": dg.MetadataValue.path(str(night.settings.publish / "reviews" / "index.html")),
        }
    )
