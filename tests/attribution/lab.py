"""The attribution models on hand-made tables: the SQL that dbt compiles, run in one DuckDB without a night."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from attribution.markov import fit_chains

AS_OF = datetime(2026, 6, 30)
DAY_ZERO = datetime(2026, 3, 1)
STEPS = [
    "int_attribution_model",
    "int_touch_horizon",
    "int_opportunity_window",
    "int_opportunity_path_summary",
    "int_opportunity_path",
    "int_attribution_anchor",
    "int_attribution_credit",
    "int_maturity_horizon",
    "int_markov_transition",
    "int_markov_removal_effect",
    "int_attribution_credit_markov",
    "fct_attribution",
]
OPPORTUNITY_COLUMNS = """
    opportunity_id varchar, lead_id varchar, person_id varchar, account_id varchar, campaign_id varchar,
    created_at timestamp, closed_at timestamp, close_date date, is_closed boolean, is_won boolean, is_qualified boolean,
    amount decimal(18, 2), lead_source varchar, lead_source_raw varchar, is_marketing_lead_source boolean
"""
LEAD_COLUMNS = """
    lead_id varchar, person_id varchar, account_id varchar, created_at timestamp, campaign_id varchar
"""

Credit = dict[tuple[str, str, str], dict[str | None, tuple[float, Decimal]]]


@dataclass(frozen=True)
class Touch:
    """A touch, `day` days after DAY_ZERO (fractions count)."""

    touch_id: str
    day: float
    channel: str
    person: str = "p"
    campaign: str | None = None
    content: str | None = None
    is_marketing: bool = True

    @property
    def touched_at(self) -> datetime:
        return DAY_ZERO + timedelta(days=self.day)


@dataclass(frozen=True)
class Deal:
    """An opportunity created on DAY_ZERO + `created`; `closed` and `lead_created` count days likewise."""

    opportunity_id: str
    amount: str | None = "100.00"
    created: float = 0
    closed: float | None = None
    is_won: bool = False
    is_qualified: bool = True
    lead_created: float | None = None
    people: tuple[str, ...] = ("p",)
    is_marketing_lead_source: bool | None = None
    account: str | None = None
    campaign: str | None = None

    @property
    def created_at(self) -> datetime:
        return DAY_ZERO + timedelta(days=self.created)

    @property
    def closed_at(self) -> datetime | None:
        return None if self.closed is None else DAY_ZERO + timedelta(days=self.closed)

    @property
    def lead_created_at(self) -> datetime | None:
        return None if self.lead_created is None else DAY_ZERO + timedelta(days=self.lead_created)

    @property
    def lead_id(self) -> str | None:
        return None if self.lead_created is None else f"lead of {self.opportunity_id}"


@dataclass
class Lab:
    """A warehouse that holds the shared definitions, and the compiled SQL of the attribution models."""

    con: duckdb.DuckDBPyConnection
    sql: dict[str, str]
    schemas: dict[str, str]

    @classmethod
    def open(cls, warehouse: Path, sql: dict[str, str], schemas: dict[str, str]) -> "Lab":
        con = duckdb.connect(str(warehouse))
        con.execute("set TimeZone = 'UTC'")
        return cls(con, sql, schemas)

    def table(self, name: str, rows: Sequence[tuple[Any, ...]], columns: str, schema: str = "intermediate") -> None:
        """Replaces a table by these rows; `columns` is a DDL list."""
        self.con.execute(f"create schema if not exists {schema}")
        self.con.execute(f"create or replace table {schema}.{name} ({columns})")
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            self.con.executemany(f"insert into {schema}.{name} values ({marks})", rows)

    def build(self, *names: str) -> None:
        """Runs models in this order, as tables."""
        for name in names:
            schema = self.schemas[name]
            self.con.execute(f"create schema if not exists {schema}")
            if name == "int_markov_removal_effect":
                rows = self.con.execute(
                    "select model, basis, from_state, to_state, transitions from intermediate.int_markov_transition"
                ).fetchall()
                self.table(
                    name,
                    fit_chains(rows),
                    "model varchar, basis varchar, channel varchar, removal_effect double, conversion_rate double",
                )
            else:
                self.con.execute(f"create or replace table {schema}.{name} as {self.sql[name]}")

    def load(
        self,
        deals: Iterable[Deal],
        touches: Iterable[Touch],
        lost_leads: Iterable[tuple[str, str, float]] = (),
    ) -> None:
        """The tables that the attribution models read. A lost lead is (lead, person, day of creation)."""
        deals = list(deals)
        self.table(
            "int_opportunity",
            [
                (
                    deal.opportunity_id,
                    deal.lead_id,
                    deal.people[0] if deal.people else None,
                    deal.account,
                    deal.campaign,
                    deal.created_at,
                    deal.closed_at,
                    deal.closed_at.date() if deal.closed_at else None,
                    deal.closed is not None,
                    deal.is_won,
                    deal.is_qualified,
                    None if deal.amount is None else Decimal(deal.amount),
                    None,
                    None,
                    deal.is_marketing_lead_source,
                )
                for deal in deals
            ],
            OPPORTUNITY_COLUMNS,
        )
        self.table(
            "int_opportunity_person",
            [(deal.opportunity_id, person) for deal in deals for person in deal.people],
            "opportunity_id varchar, person_id varchar",
        )
        with_lead = [deal for deal in deals if deal.lead_id]
        self.table(
            "int_lead",
            [
                (deal.lead_id, deal.people[0] if deal.people else None, None, deal.lead_created_at, None)
                for deal in with_lead
            ]
            + [(lead, person, None, DAY_ZERO + timedelta(days=day), None) for lead, person, day in lost_leads],
            LEAD_COLUMNS,
        )
        self.table(
            "int_lead_opportunity",
            [(deal.lead_id, deal.opportunity_id) for deal in with_lead],
            "lead_id varchar, opportunity_id varchar",
        )
        self.load_touches(touches)

    def load_touches(self, touches: Iterable[Touch]) -> None:
        touches = list(touches)
        columns: dict[str, tuple[list[Any], pa.DataType]] = {
            "touch_id": ([touch.touch_id for touch in touches], pa.string()),
            "person_id": ([touch.person for touch in touches], pa.string()),
            "touched_at": ([touch.touched_at for touch in touches], pa.timestamp("us")),
            "channel": ([touch.channel for touch in touches], pa.string()),
            "is_marketing": ([touch.is_marketing for touch in touches], pa.bool_()),
            "campaign_id": ([touch.campaign for touch in touches], pa.string()),
            "content": ([touch.content for touch in touches], pa.string()),
        }
        arrow = pa.table({name: pa.array(values, kind) for name, (values, kind) in columns.items()})
        self.con.register("touch_rows", arrow)
        self.con.execute("create or replace table intermediate.int_touch as select * from touch_rows")
        self.con.unregister("touch_rows")

    def attribute(
        self,
        deals: Iterable[Deal],
        touches: Iterable[Touch],
        lost_leads: Iterable[tuple[str, str, float]] = (),
    ) -> Credit:
        """All credit: (opportunity, basis, model) -> touch -> (weight, credited amount)."""
        self.load(deals, touches, lost_leads)
        self.build(*STEPS)
        credit: Credit = {}
        for opportunity, basis, model, touch, weight, amount in self.con.execute(
            "select opportunity_id, basis, model, touch_id, weight, credited_amount from attribution.fct_attribution"
        ).fetchall():
            credit.setdefault((opportunity, basis, model), {})[touch] = (weight, amount)
        return credit
