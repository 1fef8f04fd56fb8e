"""Definition files of a header alone: each takes its default."""

from pathlib import Path

from tests.sources.conftest import DEFINITIONS, build, reader


def test_without_business_hours_offices_are_open(tmp_path: Path, parsed_project: Path) -> None:
    (tmp_path / "definitions").mkdir()
    for file in DEFINITIONS.glob("*.csv"):
        (tmp_path / "definitions" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "definitions" / "business_hours.csv").write_text("weekday,opens,closes\n")
    leads = tmp_path / "extracts" / "salesforce" / "lead" / "a.csv"
    leads.parent.mkdir(parents=True)
    leads.write_text("Id,Email,Status\n00Q000000000001EAA,ada@engines.example,Open\n")
    built = build(
        tmp_path / "home",
        tmp_path / "extracts",
        select="+stg_definitions__business_hours",
        parsed=parsed_project,
        definitions=tmp_path / "definitions",
    )
    with reader(built) as con:
        found = con.execute(
            "select iso_weekday, opens_minute, closes_minute from staging.stg_definitions__business_hours order by 1"
        ).fetchall()
    assert found == [(day, 9 * 60, 17 * 60) for day in range(1, 6)]
