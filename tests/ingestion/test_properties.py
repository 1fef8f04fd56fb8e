"""However deliveries are cut, repeated, reordered and spread over nights, the tables are the same; nothing is lost."""

import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from handoff.settings import DBT_PROJECT
from tests.ingestion.lab import CRM, Zone

QUICK = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HEAVY = settings(QUICK, max_examples=1_000, phases=tuple(Phase))

MACRO = jinja2.Environment(autoescape=False).from_string(
    (DBT_PROJECT / "macros" / "sources" / "newest_version.sql").read_text()
)
# What staging takes of a raw table, by staging's own macro: the newest version of each record, ties by file name.
NEWEST = f"""
with delivery as (
    select delivery_id, row_number() over (order by source_file, sha256) as delivery_rank
    from quality.load_log
    where status in ('loaded', 'accepted')
)
select native_id, email, employee_count, version_at
from (
    select *, _line as record_line from raw.crm__lead inner join delivery on _delivery_id = delivery_id
)
qualify {MACRO.module.newest_version("native_id")}
order by all
"""
# Everything an order of arrival could leave a trace in, but the times that say when the pipeline saw something.
EVERYTHING = [
    "select * from raw.crm__lead join (select delivery_id, source_file from quality.load_log) as log "
    "on _delivery_id = delivery_id order by all",
    "select * exclude (loaded_at) from quality.load_log order by all",
    "select * from quality.malformed_row order by all",
    NEWEST,
]


@dataclass(frozen=True)
class Version:
    """One version of one record, as a source would write it."""

    record: int
    number: int | None
    # What tells versions of one number apart that stand in different files.
    mark: str = ""

    @property
    def cells(self) -> dict[str, str | None]:
        version = None if self.number is None else f"2026-01-{self.number:02d}T00:00:00Z"
        employees = "many" if self.number == 13 else str(self.number or 0)
        return {
            "Id": f"L{self.record}",
            "Email": f'"v{self.number}",\nof {self.record}@x.com{self.mark}',
            "Employees": employees,
            "SystemModstamp": version,
        }


def as_csv(versions: list[Version]) -> str:
    quote = '"'
    lines = ["Id,Email,Employees,SystemModstamp"]
    for version in versions:
        lines.append(",".join(f'"{(cell or "").replace(quote, quote * 2)}"' for cell in version.cells.values()))
    return "\n".join(lines) + "\n"


def as_jsonl(versions: list[Version]) -> str:
    return "".join(json.dumps(version.cells) + "\n" for version in versions)


VERSIONS = st.lists(st.builds(Version, st.integers(1, 6), st.integers(1, 20)), min_size=1, max_size=25, unique=True)
# Equal versions of one record in four files: the file's name has to decide.
TIED = [[Version(1, 1)]] * 4
MIXED = st.lists(st.builds(Version, st.integers(1, 4), st.none() | st.integers(1, 3)), max_size=6)


class Fresh:
    """A landing zone of its own for every example."""

    def __enter__(self) -> Zone:
        self.folder = Path(tempfile.mkdtemp())
        self.zone = Zone(self.folder)
        return self.zone

    def __exit__(self, *_: Any) -> None:
        self.zone.close()
        shutil.rmtree(self.folder)


def everything(zone: Zone) -> list[list[tuple[Any, ...]]]:
    report = zone.load()
    assert not report.new, "a load with nothing new reads nothing"
    zone.check_promises()
    return [zone.con.execute(query).fetchall() for query in EVERYTHING]


def heavy_too(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize(
        "examples", [QUICK, pytest.param(HEAVY, marks=pytest.mark.heavy)], ids=["", "heavy"]
    )(test)


@heavy_too
def test_tidy_split_overlapping_repeated_and_late_deliveries_end_in_one_table(no_vendors: None, examples: Any) -> None:
    @examples
    @given(versions=VERSIONS, seed=st.integers(0, 10**6), files=st.integers(1, 5))
    def check(versions: list[Version], seed: int, files: int) -> None:
        chance = random.Random(seed)
        with Fresh() as zone:
            zone.put("tidy.csv", as_csv(versions))
            zone.load()
            tidy = zone.con.execute(NEWEST).fetchall()
        newest: dict[int, Version] = {}
        for version in sorted(versions, key=lambda each: each.number or 0):
            if version.number != 13:
                newest[version.record] = version
        assert [(row[0], row[1]) for row in tidy] == [
            (version.cells["Id"], version.cells["Email"]) for _, version in sorted(newest.items())
        ], "the newest version that could be read"
        with Fresh() as zone:
            for number in range(files):
                share = [version for version in versions if version_belongs(chance, files)]
                rest = versions if number == files - 1 else share
                chance.shuffle(rest := list(rest))
                write = chance.choice([("csv", as_csv), ("csv.gz", as_csv), ("jsonl", as_jsonl)])
                zone.put(f"{chance.randrange(10**6)}.{write[0]}", write[1](rest))
                if chance.random() < 0.4:
                    zone.put(f"again_{chance.randrange(10**6)}.{write[0]}", write[1](rest))
                if chance.random() < 0.6:
                    zone.load()
            zone.load()
            zone.check_promises()
            assert zone.con.execute(NEWEST).fetchall() == tidy

    check()


def version_belongs(chance: random.Random, files: int) -> bool:
    return chance.random() < 2 / files


@heavy_too
def test_the_order_in_which_files_arrive_leaves_no_trace(no_vendors: None, examples: Any) -> None:
    @examples
    @given(
        contents=st.lists(MIXED, min_size=1, max_size=4),
        repeats=st.lists(st.integers(0, 3), max_size=3),
        seed=st.integers(0, 10**6),
        broken=st.booleans(),
    )
    @example(contents=TIED, repeats=[], seed=1, broken=False)
    @example(contents=TIED, repeats=[], seed=2, broken=False)
    @example(contents=TIED, repeats=[], seed=3, broken=False)
    def check(contents: list[list[Version]], repeats: list[int], seed: int, broken: bool) -> None:
        chance = random.Random(seed)
        files = {
            f"{number}.csv": as_csv([replace(version, mark=f".{number}") for version in content])
            for number, content in enumerate(contents)
        }
        files |= {
            f"{chance.choice('acz')}{n}.csv": files[f"{which % len(contents)}.csv"] for n, which in enumerate(repeats)
        }
        if broken:
            files |= {"5.csv": 'Id,Email\n1,"x', "4.csv": 'Id,Email\n1,"x', "6.csv": "Id,Email\n1\n2,x\n"}
        seen = []
        for nights in (1, 3):
            names = list(files)
            chance.shuffle(names)
            with Fresh() as zone:
                for name in names:
                    zone.put(name, files[name])
                    if chance.random() < (nights - 1) / len(names):
                        zone.load()
                zone.load()
                seen.append(everything(zone))
        assert seen[0] == seen[1]

    check()


@heavy_too
def test_the_names_that_files_had_before_leave_no_trace(no_vendors: None, examples: Any) -> None:
    @examples
    @given(contents=st.lists(MIXED, min_size=1, max_size=4), seed=st.integers(0, 10**6))
    @example(contents=TIED, seed=1)
    def check(contents: list[list[Version]], seed: int) -> None:
        chance = random.Random(seed)
        files = [
            as_csv([replace(version, mark=f".{number}") for version in content]) + "short\n" * (number == 0)
            for number, content in enumerate(contents)
        ]
        names = [f"{letter}.csv" for letter in "abcdef"]
        with Fresh() as renamed, Fresh() as rebuilt:
            for night in range(3):
                chance.shuffle(names)
                shutil.rmtree(renamed.extracts)
                renamed.delivered.clear()
                for name, content in zip(names, files, strict=False):
                    renamed.put(name, content)
                    if night == 2:
                        rebuilt.put(name, content)
                renamed.load()
            rebuilt.load()
            assert everything(renamed) == everything(rebuilt)

    check()


def test_a_rebuild_from_all_files_equals_the_nights_that_grew_it(no_vendors: None) -> None:
    with Fresh() as grown, Fresh() as rebuilt:
        for night in range(4):
            versions = [Version(record, night + 1) for record in range(night, night + 3)]
            for zone in (grown, rebuilt):
                zone.put(f"{9 - night}.csv", as_csv(versions) + "short\n")
            if night == 2:
                for zone in (grown, rebuilt):
                    zone.map(CRM.replace("email: Email", "email: Email\n      phone: Phone"))
            grown.load()
        rebuilt.load()
        assert everything(grown) == everything(rebuilt)
