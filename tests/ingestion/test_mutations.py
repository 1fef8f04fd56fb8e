"""Each promise has a test that notices when it is broken: here it is broken on purpose, and the test has to fail.

A mutation patches the product, or the query by which staging takes the newest version; the check it names must notice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import ingestion.columns
import ingestion.landing
import ingestion.load
import ingestion.readers
from tests.ingestion import test_crash, test_promises, test_properties
from tests.ingestion.lab import Zone

MONKEY = pytest.MonkeyPatch
Loader = ingestion.load._Loader
EXAMPLES = settings(test_properties.QUICK, max_examples=40)


@contextmanager
def noticed() -> Iterator[None]:
    """The body has to fail by an assertion: hypothesis groups those of several examples."""
    with pytest.raises((AssertionError, BaseExceptionGroup)) as caught:
        yield
    alone = isinstance(caught.value, AssertionError)
    assert alone or caught.group_contains(AssertionError), "it failed by something else than the promise"


# Mutations of loader and readers


def accept_repeated(patch: MONKEY) -> None:
    """The same bytes under another name are another delivery."""
    read, digest, name = Loader._read, ingestion.load._digest, [""]

    def remember_name(self: Any, file: Any, mapped: Any, path: Path) -> None:
        name[0] = file.name
        read(self, file, mapped, path)

    patch.setattr(Loader, "_read", remember_name)
    patch.setattr(ingestion.load, "_digest", lambda source, object_, sha: digest(source, object_, sha + name[0]))


def ignore_new_bytes(patch: MONKEY) -> None:
    """A file is known by its name."""
    patch.setattr(ingestion.landing, "_local_fingerprint", lambda _: "always the same")


def read_everything_again(patch: MONKEY) -> None:
    """An old file is opened every night."""
    patch.setattr(Loader, "_must_read", lambda *_: True)


def lose_a_row_on_the_way(patch: MONKEY) -> None:
    """The last row of a file does not reach the raw table."""
    insert = Loader._insert

    def lossy(self: Any, table: str, delivery: Any, staged: Any) -> None:
        insert(self, table, delivery, staged)
        last = f"(select max(_line) from {table} where _delivery_id = ?)"
        ids = [delivery.delivery_id] * 2
        self.con.execute(f"delete from {table} where _delivery_id = ? and _line = {last}", ids)

    patch.setattr(Loader, "_insert", lossy)


def lose_a_row_in_the_reader(patch: MONKEY) -> None:
    """The strict reader forgets every fifth row, and so does its count."""
    add, count = ingestion.readers._Rows.add, [0]

    def lossy(self: Any, row: Any, characters: int) -> None:
        count[0] += 1
        if count[0] % 5:
            add(self, row, characters)

    patch.setattr(ingestion.readers._Rows, "add", lossy)
    patch.setattr(ingestion.readers.Reader, "_csv_fast", lambda *_: None)


def drop_malformed_rows(patch: MONKEY) -> None:
    """A row that cannot be read vanishes without a record."""
    insert = Loader._insert

    def forgetful(self: Any, table: str, delivery: Any, staged: Any) -> None:
        insert(self, table, delivery, staged)
        self.con.execute("delete from quality.malformed_row where delivery_id = ?", [delivery.delivery_id])

    patch.setattr(Loader, "_insert", forgetful)


def shift_lines(patch: MONKEY) -> None:
    """Lines are counted by records, not as they stand in the file."""
    start, records = ingestion.readers._Lines.start_record, [1]

    def by_record(self: Any) -> None:
        start(self)
        records[0] += 1
        self.first = records[0]

    patch.setattr(ingestion.readers._Lines, "start_record", by_record)
    patch.setattr(ingestion.readers.Reader, "_csv_fast", lambda *_: None)


def trust_the_fast_reader(patch: MONKEY) -> None:
    """Whatever DuckDB forgives is forgiven."""
    patch.setattr(ingestion.readers.Reader, "_all_bytes_are_told", lambda *_: True)


def move_files(patch: MONKEY) -> None:
    """What was read is put aside."""
    store = Loader._store

    def tidy_up(self: Any, file: Any, *rest: Any) -> None:
        store(self, file, *rest)
        Path(file.path).rename(f"{file.path}.done.part")

    patch.setattr(Loader, "_store", tidy_up)


def read_unfinished(patch: MONKEY) -> None:
    patch.setattr(ingestion.landing, "_is_left_alone", lambda _: False)


def accept_cut_off(patch: MONKEY) -> None:
    """A last record that is short is malformed, the rest is loaded."""
    patch.setattr(ingestion.readers._Lines, "ended", property(lambda _: True))


def forget_drift(patch: MONKEY) -> None:
    patch.setattr(ingestion.columns, "_raw_names", lambda *_: {})


def null_a_bad_value(patch: MONKEY) -> None:
    """A value that lost its type makes a null, not a malformed row."""
    typed = ingestion.readers.typed_select

    def replaced(*arguments: Any) -> Any:
        made = typed(*arguments)
        return replace(made, select=f"select * replace (cast(null as varchar) as error) from ({made.select})")

    patch.setattr(ingestion.readers, "typed_select", replaced)


# Mutations of how staging picks the newest version


def older_version(patch: MONKEY) -> None:
    patch.setattr(test_properties, "NEWEST", test_properties.NEWEST.replace("version_at desc", "version_at asc"))


def arrival_decides(patch: MONKEY) -> None:
    """Of equal versions the one that arrived last wins."""
    by_arrival = test_properties.NEWEST.replace("order by source_file, sha256", "order by rowid")
    assert by_arrival != test_properties.NEWEST
    patch.setattr(test_properties, "NEWEST", by_arrival)
    everything = [*test_properties.EVERYTHING[:-1], by_arrival]
    patch.setattr(test_properties, "EVERYTHING", everything)


# Checks: the tests that hold the promises


def tidy(_: Zone) -> None:
    test_properties.test_tidy_split_overlapping_repeated_and_late_deliveries_end_in_one_table(None, EXAMPLES)


def any_order(_: Zone) -> None:
    test_properties.test_the_order_in_which_files_arrive_leaves_no_trace(None, EXAMPLES)


def malformed_rows(zone: Zone) -> None:
    _, content, bad, good = next(case for case in test_promises.MALFORMED if case[0] == "after quoted lines")
    test_promises.test_malformed_rows_keep_line_and_text(zone, content, bad, good, packed=False)


def column_too_many(zone: Zone) -> None:
    _, content, bad, good = next(case for case in test_promises.MALFORMED if case[0] == "an empty column too many")
    test_promises.test_malformed_rows_keep_line_and_text(zone, content, bad, good, packed=False)


def cut_off(zone: Zone) -> None:
    _, name, content, reason = next(case for case in test_promises.REFUSED if case[0].startswith("last record short"))
    test_promises.test_refused_whole_while_the_others_go_on(zone, name, content, reason)


def unfinished(zone: Zone) -> None:
    test_promises.test_unfinished_files_are_left_alone(zone, "a.csv.part")


MUTATIONS: list[tuple[Callable[[MONKEY], None], Callable[[Zone], None]]] = [
    (accept_repeated, test_promises.test_the_same_bytes_twice_are_one_delivery_by_the_smallest_name),
    (accept_repeated, tidy),
    (ignore_new_bytes, test_promises.test_new_bytes_under_an_old_name_are_a_new_delivery),
    (read_everything_again, test_promises.test_old_files_are_not_opened_again),
    (lose_a_row_on_the_way, tidy),
    (lose_a_row_in_the_reader, tidy),
    (drop_malformed_rows, tidy),
    (shift_lines, malformed_rows),
    (trust_the_fast_reader, column_too_many),
    (move_files, tidy),
    (read_unfinished, unfinished),
    (accept_cut_off, cut_off),
    (forget_drift, test_promises.test_new_and_vanished_columns_are_kept_and_reported),
    (null_a_bad_value, test_promises.test_a_changed_type_is_malformed_rows_not_a_crash),
    (older_version, tidy),
    (arrival_decides, any_order),
]


@pytest.mark.parametrize(
    ("mutate", "check"), MUTATIONS, ids=[f"{mutate.__name__}-{check.__name__}" for mutate, check in MUTATIONS]
)
def test_a_broken_promise_is_noticed(
    zone: Zone, monkeypatch: MONKEY, mutate: Callable[[MONKEY], None], check: Callable[[Zone], None]
) -> None:
    with monkeypatch.context() as patch:
        mutate(patch)
        with noticed():
            check(zone)


HALF_A_FILE = """
insert = loading._Loader._insert
def halfway(self, *arguments):
    insert(self, *arguments)
    self.con.execute("commit")
    self.con.execute("begin")
loading._Loader._insert = halfway
"""


def test_half_a_file_after_a_crash_is_noticed(tmp_path: Path) -> None:
    whole = test_crash.deliver(tmp_path / "whole")
    test_crash.finished(whole)
    undisturbed = test_crash.tables(whole)
    with noticed():
        test_crash.check_killed_load(tmp_path / "home", "_log", undisturbed, HALF_A_FILE)
