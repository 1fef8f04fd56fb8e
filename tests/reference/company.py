"""The facts behind the metrics computed a second time, in plain Python, from Salesforce extracts and GA4 sessions.

Written from the definitions alone, one lead and one deal at a time, without SQL and without a line of the product. It
shares no code with the warehouse on purpose; where the two differ, one of them misread the definitions.

Not here: other sources, malformed files, the batch stop (they have tests of their own).
"""

from __future__ import annotations

import bisect
import csv
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from math import floor
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

Row = dict[str, str]
ALWAYS = datetime(1, 1, 1)
NEVER = datetime(9999, 12, 31)
UTC = ZoneInfo("UTC")
NULL_IDS = {"000000000000000AAA", "000000000000000"}


# --- reading ---------------------------------------------------------------------------------------------------------


def header(name: str) -> str:
    return name.strip().lower().replace("_", "")


def moment(text: str | None) -> datetime | None:
    """ISO time with offset, `Z`, `+0000` or none (UTC), as naive UTC."""
    if not text:
        return None
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.strip().replace("Z", "+00:00"))
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def truth(text: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get((text or "").strip().lower())


def number(text: str | None) -> float | None:
    return float(text) if text else None


def salesforce_id(text: str | None) -> str | None:
    """15 characters completed to 18 by the case checksum; the null look-up is nothing."""
    if not text or text in NULL_IDS:
        return None
    if len(text) != 15:
        return text
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    suffix = "".join(
        alphabet[sum(1 << i for i, c in enumerate(text[start : start + 5]) if "A" <= c <= "Z")] for start in (0, 5, 10)
    )
    return text + suffix


def deliveries(folder: Path) -> list[list[Row]]:
    """Every distinct delivery of an object, in the order of file names; headers without case and underscores."""
    found, seen = [], set()
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else []:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.reader(handle))
        names = [header(name) for name in rows[0]]
        found.append([dict(zip(names, row, strict=True)) for row in rows[1:] if row])
    return found


def versions(folder: Path, key: str = "id", version: str = "systemmodstamp") -> dict[str, list[Row]]:
    """Id -> its delivered versions, lowest first: by version time, then file name, then line."""
    by_id: dict[str, list[tuple[datetime, int, int, Row]]] = defaultdict(list)
    for file_number, rows in enumerate(deliveries(folder)):
        for line, row in enumerate(rows):
            record = salesforce_id(row[key])
            assert record is not None
            by_id[record].append((moment(row.get(version)) or ALWAYS, file_number, line, row))
    return {record: [row for *_, row in sorted(found, key=lambda item: item[:3])] for record, found in by_id.items()}


# --- definitions -----------------------------------------------------------------------------------------------------

DEFAULT_SETTINGS = {
    "reporting_timezone": "UTC",
    "reporting_currency": "USD",
    "sla_hours": "24",
    "sla_clock": "clock",
    "attribution_lookback_days": "90",
    "time_decay_half_life_days": "7",
    "maturity_days": "90",
    "fiscal_year_start_month": "1",
}


# kind, weights of first, lead created, opportunity created, last and others, channels that are skipped
MODELS = {
    "first_touch": ("position", ("100", "0", "0", "0", "0"), ""),
    "last_touch": ("position", ("0", "0", "0", "100", "0"), ""),
    "last_non_direct": ("position", ("0", "0", "0", "100", "0"), "direct"),
    "linear": ("position", ("0", "0", "0", "0", "100"), ""),
    "time_decay": ("decay", (), ""),
    "u_shaped": ("position", ("40", "0", "0", "40", "20"), ""),
    "w_shaped": ("position", ("30", "30", "30", "0", "10"), ""),
    "full_path": ("position", ("22.5", "22.5", "22.5", "22.5", "10"), ""),
    "markov": ("markov", (), ""),
    "shapley": ("shapley", (), ""),
}


class Definitions:
    """A folder of definitions; `rows(file, at)` gives the rows in force at a moment."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, list[Row]] = {}
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as handle:
                self.files[path.stem] = list(csv.DictReader(handle))
        self.first = min(row["valid_from"] for row in self.files["versions"])

    def rows(self, name: str, at: datetime) -> list[Row]:
        def holds(row: Row) -> bool:
            start = ALWAYS if row["valid_from"] == self.first else datetime.fromisoformat(row["valid_from"])
            end = datetime.fromisoformat(row["valid_to"]) if row["valid_to"] else NEVER
            return start <= at < end

        return [row for row in self.files.get(name, []) if holds(row)]

    def setting(self, name: str, at: datetime) -> str:
        for row in self.rows("settings", at):
            if row["setting"] == name:
                return row["value"]
        return DEFAULT_SETTINGS[name]

    @cached_property
    def fillers(self) -> set[str]:
        return {row["value"].strip().lower() for row in self.files["fillers"]}

    @cached_property
    def free_domains(self) -> set[str]:
        return {row["domain"].strip().lower() for row in self.files["free_email_domains"]}

    def stage(self, kind: str, value: str | None, source: str = "salesforce") -> str | None:
        return self._stages.get((source, kind, (value or "").strip().lower()))

    @cached_property
    def _stages(self) -> dict[tuple[str, str, str], str]:
        return {
            (row["source_system"], row["object"], row["crm_value"].strip().lower()): row["stage"]
            for row in self.files["stage_map"]
        }

    @cached_property
    def sides(self) -> dict[str, str]:
        return {row["team"].strip().lower(): row["side"] for row in self.files["teams"]}

    @cached_property
    def sources(self) -> dict[str, tuple[str, bool]]:
        return {
            row["crm_value"].strip().lower(): (row["lead_source"], truth(row["is_marketing"]) is True)
            for row in self.files["lead_sources"]
        }

    @cached_property
    def reasons(self) -> dict[str, str]:
        return {row["crm_value"].strip().lower(): row["reason"] for row in self.files["rejection_reasons"]}

    @cached_property
    def _channel_rules(self) -> list[tuple[int, list[Row]]]:
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in self.files["channels"]:
            grouped[int(row["priority"])].append(row)
        return sorted(grouped.items())

    def channel(self, touch: dict[str, str | None]) -> str:
        for _, rules in self._channel_rules:
            if all(self._holds(rule, touch) for rule in rules):
                return rules[0]["channel"]
        return "unassigned"

    @staticmethod
    def _holds(rule: Row, touch: dict[str, str | None]) -> bool:
        value = (touch.get(rule["field"]) or "").lower()
        wanted = rule["value"]
        if rule["operator"] == "is":
            return value == wanted.lower()
        if rule["operator"] == "in":
            return value in wanted.lower().split("|")
        return re.fullmatch(wanted, value, re.IGNORECASE) is not None

    @cached_property
    def marketing_channels(self) -> set[str]:
        return {row["channel"] for row in self.files["channels"] if truth(row["is_marketing"])}

    @cached_property
    def models(self) -> dict[str, tuple[str, tuple[str, ...], str]]:
        """The ten of the contract and custom ones."""
        named = ("first", "lead_created", "opportunity_created", "last", "others")
        custom = {
            row["model"]: (row["kind"], tuple(row[name] or "0" for name in named), row["exclude_channels"])
            for row in self.files["attribution_models"]
            if row["model"] not in MODELS
        }
        return MODELS | custom

    def is_filler(self, value: str | None) -> bool:
        return not (value or "").strip() or (value or "").strip().lower() in self.fillers

    def rate(self, currency: str, on: date) -> Decimal:
        days, rates = self._rates[currency.upper()]
        at = bisect.bisect_right(days, on) - 1
        if at < 0 or (on - days[at]).days > 7:
            raise LookupError(f"no rate for {currency} on {on}")
        return rates[at]

    @cached_property
    def _rates(self) -> dict[str, tuple[list[date], list[Decimal]]]:
        rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for row in self.files["exchange_rates"]:
            rates[row["currency"].upper()].append((date.fromisoformat(row["rate_date"]), Decimal(row["rate"])))
        return {c: ([d for d, _ in sorted(found)], [r for _, r in sorted(found)]) for c, found in rates.items()}


# --- the company -----------------------------------------------------------------------------------------------------


@dataclass
class Handoff:
    number: int
    at: datetime
    owner: str | None
    sla_hours: float
    response_at: datetime | None = None
    response_hours: float | None = None
    response_business_hours: float | None = None
    is_within_sla: bool | None = None
    decision: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    is_icp_fit: bool | None = None


@dataclass
class Lead:
    record: str
    row: Row
    created: datetime
    aliases: list[str] = field(default_factory=list)
    person: str = ""
    source: str | None = None
    events: list[tuple[datetime, str | None]] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    reached: dict[str, datetime] = field(default_factory=dict)
    reason: str | None = None
    opportunity: str | None = None
    channel: str = "unattributed"
    campaign: str | None = None


@dataclass
class Touch:
    key: str
    person: str | None
    at: datetime
    channel: str
    kind: str
    campaign: str | None = None


@dataclass
class Opportunity:
    record: str
    row: Row
    created: datetime
    stage: str | None
    qualified: datetime | None = None
    closed: datetime | None = None
    amount: Decimal | None = None
    lead: str | None = None
    people: set[str] = field(default_factory=set)
    is_qualified: bool = False
    is_new_business: bool = True
    source: str | None = None
    channel: str = "unattributed"
    campaign: str | None = None

    @property
    def is_won(self) -> bool:
        return self.stage == "won"

    @property
    def is_closed(self) -> bool:
        return self.stage in ("won", "lost")


class Company:
    """Everything the extracts say, judged as of a moment."""

    def __init__(self, extracts: Path, definitions: Path, as_of: datetime) -> None:
        self.extracts, self.as_of = extracts, as_of
        self.d = Definitions(definitions)
        self._effects: dict[tuple[str, str], dict[str, float]] = {}
        self.zone = ZoneInfo(self.d.setting("reporting_timezone", as_of))
        self.currency = self.d.setting("reporting_currency", as_of)
        sf = extracts / "salesforce"
        self.lead_versions = versions(sf / "lead")
        self.contacts = {k: v[-1] for k, v in versions(sf / "contact").items()}
        self.accounts = {k: v[-1] for k, v in versions(sf / "account").items()}
        self.deals = {k: v[-1] for k, v in versions(sf / "opportunity").items()}
        self.users = {k: v[-1] for k, v in versions(sf / "user").items()}
        self.campaigns = {k: v[-1] for k, v in versions(sf / "campaign").items()}
        self.members = {k: v[-1] for k, v in versions(sf / "campaign_member").items()}
        self.tasks = {k: v[-1] for k, v in versions(sf / "task").items()}
        self.meetings = {k: v[-1] for k, v in versions(sf / "event").items()}
        self.roles = {k: v[-1] for k, v in versions(sf / "opportunity_contact_role").items()}
        self.lead_history = self._history(versions(sf / "lead_history", version="createddate"), "leadid")
        self.deal_history = self._history(versions(sf / "opportunity_history"), "opportunityid")
        self._people()
        self._read_leads()
        self._read_touches()
        self._read_deals()
        self._judge_leads()
        self._place()

    @staticmethod
    def _history(rows: dict[str, list[Row]], parent: str) -> dict[str, list[Row]]:
        found: dict[str, list[tuple[datetime, str, Row]]] = defaultdict(list)
        for record, of_record in rows.items():
            row = of_record[-1]
            owner = salesforce_id(row[parent])
            if owner and not truth(row.get("isdeleted")):
                found[owner].append((moment(row["createddate"]) or ALWAYS, record, row))
        return {k: [row for *_, row in sorted(v, key=lambda x: x[:2])] for k, v in found.items()}

    # -- identity

    def survivor(self, record: str, rows: dict[str, Row]) -> str | None:
        """The end of the merge chain; None where it ends in a deleted record or goes round in a circle."""
        seen = {record}
        while True:
            master = salesforce_id(rows[record].get("masterrecordid"))
            if master is None:
                return None if truth(rows[record].get("isdeleted")) else record
            if master not in rows:
                return record
            if master in seen:
                return None
            seen.add(master)
            record = master

    def _people(self) -> None:
        leads = {k: v[-1] for k, v in self.lead_versions.items()}
        parent: dict[str, str] = {}

        def find(x: str) -> str:
            while parent.setdefault(x, x) != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            return x

        for rows in (leads, self.contacts):
            for record, row in rows.items():
                find(record)
                master = salesforce_id(row.get("masterrecordid"))
                if truth(row.get("isdeleted")) and not master:
                    continue
                if master and master in rows:
                    parent[find(record)] = find(master)
                email = (row.get("email") or "").strip().lower()
                if "@" in email:
                    parent[find(record)] = find("mailto:" + email)
        for record, row in leads.items():
            contact = salesforce_id(row.get("convertedcontactid"))
            if contact in self.contacts and (
                salesforce_id(row.get("masterrecordid")) or not truth(row.get("isdeleted"))
            ):
                parent[find(record)] = find(contact)
        self.person = {record: find(record) for record in [*leads, *self.contacts]}
        of_email: dict[str, set[str]] = defaultdict(set)
        for rows in (leads, self.contacts):
            for record, row in rows.items():
                if salesforce_id(row.get("masterrecordid")) or not truth(row.get("isdeleted")):
                    of_email[(row.get("email") or "").strip().lower()].add(self.person[record])
        self.person_of_email = {email: min(people) for email, people in of_email.items() if len(people) == 1}

    # -- completeness at entry

    def passes(self, row: Row, rules_at: datetime) -> list[str]:
        """The names of the rules that a version of a lead breaks, by the rules in force at a moment."""
        rules: dict[str, list[Row]] = defaultdict(list)
        for rule in self.d.rows("completeness", rules_at):
            rules[rule["rule"]].append(rule)
        values = {
            "native_id": row.get("id"),
            "first_name": row.get("firstname"),
            "last_name": row.get("lastname"),
            "email": row.get("email"),
            "phone": row.get("phone"),
            "mobile_phone": row.get("mobilephone"),
            "company": row.get("company"),
            "website": row.get("website"),
            "lead_source": row.get("leadsource"),
            "status": row.get("status"),
            "created_at": row.get("createddate"),
            "job_title": row.get("title"),
        }
        broken = []
        for name, alternatives in rules.items():
            if not any(
                self._test(rule["test"], values.get(column))
                for rule in alternatives
                for column in rule["fields"].split("|")
            ):
                broken.append(name)
        return broken

    def _test(self, test: str, value: str | None) -> bool:
        value = (value or "").strip()
        if not value:
            return False
        if test in ("email", "business_email"):
            good = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) is not None
            return good and (test == "email" or value.rsplit("@", 1)[1].lower() not in self.d.free_domains)
        if test == "not_filler":
            return not self.d.is_filler(value)
        if test == "known_stage":
            return self.d.stage("lead", value) is not None
        if test == "not_future":
            at = moment(value)
            return at is not None and at <= self.as_of
        return test == "present"

    def is_admitted(self, record: str) -> bool:
        return any(
            not self.passes(row, moment(row.get("systemmodstamp")) or self.as_of) or not self.passes(row, self.as_of)
            for row in self.lead_versions[record]
        )

    # -- leads

    def _read_leads(self) -> None:
        rows = {k: v[-1] for k, v in self.lead_versions.items()}
        self.leads: dict[str, Lead] = {}
        self.alias: dict[str, str] = {}
        for record in rows:
            end = self.survivor(record, rows)
            if end is None or not self.is_admitted(end):
                continue
            self.alias[record] = end
            if end not in self.leads:
                created = moment(rows[end]["createddate"])
                assert created is not None
                self.leads[end] = Lead(end, rows[end], created, person=self.person[end])
            self.leads[end].aliases.append(record)
        for lead in self.leads.values():
            lead.source = self._lead_source(lead)
            lead.events = self._status_entries(lead)

    def _changes(self, record: str, name: str) -> list[tuple[datetime, Row]]:
        return [
            (moment(row["createddate"]) or ALWAYS, row)
            for row in self.lead_history.get(record, [])
            if header(row["field"]).removesuffix("c") == name.removesuffix("c")
        ]

    def _changes_of(self, lead: Lead, name: str) -> list[tuple[datetime, Row]]:
        """The changes of a column over the lead's own record and those merged into it, in order of time."""
        found = [change for record in lead.aliases for change in self._changes(record, name)]
        return sorted(found, key=lambda change: change[0])

    def _lead_source(self, lead: Lead) -> str | None:
        changes = self._changes_of(lead, "leadsource")
        raw = lead.row.get("leadsource") or None
        if changes and not self.d.is_filler(changes[0][1]["oldvalue"]):
            raw = changes[0][1]["oldvalue"]
        return self._mapped_source(raw)

    def _mapped_source(self, raw: str | None) -> str | None:
        raw = (raw or "").strip() or None
        return self.d.sources.get(raw.lower(), (raw, False))[0] if raw else None

    def _status_entries(self, lead: Lead) -> list[tuple[datetime, str | None]]:
        """(when, stage) of the history's rows, merged records' included, whose stage differs from the row before."""
        changes = self._changes_of(lead, "status")
        initial = changes[0][1]["oldvalue"] if changes else lead.row.get("status")
        steps = [(lead.created, initial), *((at, change["newvalue"]) for at, change in changes)]
        entries, before = [], object()
        for at, value in steps:
            stage = self.d.stage("lead", value)
            if stage != before:
                entries.append((at, stage))
            before = stage
        return sorted(entries, key=lambda entry: entry[0])

    def side(self, user: str | None) -> str | None:
        row = self.users.get(user or "")
        return self.d.sides.get((row.get("department") or "").strip().lower()) if row else None

    def owner_then(self, lead: Lead, at: datetime) -> str | None:
        changes = self._owner_changes(lead)
        before = [salesforce_id(row["newvalue"]) for moment_, row in changes if moment_ <= at]
        if before:
            return before[-1]
        created = {record: moment(self.lead_versions[record][-1].get("createddate")) for record in lead.aliases}
        later = {record for record, on in created.items() if record != lead.record and on and on > at}
        told = [row for _, row in changes if salesforce_id(row["leadid"]) not in later]
        return salesforce_id(told[0]["oldvalue"]) if told else salesforce_id(lead.row.get("ownerid"))

    def _owner_changes(self, lead: Lead) -> list[tuple[datetime, Row]]:
        found = []
        for record in lead.aliases:
            found += [
                (at, row)
                for at, row in self._changes(record, "owner")
                if re.fullmatch(r"00[5G]\w{12}(\w{3})?", row["newvalue"] or "")
            ]
        return sorted(found, key=lambda item: item[0])

    def _handoff_times(self, lead: Lead) -> list[datetime]:
        entries = [at for at, stage in lead.events if stage == "handed_off"]
        if entries:
            return entries
        for at, row in self._owner_changes(lead):
            old, new = salesforce_id(row["oldvalue"]), salesforce_id(row["newvalue"])
            from_marketing = (old or "").startswith("00G") or self.side(old) == "marketing"
            if from_marketing and self.side(new) == "sales":
                return [at]
        if self._owner_changes(lead) or self._changes_of(lead, "status"):
            return []
        stated = self.day_or_moment(lead.row.get("mqldatec"))
        return [stated] if stated else []

    # -- activities and touches

    def _activities(self, lead: Lead) -> list[tuple[datetime, str, bool]]:
        """(when, kind, outbound) of the completed activities of sales users with the lead's records."""
        return sorted(self._by_person_record(lead))

    def _by_person_record(self, lead: Lead) -> list[tuple[datetime, str, bool]]:
        found = []
        contacts = [salesforce_id(self.lead_versions[record][-1].get("convertedcontactid")) for record in lead.aliases]
        for record in [*lead.aliases, *contacts]:
            found += self._activity_index.get(record or "", [])
        return found

    @cached_property
    def _activity_index(self) -> dict[str, list[tuple[datetime, str, bool]]]:
        index: dict[str, list[tuple[datetime, str, bool]]] = defaultdict(list)
        for row in self.tasks.values():
            kind = (row.get("type") or row.get("tasksubtype") or "").lower()
            done = (row.get("status") or "").lower() == "completed" or truth(row.get("isclosed"))
            who = salesforce_id(row.get("whoid"))
            if truth(row.get("isdeleted")) or not done or not who or kind not in ("call", "email", "meeting"):
                continue
            if self.side(salesforce_id(row["ownerid"])) != "sales":
                continue
            at = moment(row.get("completeddatetime")) or moment(row["createddate"])
            outbound = (row.get("calltype") or "").lower() != "inbound"
            if at is not None:
                index[who].append((at, kind, outbound))
        for row in self.meetings.values():
            who = salesforce_id(row.get("whoid"))
            at = moment(row["createddate"])
            held = moment(row.get("activitydatetime")) or moment(row.get("activitydate"))
            if truth(row.get("isdeleted")) or not who or at is None or (held and held > self.as_of):
                continue
            if self.side(salesforce_id(row["ownerid"])) == "sales":
                index[who].append((at, "meeting", True))
        return index

    def _read_touches(self) -> None:
        self.touches: list[Touch] = []
        ads_names: dict[str, str] = {}
        for platform in ("google_ads", "linkedin_ads"):
            for file in deliveries(self.extracts / platform / "campaign"):
                for row in file:
                    for name in (row.get("id") or row.get("campaignid"), row.get("name") or row.get("campaignname")):
                        if name:
                            ads_names.setdefault(name.lower(), f"{platform}:{row.get('id') or row.get('campaignid')}")
        crm_names = {}
        for record, row in sorted(self.campaigns.items()):
            if not truth(row.get("isdeleted")):
                crm_names.setdefault(record.lower(), "salesforce:" + record)
                crm_names.setdefault(row["name"].lower(), "salesforce:" + record)

        def campaign(name: str | None) -> str | None:
            key = (name or "").lower()
            return ads_names.get(key) or crm_names.get(key)

        self.campaign_of = campaign

        sessions: dict[tuple[str, datetime], Row] = {}
        for file in deliveries(self.extracts / "ga4" / "session"):
            for row in file:
                start = moment(row["sessionstart"])
                assert start is not None
                sessions[row["clientid"], start] = row
        by_client: dict[str, list[tuple[datetime, str | None, Row]]] = defaultdict(list)
        for (client, start), row in sorted(sessions.items(), key=lambda item: item[0]):
            user = (row.get("userid") or "").strip()
            person = self.person_of_email.get(user.lower()) or self.person.get(salesforce_id(user) or "")
            by_client[client].append((start, person, row))
        for client, found in by_client.items():
            for at, (start, person, row) in enumerate(found):
                if person is None and not (row.get("userid") or "").strip():
                    later = [p for _, p, _ in found[at + 1 :] if p]
                    earlier = [p for _, p, _ in found[:at] if p]
                    person = later[0] if later else earlier[-1] if earlier else None
                fields = {key: row.get(key) for key in ("source", "medium", "campaign")}
                channel = self.d.channel({**fields, "touch_type": "web_session", "click_id": row.get("clickid")})
                key = f"ga4:{client}:{start.isoformat()}"
                self.touches.append(Touch(key, person, start, channel, "web_session", campaign(row.get("campaign"))))
        for record, row in self.members.items():
            if truth(row.get("isdeleted")) or not truth(row.get("hasresponded")):
                continue
            who = salesforce_id(row.get("leadid")) or salesforce_id(row.get("contactid"))
            campaign_row = self.campaigns.get(salesforce_id(row["campaignid"]) or "", {})
            responded = row.get("firstrespondeddate") or ""
            # a day without time is a day of the reporting time zone
            at = (
                self.start_of_day(date.fromisoformat(responded))
                if len(responded) == len("2026-01-01")
                else moment(responded) or moment(row["createddate"])
            )
            assert at is not None
            channel = self.d.channel(
                {
                    "source": "salesforce",
                    "medium": campaign_row.get("type"),
                    "campaign": campaign_row.get("name"),
                    "touch_type": "campaign_response",
                }
            )
            self.touches.append(
                Touch(
                    "salesforce:" + record,
                    self._touching_person(who),
                    at,
                    channel,
                    "campaign_response",
                    campaign(campaign_row.get("name")),
                )
            )
        self.by_person: dict[str, list[Touch]] = defaultdict(list)
        for touch in sorted(self.touches, key=lambda t: (t.at, t.key)):
            if touch.person:
                self.by_person[touch.person].append(touch)

    def _touching_person(self, record: str | None) -> str | None:
        row = (self.lead_versions.get(record or "") or [self.contacts.get(record or "", {})])[-1]
        if truth(row.get("isdeleted")) and not salesforce_id(row.get("masterrecordid")):
            return None
        return self.person.get(record or "")

    # -- deals

    def reporting_day(self, at: datetime) -> date:
        return at.replace(tzinfo=UTC).astimezone(self.zone).date()

    def start_of_day(self, on: date) -> datetime:
        return datetime.combine(on, time(), self.zone).astimezone(UTC).replace(tzinfo=None)

    def day_or_moment(self, text: str | None) -> datetime | None:
        """A time, or the beginning of a day of the reporting time zone."""
        if text and len(text.strip()) == 10:
            local = datetime.combine(date.fromisoformat(text.strip()), time(), self.zone)
            return local.astimezone(UTC).replace(tzinfo=None)
        return moment(text)

    def end_of_day(self, on: date) -> datetime:
        local = datetime.combine(on + timedelta(days=1), time(), self.zone)
        return local.astimezone(UTC).replace(tzinfo=None) - timedelta(microseconds=1)

    def _read_deals(self) -> None:
        self.opportunities: dict[str, Opportunity] = {}
        for record, row in self.deals.items():
            if truth(row.get("isdeleted")):
                continue
            created = moment(row["createddate"])
            assert created is not None
            deal = Opportunity(record, row, created, self.d.stage("opportunity", row["stagename"]))
            kind = self.d.stage("opportunity_type", row.get("type"))
            deal.is_new_business = (kind or "new_business") == "new_business"
            entries: list[tuple[datetime, str | None]] = []
            before: object = object()
            for step in self.deal_history.get(record, []):
                stage = self.d.stage("opportunity", step["stagename"])
                if stage != before:
                    entries.append((moment(step["createddate"]) or ALWAYS, stage))
                before = stage
            close_day = day(row.get("closedate"))
            if deal.is_closed:
                closes = [at for at, stage in entries if stage == deal.stage]
                deal.closed = closes[-1] if closes else self.end_of_day(close_day) if close_day else None
            qualifications = [at for at, stage in entries if stage == "qualified"]
            deal.is_qualified = bool(qualifications) or deal.stage in ("qualified", "won")
            if qualifications:
                deal.qualified = qualifications[0]
            elif deal.stage == "won":
                deal.qualified = deal.closed
            elif deal.stage == "qualified":
                deal.qualified = created
            if row.get("amount"):
                rate_day = close_day if deal.is_closed and close_day else self.reporting_day(created)
                currency = (row.get("currencyisocode") or self.currency).upper()
                rate = Decimal(1) if currency == self.currency else self.d.rate(currency, rate_day)
                deal.amount = (Decimal(row["amount"]) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
            deal.source = self._mapped_source(row.get("leadsource"))
            self.opportunities[record] = deal
        for lead in sorted(self.leads.values(), key=lambda x: (x.created, x.record)):
            links = [
                salesforce_id(self.lead_versions[record][-1].get("convertedopportunityid")) for record in lead.aliases
            ]
            found = [link for link in links if link in self.opportunities]
            if not found:
                continue
            lead.opportunity = min(found, key=lambda x: (self.opportunities[x].created, x))
            for link in found:
                deal = self.opportunities[link]
                if deal.lead is None:
                    deal.lead, deal.source = lead.record, lead.source
                    deal.people.add(lead.person)
        for row in self.roles.values():
            deal_id, contact = salesforce_id(row["opportunityid"]), salesforce_id(row["contactid"])
            if not truth(row.get("isdeleted")) and deal_id in self.opportunities and contact in self.contacts:
                person = self._touching_person(contact)
                if person:
                    self.opportunities[deal_id].people.add(person)

    # -- lifecycle

    def icp_fit(self, values: dict[str, str | None], at: datetime) -> bool | None:
        verdicts: list[bool | None] = []
        for rule in self.d.rows("icp", at):
            value = (values.get(rule["dimension"]) or "").strip().lower()
            wanted = rule["value"].lower()
            if not value:
                held: bool | None = None
            elif rule["operator"] == "between":
                low, high = wanted.split("|")
                held = float(low) <= float(value) <= float(high)
            elif rule["operator"] == "in":
                held = value in wanted.split("|")
            elif rule["operator"] == "not_in":
                held = value not in wanted.split("|")
            elif rule["operator"] == "contains":
                held = any(part in value for part in wanted.split("|"))
            else:
                held = re.fullmatch(rule["value"], value, re.IGNORECASE) is not None
            if rule["effect"] == "disqualify" and held:
                return False
            if rule["effect"] == "require":
                verdicts.append(held)
        return None if None in verdicts else all(verdicts)

    COLUMNS = {  # noqa: RUF012  (a table, never changed)
        "employee_count": "numberofemployees",
        "annual_revenue": "annualrevenue",
        "industry": "industry",
        "country": "country",
        "persona": "title",
        "technology": "technologyc",
        "growth_stage": "growthstagec",
        "trigger_event": "triggereventc",
        "has_need": "hasneedc",
        "has_budget": "hasbudgetc",
        "has_timeline": "hastimelinec",
        "has_authority": "hasauthorityc",
    }

    def known_then(self, lead: Lead, name: str, at: datetime) -> str | None:
        """The value of a column as it stood at a moment, by the field history; today's where there is none."""
        column = self.COLUMNS[name]
        changes = self._changes_of(lead, column)
        before = [row["newvalue"] for when, row in changes if when <= at]
        if before:
            return before[-1]
        return changes[0][1]["oldvalue"] if changes else lead.row.get(column)

    def fit_at(self, lead: Lead, at: datetime) -> bool | None:
        dimensions = (
            "employee_count",
            "annual_revenue",
            "industry",
            "country",
            "persona",
            "technology",
            "growth_stage",
            "trigger_event",
        )
        return self.icp_fit({name: self.known_then(lead, name, at) for name in dimensions}, at)

    def _criterion(self, lead: Lead, rule: Row, at: datetime) -> bool:
        name = rule["field"]
        touches = [touch for touch in self.by_person.get(lead.person, []) if touch.at <= at]
        value: object
        if name == "icp_fit":
            value = self.fit_at(lead, at)
        elif name == "form_submissions":
            value = sum(touch.kind == "form_submission" for touch in touches)
        elif name == "event_attendances":
            value = sum(touch.kind == "event_attendance" for touch in touches)
        elif name == "responded_campaigns":
            value = len({t.campaign or t.key for t in touches if t.kind == "campaign_response"})
        elif name == "touches_30d":
            value = sum(touch.at >= at - timedelta(days=30) for touch in touches)
        elif name == "touches_90d":
            value = sum(touch.at >= at - timedelta(days=90) for touch in touches)
        elif name == "sales_conversations":
            value = sum(when <= at and kind in ("call", "meeting") for when, kind, _ in self._activities(lead))
        else:
            raw = self.known_then(lead, name, at)
            value = truth(raw) if rule["operator"] == "is" else raw
        if value is None or value == "":
            return False
        wanted = rule["value"]
        if rule["operator"] == "is":
            return value is (truth(wanted))
        if rule["operator"] == "in":
            return str(value).lower() in wanted.lower().split("|")
        if rule["operator"] == "between":
            low, high = wanted.split("|")
            return float(low) <= float(str(value)) <= float(high)
        if rule["operator"] == "=":
            return str(value).lower() == wanted.lower() or number(str(value)) == number(wanted)
        return float(str(value)) >= float(wanted) if rule["operator"] == ">=" else float(str(value)) <= float(wanted)

    def _by_definition(self, lead: Lead, stage: str) -> datetime | None:
        if not any(row["stage"] == stage for row in self.d.files["stage_criteria"]):
            return next((at for at, found in lead.events if found == stage), None)
        moments = {lead.created}
        moments |= {touch.at for touch in self.by_person.get(lead.person, []) if touch.at >= lead.created}
        for record in lead.aliases:
            moments |= {moment(row["createddate"]) or ALWAYS for row in self.lead_history.get(record, [])}
        moments |= {when for when, _, _ in self._activities(lead) if when >= lead.created}
        word = [at for at, found in lead.events if found == stage]
        for at in sorted(when for when in moments if lead.created <= when <= self.as_of):
            rules: dict[str, list[Row]] = defaultdict(list)
            for row in self.d.rows("stage_criteria", at):
                if row["stage"] == stage:
                    rules[row["rule"]].append(row)
            if not rules and at in word:
                return at
            if rules and all(
                any(self._criterion(lead, row, at) for row in alternatives) for alternatives in rules.values()
            ):
                return at
        return None

    def _judge_leads(self) -> None:
        for lead in self.leads.values():
            for at, stage in lead.events:
                if stage:
                    lead.reached.setdefault(stage, at)
            for stage in ("mql", "sql", "sales_ready"):
                at = self._by_definition(lead, stage)
                lead.reached.pop(stage, None)
                if at:
                    lead.reached[stage] = at
            self._judge_handoffs(lead)

    def business_hours(self, start: datetime, end: datetime) -> float:
        hours: dict[str, list[tuple[time, time]]] = defaultdict(list)
        for row in self.d.files["business_hours"]:
            hours[row["weekday"].lower()].append((time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])))
        holidays = {date.fromisoformat(row["date"]) for row in self.d.files["holidays"]}
        total, on = timedelta(), self.reporting_day(start)
        while on <= self.reporting_day(end):
            for opening in hours[on.strftime("%A").lower()] if on not in holidays else []:
                opens, closes = (
                    datetime.combine(on, t, self.zone).astimezone(UTC).replace(tzinfo=None) for t in opening
                )
                total += max(min(end, closes) - max(start, opens), timedelta())
            on += timedelta(days=1)
        return total.total_seconds() / 3600

    def _judge_handoffs(self, lead: Lead) -> None:
        times = self._handoff_times(lead)
        status_changes = []
        for record in lead.aliases:
            status_changes += self._changes(record, "status")
        for index, at in enumerate(times):
            until = times[index + 1] if index + 1 < len(times) else NEVER
            handoff = Handoff(index + 1, at, self.owner_then(lead, at), float(self.d.setting("sla_hours", at)))
            answers = [when for when, _, outbound in self._activities(lead) if outbound]
            for when, row in status_changes:
                user = salesforce_id(row.get("createdbyid"))
                person = (self.users.get(user or "", {}).get("usertype") or "").lower() == "standard"
                if person and self.side(user) != "system":
                    answers.append(when)
            answers = [when for when in answers if at < when < until and when <= self.as_of]
            if answers:
                handoff.response_at = min(answers)
                handoff.response_hours = (handoff.response_at - at).total_seconds() / 3600
                handoff.response_business_hours = self.business_hours(at, handoff.response_at)
            business = self.d.setting("sla_clock", at) == "business"
            if handoff.response_at:
                taken = handoff.response_business_hours if business else handoff.response_hours
                assert taken is not None
                handoff.is_within_sla = taken <= handoff.sla_hours
            else:
                waited = self.business_hours(at, self.as_of) if business else (self.as_of - at).total_seconds() / 3600
                handoff.is_within_sla = False if waited > handoff.sla_hours else None
            deal = self.opportunities.get(lead.opportunity or "")
            reached = [*lead.events, *([(deal.created, "opportunity")] if deal else [])]
            for when, stage in sorted(reached, key=lambda entry: entry[0]):
                if (
                    at < when < until
                    and when <= self.as_of
                    and stage in ("accepted", "rejected", "sql", "sales_ready", "opportunity")
                ):
                    handoff.decision = "rejected" if stage == "rejected" else "accepted"
                    handoff.decided_at = when
                    if stage == "rejected":
                        handoff.reason = self._reason(lead, when)
                    break
            handoff.is_icp_fit = self.fit_at(lead, at)
            lead.handoffs.append(handoff)
        if "rejected" in lead.reached:
            lead.reason = self._reason(lead, lead.reached["rejected"])

    def _reason(self, lead: Lead, at: datetime) -> str:
        """The value then by the field history, else one entered while still rejected, else the record's own."""
        changes = [(when, row) for when, row in self._changes_of(lead, "rejectionreasonc")]
        until = next((when for when, _ in lead.events if when > at), NEVER)
        before = [row["newvalue"] for when, row in changes if when <= at]
        then = before[-1] if before else changes[0][1]["oldvalue"] if changes else None
        later = [row["newvalue"] for when, row in changes if at < when < until]
        own = lead.row.get("rejectionreasonc") or lead.row.get("rejectionreason")
        raw = next((text.strip() for text in [then, *later, own] if (text or "").strip()), "")
        return self.d.reasons.get(raw.lower(), "unmapped") if raw else "missing"

    # -- channel of leads and deals, paths and credit

    def path(self, deal: Opportunity, basis: str) -> list[Touch]:
        """The touches of the deal's people from the look-back before its creation to the anchor of the basis."""
        anchor = deal.created if basis == "pipeline" else deal.closed
        assert anchor is not None
        return self._between(deal, anchor)

    def _between(self, deal: Opportunity, anchor: datetime) -> list[Touch]:
        days = float(self.d.setting("attribution_lookback_days", deal.created))
        start = deal.created - timedelta(days=days)
        found = [t for person in deal.people for t in self.by_person.get(person, []) if start <= t.at <= anchor]
        return sorted(found, key=lambda touch: (touch.at, touch.key))

    # -- spend

    def spend(self) -> dict[tuple[date, str, str, str | None], Decimal]:
        """(day, platform, channel, campaign) -> cost: what ads platforms bill, campaigns cost and was entered."""
        found: dict[tuple[date, str, str, str | None], Decimal] = defaultdict(Decimal)
        names: dict[str, str] = {}
        for platform in ("google_ads", "linkedin_ads"):
            for record, row in versions(self.extracts / platform / "campaign", version="updatedat").items():
                names[f"{platform}:{record}"] = row[-1].get("name") or ""
            rows = {}
            for file in deliveries(self.extracts / platform / "campaign_daily"):
                for row in file:
                    on = day(row.get("date") or row.get("day"))
                    rows[on, row.get("campaignid"), row.get("device"), row.get("adnetworktype")] = row
            for (on, key, *_), row in rows.items():
                campaign = f"{platform}:{key}"
                name = names.setdefault(campaign, row.get("campaignname") or "")
                source = {"google_ads": "google", "linkedin_ads": "linkedin"}[platform]
                channel = self.d.channel(
                    {"source": source, "medium": "cpc", "campaign": name, "touch_type": "web_session"}
                )
                cost = Decimal(row["costmicros"]) / 1000000 if "costmicros" in row else Decimal(row["costinusd"])
                assert on is not None
                found[on, platform, channel, campaign] += cost * self._rate(row.get("currencycode") or "USD", on)
        billed = {name.lower() for name in names.values()} | {key.split(":", 1)[1].lower() for key in names}
        for record, row in self.campaigns.items():
            first, last = day(row.get("startdate")), day(row.get("enddate"))
            first, last = first or last, last or first
            is_billed = row["name"].lower() in billed or record.lower() in billed
            if truth(row.get("isdeleted")) or is_billed or not row.get("actualcost") or not first or not last:
                continue
            fields = {"source": "salesforce", "medium": row.get("type"), "campaign": row["name"]}
            channel = self.d.channel({**fields, "touch_type": "campaign_response"})
            days = (last - first).days + 1
            for number in range(days):
                on = first + timedelta(days=number)
                rate = self._rate(row.get("currencyisocode") or self.currency, min(on, self.reporting_day(self.as_of)))
                found[on, "salesforce", channel, "salesforce:" + record] += Decimal(row["actualcost"]) / days * rate
        for row in self.d.files["marketing_costs"]:
            month = date.fromisoformat(row["month"])
            campaign_id = row["campaign"] and (
                self.campaign_of(row["campaign"]) or "marketing_costs:" + row["campaign"]
            )
            found[month, "marketing_costs", row["channel"], campaign_id or None] += Decimal(row["cost"])
        return found

    def _rate(self, currency: str, on: date) -> Decimal:
        return Decimal(1) if currency == self.currency else self.d.rate(currency, on)

    def _place(self) -> None:
        for lead in self.leads.values():
            days = float(self.d.setting("attribution_lookback_days", lead.created))
            seen = [
                touch
                for touch in self.by_person.get(lead.person, [])
                if lead.created - timedelta(days=days) <= touch.at <= lead.created
            ]
            own = salesforce_id(lead.row.get("campaignc") or lead.row.get("campaignid"))
            lead.campaign = "salesforce:" + own if own else None
            if seen:
                lead.channel, lead.campaign = seen[-1].channel, seen[-1].campaign
        for deal in self.opportunities.values():
            own = salesforce_id(deal.row.get("campaignid"))
            deal.campaign = "salesforce:" + own if own else None
            if deal.lead:
                deal.channel, deal.campaign = self.leads[deal.lead].channel, self.leads[deal.lead].campaign
            elif path := self.path(deal, "pipeline"):
                deal.channel, deal.campaign = path[0].channel, path[0].campaign

    def is_marketing_sourced(self, deal: Opportunity) -> bool:
        raw = deal.source
        if not self.d.is_filler(raw):
            return any(marketing for name, marketing in self.d.sources.values() if name == raw)
        path = self.path(deal, "pipeline")
        return bool(path) and path[0].channel in self.d.marketing_channels

    # -- Markov: the chain of each basis, solved anew without each channel

    def _walks(self, basis: str, excluded: str) -> list[tuple[list[str], bool]]:
        """(channels, converted) of every path that converted or is old enough not to have."""
        maturity = timedelta(days=float(self.d.setting("maturity_days", self.as_of)))
        walks: list[tuple[list[Touch], bool]] = []
        for deal in self.opportunities.values():
            is_old = deal.created + maturity < self.as_of
            if basis == "pipeline":
                counts, converted, end = deal.is_qualified or is_old, deal.is_qualified, deal.created
            else:
                counts, converted, end = deal.is_closed or is_old, deal.is_won, deal.closed or self.as_of
            if counts:
                walks.append((self._between(deal, end), converted))
        for lead in self.leads.values():
            end = lead.created + maturity
            if lead.opportunity is None and end < self.as_of:
                start = lead.created - timedelta(days=float(self.d.setting("attribution_lookback_days", lead.created)))
                seen = [touch for touch in self.by_person.get(lead.person, []) if start <= touch.at <= end]
                walks.append((seen, False))
        return [
            ([touch.channel for touch in self._without(touches, excluded)], converted)
            for touches, converted in walks
            if touches
        ]

    def removal_effects(self, basis: str, excluded: str) -> dict[str, float]:
        if (basis, excluded) not in self._effects:
            self._effects[basis, excluded] = self._solve(basis, excluded)
        return self._effects[basis, excluded]

    def _solve(self, basis: str, excluded: str) -> dict[str, float]:
        steps: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for channels, converted in self._walks(basis, excluded):
            states = ["(start)", *(c for c, before in zip(channels, [None, *channels], strict=False) if c != before)]
            for state, following in zip(states, [*states[1:], "(won)" if converted else "(null)"], strict=True):
                steps[state][following] += 1

        def conversion(without: str | None) -> float:
            states = [state for state in steps if state != without]
            place = {state: number for number, state in enumerate(states)}
            matrix, gain = np.eye(len(states)), np.zeros(len(states))
            for state in states:
                total = sum(steps[state].values())
                for following, count in steps[state].items():
                    if following == "(won)":
                        gain[place[state]] = count / total
                    elif following in place:
                        matrix[place[state], place[following]] -= count / total
            return float(np.linalg.solve(matrix, gain)[place["(start)"]]) if place else 0.0

        whole = conversion(None)
        return {c: 1 - conversion(c) / whole for c in steps if c != "(start)"} if whole else {}

    def _by_channel(self, path: list[Touch], basis: str, kind: str, excluded: str) -> dict[str, Fraction]:
        """An equal part to each channel (Shapley) or one by removal effect (Markov); in a channel evenly."""
        touches = Counter(touch.channel for touch in path)
        effects = self.removal_effects(basis, excluded) if kind == "markov" else dict.fromkeys(touches, 1.0)
        strength = {channel: Fraction(effects[channel]) for channel in touches}
        total = sum(strength.values())
        return {t.key: strength[t.channel] / total / touches[t.channel] for t in path}

    def weights(self, deal: Opportunity, basis: str, model: str) -> dict[str, Fraction]:
        """Touch key -> weight of a touch in one of the ten models; empty for a deal without touches."""
        kind, shares, excluded = self.d.models[model]
        path = self._without(self.path(deal, basis), excluded)
        if not path:
            return {}
        if kind in ("markov", "shapley"):
            return self._by_channel(path, basis, kind, excluded)
        anchor = deal.created if basis == "pipeline" else deal.closed
        assert anchor is not None
        if kind == "decay":
            half = float(self.d.setting("time_decay_half_life_days", deal.created))
            raw = {t.key: Fraction(2 ** (-((anchor - t.at).total_seconds() / 86400) / half)) for t in path}
            total = sum(raw.values())
            return {key: value / total for key, value in raw.items()}
        lead_made = None
        if deal.lead:
            before = [t for t in path if t.at <= self.leads[deal.lead].created]
            lead_made = before[-1] if before else None
        before = [t for t in path if t.at <= deal.created]
        deal_made = before[-1] if before else None
        if model == "full_path" and basis == "pipeline":
            shares = MODELS["w_shaped"][1]
        *named_shares, others = map(Fraction, shares)
        held: dict[str, Fraction] = defaultdict(Fraction)
        for share, touch in zip(named_shares, (path[0], lead_made, deal_made, path[-1]), strict=True):
            if share and touch is not None:
                held[touch.key] += share
        rest = [t for t in path if t.key not in held]
        if not held:
            return {t.key: Fraction(1, len(path)) for t in path}
        weights = dict(held)
        if rest and others:
            weights = {key: value * sum(named_shares) / sum(held.values()) for key, value in held.items()}
            weights |= {t.key: others / len(rest) for t in rest}
        total = sum(weights.values())
        return {key: value / total for key, value in weights.items()}

    @staticmethod
    def _without(path: list[Touch], excluded: str) -> list[Touch]:
        return [touch for touch in path if touch.channel not in excluded.split("|")] or path


def cents(amount: Decimal, weights: dict[str, Fraction], order: list[str]) -> dict[str, Decimal]:
    """An amount in cents: rounded down, then a cent each to the largest remainders, ties to the earlier touch."""
    exact = {key: Fraction(amount) * 100 * weights[key] for key in order}
    whole = {key: floor(value) for key, value in exact.items()}
    left = int(amount * 100) - sum(whole.values())
    for key in sorted(order, key=lambda k: (whole[k] - exact[k], order.index(k)))[:left]:
        whole[key] += 1
    return {key: (Decimal(value) / 100).quantize(Decimal("0.01")) for key, value in whole.items()}
