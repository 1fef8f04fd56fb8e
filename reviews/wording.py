"""How figures are written for readers. Not here: which figures (`weekly.py`, `monthly.py`, `quarterly.py`).

The `z` of a format: what is rounded to nothing has no minus sign.
"""

from datetime import date, timedelta
from typing import Any

NOTHING = "–"


def count(value: Any) -> str:
    return NOTHING if value is None else f"{float(value):z,.0f}"


def share(value: Any) -> str:
    """
    >>> share(0.304), share(0.0304), share(-0.0004), share(-0.0)
    ('30 %', '3.0 %', '0.0 %', '0 %')
    """
    if value is None:
        return NOTHING
    percent = float(value) * 100
    return f"{percent:z.0f} %" if abs(percent) >= 10 or percent == 0 else f"{percent:z.1f} %"


def decimal(value: Any) -> str:
    return NOTHING if value is None else f"{float(value):z,.1f}"


def hours(value: Any) -> str:
    """Hours up to three days, days beyond.

    >>> hours(30.25), hours(100)
    ('30.2 h', '4.2 days')
    """
    if value is None:
        return NOTHING
    return f"{float(value):z,.1f} h" if float(value) <= 72 else f"{float(value) / 24:,.1f} days"


def days(value: Any) -> str:
    """
    >>> days(0.6), days(12.3)
    ('1 day', '12 days')
    """
    return NOTHING if value is None else plural(round(float(value)), "day")


def amount(value: Any) -> str:
    """Whole units below ten thousand, thousands and millions above: by what is written, so none is 1,000 k.

    >>> amount(950), amount(45_000), amount(1234567), amount(9_999.5), amount(999_999.5)
    ('950', '45 k', '1.23 M', '10 k', '1.00 M')
    """
    if value is None:
        return NOTHING
    units = float(value)
    if abs(units) >= 999_500:
        return f"{units / 1_000_000:,.2f} M"
    return f"{units / 1000:,.0f} k" if abs(units) >= 9_999.5 else f"{units:z,.0f}"


def money(value: Any, currency: str) -> str:
    """An amount with its currency.

    >>> money(950, "USD"), money(1234567, "USD")
    ('USD 950', 'USD 1.23 M')
    """
    return NOTHING if value is None else f"{currency} {amount(value)}"


def figure(value: Any, kind: str | None, currency: str) -> str:
    """A figure in the words of its kind, as the metric dictionary names it."""
    if kind == "money":
        return money(value, currency)
    return {"share": share, "hours": hours, "days": days, "count": count}.get(kind or "", decimal)(value)


def day(value: date | None) -> str:
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    return f"{value:%B %Y}"


def period(kind: str, start: date) -> str:
    """What people call the period.

    >>> period("quarter", date(2025, 4, 1)), period("week", date(2024, 12, 30))
    ('Q2 2025', 'Week 1, 30 Dec 2024 to 5 Jan 2025')
    """
    if kind == "week":
        return f"Week {start.isocalendar().week}, {day(start)} to {day(start + timedelta(days=6))}"
    return month(start) if kind == "month" else f"Q{(start.month + 2) // 3} {start.year}"


def change(now: float | None, before: float | None) -> str:
    """The direction a rate moved, in percentage points.

    >>> change(0.4, 0.3), change(0.304, 0.296), change(0.2, None)
    ('up from 30 %', 'as before', '')
    """
    if now is None or before is None:
        return ""
    if share(now) == share(before):
        return "as before"
    return f"{'up' if now > before else 'down'} from {share(before)}"


def between(low: str, high: str) -> str:
    """
    >>> between("10 %", "20 %"), between("10 %", "10 %")
    ('10 % to 20 %', '10 %')
    """
    return low if low == high else f"{low} to {high}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """
    >>> plural(1, "deal"), plural(2, "deal")
    ('1 deal', '2 deals')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
