"""A wrong mapping is refused with file, line and reason."""

from pathlib import Path

import pytest

from handoff.errors import HandoffError
from handoff.settings import CHECKOUT
from ingestion.entities import ENTITIES
from ingestion.mapping import SHIPPED, MappingError, mapping_files, read_folder, read_mapping

GOOD = """\
source: my_crm
timezone: Europe/Berlin
objects:
  deals:
    entity: opportunity
    version: [Last Modified]
    date_format: "%d/%m/%Y"
    fields:
      native_id: {column: Deal ID, required: true}
      stage: deal_stage
      amount: {column: Value, strip: ["$", ","]}
    values:
      stage: {Won: closed_won, No: closed_lost}
    constants: {currency: EUR}
"""

WRONG = [
    ("unknown key of a source", "timezone: Europe/Berlin", "time_zone: UTC", 2, "not known here"),
    ("unknown zone", "Europe/Berlin", "Europe/Berlinn", 2, "no time zone"),
    ("unknown entity", "entity: opportunity", "entity: oportunity", 5, "did you mean opportunity?"),
    ("no entity", "    entity: opportunity\n", "", 4, "missing"),
    ("unknown field", "stage: deal_stage", "stge: deal_stage", 10, "did you mean stage?"),
    ("unknown key of a field", "required: true", "requird: true", 9, "not known here"),
    ("a boolean that is none", "required: true", "required: maybe", 9, "boolean"),
    ("a format that is none", "%d/%m/%Y", "%d/%q/%Y", 7, "no date format"),
    ("a format without a year", "%d/%m/%Y", "%d/%m", 7, "'%d/%m' has no year;"),
    ("a format with the text %Y for a year", "%d/%m/%Y", "%d/%m/%%Y", 7, "has no year;"),
    ("a format without a day", "%d/%m/%Y", "%b %y", 7, "has no day;"),
    ("a format of times alone", "%d/%m/%Y", "%H:%M", 7, "has no year and no month and no day;"),
    ("a field's format without a month", "[Last Modified]", "{column: x, format: [iso, '%d. %Y']}", 6, "has no month;"),
    ("a format of a number", 'strip: ["$", ","]', 'format: "%d"', 11, "only dates and timestamps"),
    ("strip on a text", "stage: deal_stage", "stage: {column: x, strip: [a]}", 10, "for numbers"),
    ("a type the field does not have", "column: Value,", "column: Value, type: text,", 11, "of type amount, not text"),
    ("a header that is empty", "stage: deal_stage", 'stage: ["", x]', 10, "empty"),
    ("two kinds of columns", "column: Value,", "column: Value, coalesce: [a, b],", 11, "exactly one of"),
    ("values of no field", "stage: {Won", "stagee: {Won", 13, "not mapped"),
    ("constant of no field", "currency: EUR", "curency: EUR", 14, "did you mean currency?"),
    ("constant of a mapped field", "currency: EUR", "stage: won", 14, "both mapped and a constant"),
    ("no key", "      native_id: {column: Deal ID, required: true}\n", "", 5, "needs the field native_id"),
    ("a key twice", "constants: {currency: EUR}", "constants: {currency: EUR, currency: USD}", 14, "stands twice"),
    ("a version of another type", "[Last Modified]", "{column: x, type: text}", 6, "a version is a timestamp"),
    ("an object named as no folder may be", "  deals:", '  "de/als":', 4, "lower case letters"),
    ("a source named as no folder may be", "my_crm", "My CRM", 1, "lower case letters"),
    ("not YAML", "    version", "   version", 6, "not YAML"),
    ("a list where a mapping belongs", "    fields:\n", "    fields: [a]\n    keep:\n", 8, "valid mapping"),
    ("an unknown encoding", "timezone: Europe/Berlin", "encoding: utf-9", 2, "no text encoding"),
    ("a long delimiter", "timezone: Europe/Berlin", 'delimiter: "::"', 2, "one character"),
    ("a factor that is none", "column: Value,", "column: Value, multiply: 0,", 11, "multiply by"),
]


@pytest.mark.parametrize(("old", "new", "line", "reason"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_wrong_mapping(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    path = tmp_path / "my_crm.yml"
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(MappingError) as caught:
        read_mapping(path)
    assert any(at in (line, line + 1) and reason in why for at, why in caught.value.problems), caught.value.problems
    assert f"{path}, line " in str(caught.value)


@pytest.mark.parametrize("format_", ["%-d.%-m.%y", "%d %B %Y", "%Y-%j", "%c", "%x", "iso", "epoch_ms"])
def test_a_format_of_a_whole_day(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "my_crm.yml"
    path.write_text(GOOD.replace("%d/%m/%Y", format_))
    assert read_mapping(path).objects["deals"].date_format == (format_,)


def test_good_mapping(tmp_path: Path) -> None:
    path = tmp_path / "my_crm.yml"
    path.write_text(GOOD)
    deals = read_mapping(path).objects["deals"]
    assert deals.timezone == "Europe/Berlin", "an object takes the source's dialect"
    assert deals.values == {"stage": {"Won": "closed_won", "No": "closed_lost"}}, "No is a text, not a boolean"


# seven lists, each ten times the one before
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(7))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("- a\n- b\n", "starts with", id="a list"),
        pytest.param(b"source: \xff\n", "not UTF-8", id="no text"),
        pytest.param("a: &x [*x]\n", "key", id="a loop"),
        pytest.param(BOMB, "repeat each other too often", id="anchors of anchors"),
    ],
)
def test_files_that_are_no_mapping(tmp_path: Path, content: str | bytes, reason: str) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(MappingError, match=reason):
        read_mapping(path)


def test_two_files_of_one_source(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(MappingError, match="already described"):
        read_folder(tmp_path)


def test_missing_folder_of_mappings(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="missing"):
        read_folder(tmp_path / "none")


@pytest.mark.parametrize("path", mapping_files(SHIPPED), ids=lambda path: path.name)
def test_shipped_mappings_are_valid(path: Path) -> None:
    assert read_mapping(path).source == path.stem


def test_the_reference_lists_every_entity_with_its_fields() -> None:
    text = (CHECKOUT / "docs" / "mapping.md").read_text()
    for entity, fields in ENTITIES.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {entity} | ")]
        listed = {name.strip() for group in row.split("|")[2].split(";") for name in group.split(":")[1].split(",")}
        assert listed == set(fields), entity
