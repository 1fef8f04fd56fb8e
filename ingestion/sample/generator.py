"""Deliveries of the sample company into a landing zone: one full export, then deltas that overlap.

Leads are simulated a stretch of days at a time and appended to the open files, so that memory does not grow with the
number of leads. The same leads, seed and as-of give the same bytes.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from handoff.errors import HandoffError
from ingestion.sample import other_systems, salesforce, web
from ingestion.sample.columns import DAY, NEVER, Ints
from ingestion.sample.salesforce import Rows
from ingestion.sample.simulate import Chunk, creation_days, simulate
from ingestion.sample.world import World, make_world

CHUNK_LEADS = 25_000
ACCOUNT_BLOCK = 100_000
# Days before the as-of of each delivery; each takes everything since a day before the one before it.
DELIVERIES = (21, 14, 7, 0)
OVERLAP = DAY
SYSTEMS = ("salesforce", "google_ads", "linkedin_ads", "ga4")
MORE_SYSTEMS = ("hubspot", "marketo", "meta_ads", "microsoft_ads")
# Says that a folder holds nothing but sample extracts: only such a folder is ever cleared.
MARKER = ".handoff-sample"


@dataclass
class SampleReport:
    """What was written, rows by object and in all deliveries together (overlaps count twice)."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0

    def __str__(self) -> str:
        lines = [f"{self.files} files in {self.folder}"]
        return "\n".join([*lines, *(f"  {name:40} {rows:>10,} rows" for name, rows in sorted(self.rows.items()))])


class _Landing:
    """The open files of all deliveries."""

    def __init__(
        self, out: Path, end: int, systems: Sequence[str], deliveries: Sequence[int], stack: ExitStack
    ) -> None:
        self.out, self.systems, self.stack = out, systems, stack
        self.moments = [end - days * DAY for days in deliveries]
        self.report = SampleReport(out)
        self._writers: dict[Path, pa_csv.CSVWriter] = {}

    def windows(self) -> Iterator[tuple[int, int]]:
        """(after, until) of each delivery."""
        after = -1
        for until in self.moments:
            yield after, until
            after = until - OVERLAP

    def append(self, source: str, name: str, until: int, table: pa.Table) -> None:
        if source not in self.systems:
            return
        kind = "full" if until == self.moments[0] else "delta"
        stem = np.datetime64(until, "s").astype("datetime64[D]").astype(str).replace("-", "")
        path = self.out / source / name / f"{name}_{stem}_{kind}.csv"
        if path not in self._writers:
            path.parent.mkdir(parents=True, exist_ok=True)
            sink = self.stack.enter_context(path.open("wb"))
            self._writers[path] = self.stack.enter_context(pa_csv.CSVWriter(sink, table.schema))
        self._writers[path].write_table(table)
        key = f"{source}/{name}"
        self.report.rows[key] = self.report.rows.get(key, 0) + table.num_rows

    def append_all(self, source: str, name: str, rows: Rows) -> None:
        """Rows that do not change once they are there."""
        for after, until in self.windows():
            self.append(source, name, until, rows.between(after, until))

    def finish(self) -> SampleReport:
        self.report.files = len(self._writers)
        return self.report


def chunks(world: World) -> Iterator[Chunk]:
    """The leads of the company, some days at a time, in order."""
    days = creation_days(world)
    start = 0
    number = 0
    while start < len(days):
        last = start + CHUNK_LEADS
        stop = len(days) if last >= len(days) else int(np.searchsorted(days, days[last]))
        stop = stop if stop > start else last
        yield simulate(world, number, days[start:stop], start)
        start, number = stop, number + 1


def generate(
    out: Path,
    *,
    leads: int = 20_000,
    seed: int = 7,
    as_of: datetime,
    systems: Sequence[str] = SYSTEMS,
    deliveries: Sequence[int] = DELIVERIES,
) -> SampleReport:
    """Writes the extracts of the sample company. An earlier sample in the folder is replaced.

    `deliveries` are how many days before `as_of` each was made, the oldest first.

    Raises:
        HandoffError: the number of leads is too small to make a company, a system is unknown, deliveries are not one
            after the other, or the folder holds extracts that are not the sample's.
    """
    unknown = [system for system in systems if system not in (*SYSTEMS, *MORE_SYSTEMS)]
    if unknown:
        raise HandoffError(
            f"The sample company has no system {unknown[0]!r}.",
            where="--systems",
            remedy=f"Choose from {', '.join((*SYSTEMS, *MORE_SYSTEMS))}",
        )
    if leads < 100:
        raise HandoffError(
            "The sample needs at least 100 leads.", where="--leads", remedy="Give a number from 100 upwards"
        )
    if list(deliveries) != sorted({*deliveries}, reverse=True) or not deliveries or deliveries[-1] < 0:
        raise HandoffError(
            "Each delivery of the sample is made some days before --as-of, one after the other.",
            where=f"--deliveries {','.join(map(str, deliveries))}",
            remedy="Give whole numbers of days from the oldest to the newest, as 21,14,7,0",
        )
    end = int(
        np.datetime64(as_of.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None), "s").astype(np.int64)
    )
    earlier = _earlier(out)
    # complete, then in place: of a sample that was killed no night sees a part. What begins with a dot is no extract.
    making = out / ".making" if out.exists() else out.with_name(f".{out.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    report = _write(making, leads, seed, end, systems, deliveries)
    made = sorted(path.relative_to(making) for path in making.rglob("*.csv"))
    (making / MARKER).write_text("".join(f"{path}\n" for path in made))
    if making.parent != out:
        making.replace(out)
    else:
        for file in earlier:
            file.unlink(missing_ok=True)
        for path in (Path(MARKER), *made):
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (making / path).replace(out / path)
        shutil.rmtree(making)
    report.folder = out
    return report


def _write(
    out: Path, leads: int, seed: int, end: int, systems: Sequence[str], deliveries: Sequence[int]
) -> SampleReport:
    world = make_world(leads, seed, end)
    account_since = world.companies.target_since.copy()
    with ExitStack() as stack:
        landing = _Landing(out, end, systems, deliveries, stack)
        for (platform, name), rows in (web.ads_rows(world) | other_systems.extra_ads_rows(world)).items():
            landing.append_all(platform, name, rows)
        landing.append_all("salesforce", "user", salesforce.user_rows(world))
        for after, until in landing.windows():
            landing.append(
                "salesforce", "campaign", until, salesforce.campaign_rows(world, until).between(after, until)
            )
        landing.append_all("hubspot", "owner", other_systems.hubspot_owner_rows(world))
        landing.append_all("marketo", "program", other_systems.marketo_program_rows(world))
        for chunk in chunks(world):
            _append_chunk(landing, world, chunk)
            _note_accounts(account_since, chunk)
        _append_accounts(landing, world, account_since)
        stack.close()
        return landing.finish()


def _append_chunk(landing: _Landing, world: World, chunk: Chunk) -> None:
    leads, deals = chunk.leads, chunk.deals
    landing.append_all("salesforce", "lead_history", salesforce.lead_history_rows(world, leads))
    landing.append_all("salesforce", "contact", salesforce.contact_rows(world, leads, deals))
    landing.append_all("salesforce", "opportunity_history", salesforce.deal_history_rows(world, deals))
    landing.append_all("salesforce", "opportunity_contact_role", salesforce.contact_role_rows(leads, deals))
    landing.append_all("salesforce", "campaign_member", salesforce.member_rows(world, leads, chunk.members))
    landing.append_all("salesforce", "task", salesforce.call_rows(world, leads, chunk.calls, meetings=False))
    landing.append_all("salesforce", "event", salesforce.call_rows(world, leads, chunk.calls, meetings=True))
    landing.append_all("ga4", "session", web.session_rows(world, leads, chunk.sessions, deals))
    for after, until in landing.windows():
        if "hubspot" in landing.systems:
            for name, rows in other_systems.hubspot_rows(world, leads, until).items():
                landing.append("hubspot", name, until, rows.between(after, until))
        if "marketo" in landing.systems:
            for name, rows in other_systems.marketo_rows(world, leads, until).items():
                landing.append("marketo", name, until, rows.between(after, until))
        landing.append("salesforce", "lead", until, salesforce.lead_rows(world, leads, until).between(after, until))
        opportunities = salesforce.deal_rows(world, leads, deals, until).between(after, until)
        landing.append("salesforce", "opportunity", until, opportunities)


def _note_accounts(since: Ints, chunk: Chunk) -> None:
    """An account exists from its first conversion or deal, or since sales entered it."""
    converted = chunk.leads.converted_at < NEVER
    np.minimum.at(since, chunk.leads.company[converted], chunk.leads.converted_at[converted])
    np.minimum.at(since, chunk.deals.company, chunk.deals.stage_at[:, 0])


def _append_accounts(landing: _Landing, world: World, since: Ints) -> None:
    known = np.flatnonzero(since < NEVER)
    for first in range(0, len(known), ACCOUNT_BLOCK):
        block = known[first : first + ACCOUNT_BLOCK]
        landing.append_all("salesforce", "account", salesforce.account_rows(world, block, since[block]))


def _earlier(out: Path) -> list[Path]:
    """The files of an earlier sample. Extracts that the sample did not write are never touched.

    Raises:
        HandoffError: there are such in the folders of the sample's systems.
    """
    marker = out / MARKER
    known = {out / line for line in marker.read_text().splitlines()} if marker.exists() else set()
    folders = [out / source for source in (*SYSTEMS, *MORE_SYSTEMS)]
    theirs = sorted({path for folder in folders for path in folder.rglob("*") if not path.is_dir()} - known)
    if theirs:
        raise HandoffError(
            "The folder holds extracts that are not the sample's.",
            where=str(out),
            why=f"{theirs[0].relative_to(out)} is none of those that {MARKER} names",
            remedy="Give the sample a folder of its own",
        )
    return sorted(known)
