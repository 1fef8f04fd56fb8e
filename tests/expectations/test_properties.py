"""Properties of the gate over random histories: order, conservation, monotony, and a second opinion in plain Python."""

import re
import tempfile
import weakref
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.expectations.bench import NOON, Bench, lead

Row = dict[str, Any]

SLOW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

rows = st.builds(
    lead,
    native_id=st.sampled_from(["1", "2", "3", None]),
    first_name=st.sampled_from(["Ada", None]),
    last_name=st.sampled_from(["Byron", " "]),
    email=st.sampled_from(["ada@analytical.example", "ada@gmail.com", "nobody", None]),
    phone=st.sampled_from([None, "1"]),
    company=st.sampled_from(["Analytical Engines", None]),
    lead_source=st.sampled_from(["Web", "Other", None]),
    status=st.sampled_from(["Open", "Imported", "mql"]),
    created_at=st.sampled_from([datetime(2026, 1, 5), NOON + timedelta(days=40), None]),
    version_at=st.sampled_from([None, datetime(2026, 1, 6), datetime(2026, 1, 7), datetime(2026, 1, 8)]),
    is_deleted=st.sampled_from([None, None, None, True]),
)
deliveries = st.lists(st.lists(rows, min_size=1, max_size=4), min_size=1, max_size=4)


def is_complete(row: Row) -> bool:
    """The shipped rules, said once more without Great Expectations."""

    def text(name: str) -> str:
        return (row.get(name) or "").strip().lower()

    email = bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", text("email")))
    return (
        bool(row["native_id"])
        and bool(text("first_name") or text("last_name"))
        and (email or bool(text("phone")))
        and (bool(text("company")) or (email and not text("email").endswith("@gmail.com")))
        and text("lead_source") not in ("", "unknown", "other", "select", "n/a")
        and text("status") == "open"
        and row["created_at"] is not None
        and row["created_at"] <= NOON
    )


def outcome(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """What must not depend on when and in which order files came."""
    return {
        "quarantine": bench.rows(
            "select source_file, line, native_id, version_at, rule, detail, released_at is null"
            " from quality.quarantine order by all"
        ),
        "admission": bench.rows("from quality.lead_admission order by all"),
        "load_log": bench.rows(
            "select source_file, rows_read, rows_loaded, rows_held from quality.load_log order by all"
        ),
    }


def run(batches: Sequence[Sequence[tuple[str, Sequence[Row]]]]) -> Bench:
    """One night per batch of files."""
    folder = tempfile.TemporaryDirectory()
    bench = Bench(Path(folder.name))
    weakref.finalize(bench, folder.cleanup)
    for number, batch in enumerate(batches):
        for file, content in batch:
            bench.deliver(*content, file=file, at=NOON + timedelta(minutes=number))
        bench.night(NOON + timedelta(minutes=number))
    return bench


@SLOW
@given(deliveries, st.randoms(use_true_random=False))
def test_order_and_split_of_deliveries_do_not_matter(content: list[list[Row]], random: Any) -> None:
    files = [(f"{number}.csv", listed) for number, listed in enumerate(content)]
    shuffled = random.sample(files, len(files))
    at_once, one_by_one = run([files]), run([[file] for file in shuffled])
    assert outcome(one_by_one) == outcome(at_once)


@SLOW
@given(deliveries)
def test_every_row_is_loaded_or_held_and_verdicts_agree_with_plain_python(content: list[list[Row]]) -> None:
    bench = run([[(f"{number}.csv", listed) for number, listed in enumerate(content)]])
    versions = [
        ((row["version_at"] or datetime.min, f"{number}.csv", line), row)
        for number, listed in enumerate(content)
        for line, row in enumerate(listed, start=2)
    ]
    held = dict.fromkeys((f"{number}.csv" for number in range(len(content))), 0)
    admitted = set()
    for native_id in ("1", "2", "3"):
        mine = sorted(
            ((place, row) for place, row in versions if row["native_id"] == native_id), key=lambda each: each[0]
        )
        judged = [(place, row) for place, row in mine if not row["is_deleted"]]
        complete = [place for place, row in judged if is_complete(row)]
        if complete:
            admitted.add(native_id)
        for place, row in judged:
            held[place[1]] += not is_complete(row) and not any(earlier < place for earlier in complete)
    for place, row in versions:
        held[place[1]] += row["native_id"] is None and not row["is_deleted"]
    assert bench.admitted() == admitted
    assert bench.rows("select source_file, rows_held from quality.load_log order by all") == sorted(held.items())
    assert (
        bench.rows("select * from quality.load_log where rows_read <> rows_loaded + rows_held + rows_malformed") == []
    )
    released = bench.rows(
        "select distinct native_id from quality.quarantine where released_at is not null and rule <> 'regressed'"
    )
    assert {row[0] for row in released} <= admitted


@SLOW
@given(deliveries, st.lists(rows, min_size=1, max_size=3))
def test_what_was_admitted_stays(content: list[list[Row]], more: list[Row]) -> None:
    bench = run([[(f"{number}.csv", listed) for number, listed in enumerate(content)]])
    before = bench.admitted()
    bench.deliver(*more, file="later.csv", at=NOON + timedelta(hours=1))
    bench.night(NOON + timedelta(hours=1))
    assert before <= bench.admitted()
