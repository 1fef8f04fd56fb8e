"""What a night tells of: all that came since the last night that published, once, by the name it came under."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from expectations import gate
from handoff import definitions
from handoff.control import begin_run, tell_deliveries
from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load
from orchestration.run import _loaded, untold_changes, untold_refusals
from tests.conftest import AS_OF
from tests.ingestion.lab import Zone


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    zone = Zone(tmp_path)
    yield zone
    zone.close()


def night(zone: Zone, *, publishes: bool = True) -> dict[str, str]:
    """What it refuses, by the report and the check."""
    zone.as_of += timedelta(days=1)
    begin_run(zone.con, zone.as_of, f"{zone.as_of}", "")
    report = zone.load()
    assert report.last_deliveries == {}, "what is refused is no delivery in time"
    if publishes:
        tell_deliveries(zone.con)
    return untold_refusals(zone.con)


def test_a_refused_file_that_is_delivered_again_is_told_again_by_its_new_name(zone: Zone) -> None:
    zone.put("b.csv", "")
    first = zone.put("a.csv", "")
    ((file, text),) = night(zone).items()
    assert (file, text.partition(": ")[0]) == ("crm/lead/a.csv", "crm/lead/a.csv")
    assert night(zone) == {}
    again = {"crm/lead/c.csv": f"crm/lead/c.csv: the same bytes came as {text}"}
    zone.put("c.csv", "")
    assert night(zone, publishes=False) == again
    assert night(zone) == again
    assert night(zone) == {}
    os.utime(first, (1, 1))
    assert night(zone) == {file: text}
    assert zone.log("source_file") == [("a.csv",)]


def test_of_many_refused_files_the_rest_is_counted(zone: Zone) -> None:
    for number in range(25):
        zone.put(f"{number:02}.csv", f"none{number}")
    *named, (rest, text) = night(zone).items()
    assert [file for file, _ in named] == [f"crm/lead/{number:02}.csv" for number in range(20)]
    assert (rest, text) == ("5 more", "and 5 more: select * from quality.load_log where status = 'refused'")
    assert night(zone) == {}


def test_a_file_that_changed_its_shape_is_told_until_a_night_has_published(zone: Zone) -> None:
    def changes(*, publishes: bool = True) -> list[str]:
        zone.as_of += timedelta(days=1)
        begin_run(zone.con, zone.as_of, f"{zone.as_of}", "")
        zone.load()
        found = untold_changes(zone.con)
        if publishes:
            tell_deliveries(zone.con)
        return found

    zone.put("1.csv", "Id,Email\n1,a@x.example\n")
    assert changes() == []
    zone.put("2.csv", "Id,Brand_New\n2,x\n")
    told = ["crm/lead/2.csv brings new columns: Brand_New", "crm/lead/2.csv lacks columns: email"]
    assert changes(publishes=False) == told
    assert changes() == told
    assert changes() == []


def test_a_name_that_would_break_its_line_is_written_out(zone: Zone) -> None:
    zone.put("a\nb\x1b[31m.csv", "")
    ((file, text),) = night(zone).items()
    assert file == "crm/lead/a\\nb\\x1b[31m.csv"
    assert text.startswith(file)


def test_a_folder_that_nothing_describes_is_told_until_a_night_has_published(zone: Zone) -> None:
    zone.put("1.csv", "Id\n1\n", "crm/leed")
    ((file, text),) = night(zone, publishes=False).items()
    assert (file, text.partition(": ")[0]) == ("crm/leed", "crm/leed")
    assert night(zone) == {file: text}
    assert night(zone) == {}


def test_what_a_failed_night_took_in_as_accepted_is_told_by_the_one_that_publishes(zone: Zone) -> None:
    def figures(day: int, *accepted: str, publishes: bool = True) -> dict[str, tuple[int, int]]:
        """Files and rows by the report of the night."""
        settings = Settings(
            home=zone.home, extracts=str(zone.extracts), sources=zone.sources, as_of=AS_OF + timedelta(days=day)
        )
        with open_warehouse(settings) as con:
            if accepted:
                gate.accept(con, list(accepted))
            begin_run(con, settings.now, f"night {day}", "")
            load(settings, con)
            gate.run_gate(settings, con, definitions.load(settings.definitions))
            if publishes:
                tell_deliveries(con)
        return {table: (told["files"], told["rows_read"]) for table, told in _loaded(settings).items()}

    zone.put("1.csv", "Id\n1\n")
    assert figures(1) == {"crm/lead": (1, 1)}
    zone.put("2.csv", "Id\n2\n3\n")
    assert figures(2) == {}, "it is stopped"
    assert figures(3, "2.csv", publishes=False) == {"crm/lead": (1, 2)}
    assert figures(4, publishes=False) == {"crm/lead": (1, 2)}
    assert figures(5) == {"crm/lead": (1, 2)}
    assert figures(6) == {}
