"""What a night tells of: all that came since the last night that published, once, by the name it came under."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handoff.control import begin_run, tell_deliveries
from orchestration.run import untold_refusals
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


def test_a_folder_that_nothing_describes_is_told_until_a_night_has_published(zone: Zone) -> None:
    zone.put("1.csv", "Id\n1\n", "crm/leed")
    ((file, text),) = night(zone, publishes=False).items()
    assert (file, text.partition(": ")[0]) == ("crm/leed", "crm/leed")
    assert night(zone) == {file: text}
    assert night(zone) == {}
