"""Holds a publish against the plain-Python computation, lead by lead and deal by deal.

python -m tests.reference.compare HANDOFF_HOME EXTRACTS AS_OF [DEFINITIONS]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.reference.company import Company, cents

DEFINITIONS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "definitions"
SF = "salesforce:"


def _close(left: Any, right: Any) -> bool:
    if left is None or right is None or isinstance(left, bool | str):
        return left == right
    if isinstance(left, datetime):
        return abs((left - right).total_seconds()) < 1
    return abs(float(left) - float(right)) <= 1e-6 * max(1.0, abs(float(left)))


def differences(
    expected: dict[Any, dict[str, Any]], found: dict[Any, dict[str, Any]], what: str
) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of every key and value that is not the same on both sides."""
    for key in expected.keys() - found.keys():
        yield f"{what} missing", f"{what} {key} is missing from the publish"
    for key in found.keys() - expected.keys():
        yield f"{what} too many", f"{what} {key} is in the publish and should not be: {found[key]}"
    for key in expected.keys() & found.keys():
        for column, value in expected[key].items():
            if not _close(value, found[key][column]):
                yield f"{what}.{column}", f"{what} {key}: {column} is {found[key][column]!r}, computed {value!r}"


def table(con: duckdb.DuckDBPyConnection, name: str, keys: int, columns: str) -> dict[Any, dict[str, Any]]:
    result = con.execute(f"select {columns} from {name}")
    assert result.description is not None
    names = [column[0] for column in result.description]
    return {
        (row[0] if keys == 1 else tuple(row[:keys])): dict(zip(names[keys:], row[keys:], strict=True))
        for row in result.fetchall()
    }


def compare(home: Path, company: Company) -> list[tuple[str, str]]:
    """All differences between `publish/marts.duckdb` under a home and the computation; empty when they agree."""
    con = duckdb.connect(str(home if home.is_file() else home / "publish" / "marts.duckdb"), read_only=True)
    found = list(_leads(con, company))
    found += _handoffs(con, company)
    found += _deals(con, company)
    found += _credit(con, company)
    found += _spend(con, company)
    con.close()
    return found


def _leads(con: duckdb.DuckDBPyConnection, company: Company) -> Iterator[tuple[str, str]]:
    expected = {}
    for lead in company.leads.values():
        first = lead.handoffs[0] if lead.handoffs else None
        deal = company.opportunities.get(lead.opportunity or "")
        acceptances = [h.decided_at for h in lead.handoffs if h.decision == "accepted" and h.decided_at]
        acceptances += [lead.reached["accepted"]] if "accepted" in lead.reached else []
        # reached further without a recorded acceptance
        further = [at for at, stage in lead.events if stage in ("sql", "sales_ready", "opportunity")]
        further += [deal.created] if deal and "opportunity" not in {stage for _, stage in lead.events} else []
        acceptances += further if "accepted" not in lead.reached else []
        expected[SF + lead.record] = {
            "lead_source": lead.source,
            "channel": lead.channel,
            "campaign_id": lead.campaign,
            "created_at": lead.created,
            "mql_at": lead.reached.get("mql"),
            "sql_at": lead.reached.get("sql"),
            "sales_ready_at": lead.reached.get("sales_ready"),
            "handed_off_at": first.at if first else None,
            "first_response_at": first.response_at if first else None,
            "response_hours": first.response_hours if first else None,
            "response_business_hours": first.response_business_hours if first else None,
            "is_within_sla": first.is_within_sla if first else None,
            "accepted_at": min(acceptances, default=None),
            "rejected_at": lead.reached.get("rejected"),
            "rejection_reason": lead.reason,
            "opportunity_id": SF + lead.opportunity if lead.opportunity else None,
            "opportunity_at": deal.created if deal else None,
            "won_at": deal.closed if deal and deal.is_won else None,
            "won_amount": deal.amount if deal and deal.is_won else None,
        }
    columns = ", ".join(["lead_id", *next(iter(expected.values()))])
    yield from differences(expected, table(con, "core.fct_lead", 1, columns), "fct_lead")


def _handoffs(con: duckdb.DuckDBPyConnection, company: Company) -> Iterator[tuple[str, str]]:
    expected = {
        (SF + lead.record, h.number): {
            "handed_off_at": h.at,
            "owner_id": SF + h.owner if h.owner else None,
            "sla_hours": h.sla_hours,
            "response_at": h.response_at,
            "response_hours": h.response_hours,
            "response_business_hours": h.response_business_hours,
            "is_within_sla": h.is_within_sla,
            "decision": h.decision,
            "decided_at": h.decided_at,
            "rejection_reason": h.reason,
            "is_icp_fit": h.is_icp_fit,
        }
        for lead in company.leads.values()
        for h in lead.handoffs
    }
    columns = ", ".join(["lead_id", "handoff_number", *next(iter(expected.values()))])
    yield from differences(expected, table(con, "core.fct_handoff", 2, columns), "fct_handoff")


def _deals(con: duckdb.DuckDBPyConnection, company: Company) -> Iterator[tuple[str, str]]:
    expected = {}
    for deal in company.opportunities.values():
        marketing = company.d.marketing_channels
        influenced = any(t.channel in marketing for t in company.path(deal, "pipeline"))
        expected[SF + deal.record] = {
            "lead_id": SF + deal.lead if deal.lead else None,
            "lead_source": deal.source,
            "channel": deal.channel,
            "campaign_id": deal.campaign,
            "created_at": deal.created,
            "qualified_at": deal.qualified,
            "closed_at": deal.closed,
            "amount": deal.amount,
            "is_closed": deal.is_closed,
            "is_won": deal.is_won,
            "is_qualified": deal.is_qualified,
            "is_new_business": deal.is_new_business,
            "is_marketing_sourced": company.is_marketing_sourced(deal),
            "is_marketing_influenced_pipeline": influenced,
            "is_marketing_influenced_revenue": any(t.channel in marketing for t in company.path(deal, "revenue"))
            if deal.is_won
            else None,
        }
    columns = ", ".join(["opportunity_id", *next(iter(expected.values()))])
    yield from differences(expected, table(con, "core.fct_opportunity", 1, columns), "fct_opportunity")


def _credit(con: duckdb.DuckDBPyConnection, company: Company) -> Iterator[tuple[str, str]]:
    expected = {}
    moments = {}
    for touch in company.touches:
        moments[touch.key] = touch
    for deal in company.opportunities.values():
        for basis, counts in (("pipeline", deal.is_qualified), ("revenue", deal.is_won)):
            if not counts:
                continue
            for model in company.d.models:
                weights = company.weights(deal, basis, model)
                order = [t.key for t in company.path(deal, basis) if weights.get(t.key)]
                credited = cents(deal.amount or cents_zero(), weights, order) if order else {}
                rows = [(moments[k].at, moments[k].channel, weights[k], credited[k]) for k in order]
                rows = rows or [(None, "unattributed", 1.0, deal.amount or cents_zero())]
                expected[SF + deal.record, basis, model] = {
                    "touches": [
                        (at, channel, round(float(weight), 6), amount)
                        for at, channel, weight, amount in rows
                        if weight > 1e-9  # touches of no weight need no row
                    ]
                }
    found: dict[Any, dict[str, Any]] = {}
    for key, basis, model, at, channel, weight, amount in con.execute(
        "select opportunity_id, basis, model, touched_at, channel, weight, credited_amount"
        " from attribution.fct_attribution where weight > 1e-9 order by touched_at, touch_id"
    ).fetchall():
        found.setdefault((key, basis, model), {"touches": []})["touches"].append(
            (at, channel, round(float(weight), 6), amount)
        )
    for side in (expected, found):
        for row in side.values():
            row["touches"] = str(sorted(row["touches"], key=str))
    yield from differences(expected, found, "fct_attribution")


def _spend(con: duckdb.DuckDBPyConnection, company: Company) -> Iterator[tuple[str, str]]:
    expected = {key: {"cost": cost} for key, cost in company.spend().items() if cost}
    columns = "spend_date, platform, channel, campaign_id, cost"
    found = {key: row for key, row in table(con, "core.fct_spend", 4, columns).items() if row["cost"]}
    yield from differences(expected, found, "fct_spend")


def cents_zero() -> Any:
    from decimal import Decimal

    return Decimal("0.00")


def main() -> int:
    home, extracts, as_of, *rest = sys.argv[1:]
    company = Company(Path(extracts), Path(rest[0]) if rest else DEFINITIONS, datetime.fromisoformat(as_of))
    found = compare(Path(home), company)
    counts = Counter(kind for kind, _ in found)
    shown: Counter[str] = Counter()
    for kind, sentence in found:
        shown[kind] += 1
        if shown[kind] <= 3:
            print(sentence)
    print(f"{len(company.leads)} leads, {len(company.opportunities)} deals computed; differences: {dict(counts)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
