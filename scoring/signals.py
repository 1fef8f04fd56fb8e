"""The signals a card may use, as `int_lead_signal` names them.

Adding one means adding its column there, and its name in the macros `number_signals` or `category_signals`, by which
the SQL scores it.
"""

from dataclasses import dataclass
from typing import Literal

Trend = Literal["ascending", "descending", "peak", "auto"]


@dataclass(frozen=True)
class Signal:
    """A signal known at the scoring time.

    `trend` is the course sense demands of the win rate: more of a good sign never costs points, a company's size has a
    best range; `auto` leaves the direction to the data, not the zigzag.
    """

    name: str
    kind: Literal["number", "category"]
    trend: Trend | None = None


BEHAVIOUR = (
    Signal("sessions_30d", "number", "ascending"),
    Signal("sessions_60d", "number", "ascending"),
    Signal("pricing_page_views_30d", "number", "ascending"),
    Signal("pricing_page_views_60d", "number", "ascending"),
    Signal("content_views_60d", "number", "auto"),
    Signal("form_submissions_30d", "number", "ascending"),
    Signal("form_submissions_60d", "number", "ascending"),
    Signal("event_attendances_30d", "number", "ascending"),
    Signal("event_attendances_60d", "number", "ascending"),
    Signal("email_clicks_60d", "number", "ascending"),
    Signal("responded_campaigns_60d", "number", "ascending"),
    Signal("paid_touches_60d", "number", "auto"),
    Signal("distinct_channels_60d", "number", "auto"),
    Signal("days_since_last_touch", "number", "descending"),
    Signal("days_since_first_touch", "number", "auto"),
    Signal("days_since_creation", "number", "auto"),
)
FIT = (
    Signal("employee_count", "number", "peak"),
    Signal("annual_revenue", "number", "peak"),
    Signal("industry", "category"),
    Signal("country", "category"),
    Signal("technology", "category"),
    Signal("growth_stage", "category"),
    Signal("trigger_event", "category"),
    Signal("job_level", "category"),
    Signal("job_function", "category"),
    Signal("lead_source", "category"),
    Signal("channel", "category"),
)
SIGNALS = (*BEHAVIOUR, *FIT)
ATTRIBUTE_PREFIX = "attribute:"


def signal_of(name: str, *, is_number: bool) -> Signal:
    """The known signal of this name, else a free one: a column a mapping keeps."""
    known = {signal.name: signal for signal in SIGNALS}
    return known.get(name) or (Signal(name, "number", "auto") if is_number else Signal(name, "category"))
