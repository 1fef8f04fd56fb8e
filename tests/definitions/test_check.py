"""Folders of definitions that contradict themselves are refused, naming file, line and reason."""

import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from handoff.cli import app
from handoff.definitions import COLUMNS, SETTINGS, examine, load
from handoff.errors import HandoffError
from handoff.settings import DBT_PROJECT

SHIPPED = DBT_PROJECT / "seeds" / "definitions"
VERSION_2 = "2.0,2026-01-01,Marketing,Sales,second\n"

Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED, tmp_path / "definitions")


def append(file: str, text: str) -> Edit:
    def edit(folder: Path) -> None:
        with (folder / file).open("a") as handle:
            handle.write(text)

    return edit


def rows(file: str, *lines: str) -> Edit:
    """The file's header and these rows alone."""

    def edit(folder: Path) -> None:
        header = (folder / file).read_text().splitlines()[0]
        (folder / file).write_text("\n".join([header, *lines]) + "\n")

    return edit


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


TWO = append("versions.csv", VERSION_2)

SOUND: dict[str, Edit] = {
    "as many rules as bits": rows(
        "stage_criteria.csv", *(f"mql,rule {number},fit,score,>=,1,2024-01-01," for number in range(62))
    ),
    "as shipped": lambda folder: None,
    "a setting that changes with a version": both(
        TWO, rows("settings.csv", "sla_hours,24,2024-01-01,2026-01-01", "sla_hours,12,2026-01-01,")
    ),
    "header-only files": lambda folder: [rows(f"{name}.csv")(folder) for name in COLUMNS] and None,
    "Windows line ends and a byte order mark": lambda folder: (
        [path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")) for path in folder.glob("*.csv")]
        and None
    ),
    "a quoted newline": append("versions.csv", '2.0,2026-01-01,Marketing,Sales,"two\nlines"\n'),
    "a rule relaxed from a version on": both(
        TWO, rows("completeness.csv", "name,who,last_name,present,2024-01-01,2026-01-01")
    ),
    "two preferences of one dimension": rows(
        "icp.csv", "country,in,DE|FR,prefer,5,2024-01-01,", "country,in,US,prefer,3,2024-01-01,"
    ),
    "a requirement that is worth points as well": rows(
        "icp.csv", "country,in,DE,require,0,2024-01-01,", "country,in,DE,prefer,5,2024-01-01,"
    ),
    "a cost of a channel without rules": rows("marketing_costs.csv", "2026-01-01,pigeons,,10"),
    "split opening hours": rows("business_hours.csv", "monday,09:00,12:00", "Monday,13:00,24:00"),
    "a custom attribution model": append("attribution_models.csv", "mine,position,10,0,0,5.5,1,direct|display\n"),
    "a priority in two spellings": append("channels.csv", "0950,source,is,x,email,true\n950,medium,is,y,email,true\n"),
    "numbers as large as they may be": both(
        rows("settings.csv", "maturity_days,1000000,2024-01-01,", "attribution_lookback_days,1000000,2024-01-01,"),
        rows("sales_costs.csv", "2026-01-01,999999999999999"),
        rows("marketing_costs.csv", "2026-01-01,event,,999999999999"),
    ),
    "operands of their fields' kinds": rows(
        "stage_criteria.csv",
        *(
            f"mql,{number},fit,{operand},2024-01-01,"
            for number, operand in enumerate(
                (
                    *("touches_30d,=,0250", "score,>=,+50.5", "employee_count,in,250.00|7|", "score,is,0"),
                    *("created_at,between,2026-01-01|2026-03-31", "created_at,=,2026-01-01T08:00", "phone,>=,5"),
                    *("has_need,in,TRUE|false", "phone,in,0170|+49", "native_id,is,007"),
                )
            )
        ),
    ),
    "a criterion on a date": rows("stage_criteria.csv", "mql,recent,fit,created_at,>=,2025-01-01,2024-01-01,"),
}

REFUSED: dict[str, tuple[Edit, str]] = {
    "a list of words with none between two marks": (
        rows("icp.csv", "industry,contains,gambling|,disqualify,,2024-01-01,"),
        r"icp\.csv line 2: 'gambling\|' has an empty part",
    ),
    "more rules than bits": (
        rows("stage_criteria.csv", *(f"mql,rule {number},fit,score,>=,1,2024-01-01," for number in range(63))),
        r"stage_criteria\.csv line 64: there are more than 62 rules",
    ),
    "a file that is missing": (lambda folder: (folder / "icp.csv").unlink(), r"icp\.csv: is missing"),
    "a file nobody knows": (append("setings.csv", "a\n"), r"setings\.csv: is no file of the definitions"),
    "a column that is missing": (
        lambda folder: (folder / "teams.csv").write_text("team\nSales\n") and None,
        r"teams\.csv line 1: the column side is missing",
    ),
    "a column with a blank before it": (
        lambda folder: (folder / "teams.csv").write_text("team, side\nSales,sales\n") and None,
        r"teams\.csv line 1: the column side is missing",
    ),
    "a column nobody knows": (
        lambda folder: (folder / "teams.csv").write_text("team,side,size\n") and None,
        r"teams\.csv line 1: the column 'size' is unknown",
    ),
    "a value too many": (
        append("teams.csv", "Sales East,sales,x\n"),
        r"teams\.csv line 25: has 3 values, the header has 2",
    ),
    "an open quote": (append("teams.csv", '"Sales\n'), r"teams\.csv line 25: is not CSV"),
    "the line after a quoted newline": (
        append("versions.csv", '2.0,2026-01-01,Marketing,Sales,"two\nlines"\n3.0,2026-02-01,Marketing,,\n'),
        r"versions\.csv line 5: version 3\.0 is not signed by sales",
    ),
    "a version without marketing": (
        append("versions.csv", "2.0,2026-01-01,,Sales,\n"),
        r"versions\.csv line 3: .*marketing",
    ),
    "a version without sales": (
        append("versions.csv", "2.0,2026-01-01,Marketing, ,\n"),
        r"versions\.csv line 3: .*sales",
    ),
    "two versions of one day": (
        append("versions.csv", "2.0,2024-01-01,A,B,\n"),
        r"versions\.csv line 3: 2024-01-01 stands",
    ),
    "two versions of one name": (append("versions.csv", "1.0,2026-01-01,A,B,\n"), r"versions\.csv line 3: 1\.0 stands"),
    "a date in another spelling": (append("versions.csv", "2.0,01.01.2026,A,B,\n"), r"versions\.csv line 3: .*no date"),
    "a day that does not exist": (append("versions.csv", "2.0,2026-02-30,A,B,\n"), r"versions\.csv line 3: .*no date"),
    "a row's date that is no version's": (
        rows("settings.csv", "sla_hours,24,2024-02-01,"),
        r"settings\.csv line 2: valid_from 2024-02-01 is no version's",
    ),
    "an end that is no version's": (
        rows("icp.csv", "country,in,DE,require,1,2024-01-01,2025-01-01"),
        r"icp\.csv line 2: valid_to 2025-01-01 is no version's",
    ),
    "an end before the beginning": (
        both(TWO, rows("icp.csv", "country,in,DE,require,1,2026-01-01,2024-01-01")),
        r"icp\.csv line 2: valid_to 2024-01-01 is not after",
    ),
    "a setting nobody knows": (
        append("settings.csv", "sla_days,1,2024-01-01,\n"),
        r"settings\.csv line 13: .*sla_days",
    ),
    "a setting twice": (
        append("settings.csv", "sla_hours,12,2024-01-01,\n"),
        r"settings\.csv line 13: sla_hours overlaps line 4",
    ),
    "an overlap of periods": (
        both(TWO, rows("settings.csv", "sla_hours,12,2026-01-01,", "sla_hours,24,2024-01-01,")),
        r"settings\.csv line 2: sla_hours overlaps line 3",
    ),
    "a gap in a setting": (
        both(
            TWO,
            append("versions.csv", "3.0,2026-02-01,A,B,\n"),
            rows("settings.csv", "sla_hours,24,2024-01-01,2026-01-01", "sla_hours,12,2026-02-01,"),
        ),
        r"settings\.csv line 3: sla_hours has no value from 2026-01-01 to 2026-02-01",
    ),
    "a setting that begins late": (
        both(TWO, rows("settings.csv", "sla_hours,12,2026-01-01,")),
        r"settings\.csv line 2: sla_hours has no value from 2024-01-01 to 2026-01-01",
    ),
    "a setting that ends": (
        both(TWO, rows("settings.csv", "sla_hours,12,2024-01-01,2026-01-01")),
        r"settings\.csv line 2: sla_hours has no value from 2026-01-01 on",
    ),
    **{
        f"{setting} {value!r}": (
            rows("settings.csv", f"{setting},{value},2024-01-01,"),
            rf"settings\.csv line 2: {setting} is",
        )
        for setting, value in (
            *(("reporting_timezone", "Mars/Base"), ("reporting_currency", "dollar"), ("sla_hours", "0")),
            *(("sla_hours", "a day"), ("sla_clock", "wall"), ("attribution_lookback_days", "-1")),
            *(("time_decay_half_life_days", "0"), ("maturity_days", "1.5"), ("incomplete_batch_limit", "20")),
            *(("reporting_timezone", "localtime"), ("sla_hours", "٣"), ("sla_hours", "1000001")),
            *(("maturity_days", "9999999999"), ("maturity_days", "٣"), ("attribution_lookback_days", "1000001")),
            *(
                ("time_decay_half_life_days", "9" * 400),
                ("scoring_horizon_days", "20001"),
                ("scoring_horizon_days", "0"),
            ),
            ("scoring_minimum_wins", "9999999999"),
            *(
                ("fiscal_year_start_month", "13"),
                ("system_priority", "sales force"),
                ("handoff_score_threshold", "high"),
                ("handoff_score_threshold", "150"),
            ),
        )
    },
    "a dimension nobody knows": (
        rows("icp.csv", "size,in,1,require,1,2024-01-01,"),
        r"icp\.csv line 2: the dimension 'size'",
    ),
    "an operator nobody knows": (
        rows("icp.csv", "country,like,D,require,1,2024-01-01,"),
        r"icp\.csv line 2: the operator",
    ),
    "an effect nobody knows": (rows("icp.csv", "country,in,D,demand,1,2024-01-01,"), r"icp\.csv line 2: the effect"),
    "bounds upside down": (
        rows("icp.csv", "employee_count,between,500|50,require,1,2024-01-01,"),
        r"icp\.csv line 2: the lower bound",
    ),
    "one bound": (
        rows("icp.csv", "employee_count,between,50,require,1,2024-01-01,"),
        r"icp\.csv line 2: between needs two",
    ),
    "between of a text": (
        rows("icp.csv", "country,between,1|2,require,1,2024-01-01,"),
        r"icp\.csv line 2: between needs a number",
    ),
    "a regular expression that is none": (
        rows("icp.csv", "persona,regex,(chief,require,1,2024-01-01,"),
        r"icp\.csv line 2: the regular expression .* is not RE2",
    ),
    "a look-ahead, which RE2 does not have": (
        rows("icp.csv", "persona,regex,(?!x).*,require,1,2024-01-01,"),
        r"icp\.csv line 2: .*RE2",
    ),
    "a target below nothing": (
        rows("targets.csv", "2026-05-01,leads,-1"),
        r"targets\.csv line 2: the value '-1' is no target",
    ),
    "points that are no number": (rows("icp.csv", "country,in,DE,prefer,many,2024-01-01,"), r"icp\.csv line 2: points"),
    "required and disqualified": (
        rows("icp.csv", "country,in,DE,require,1,2024-01-01,", "Country,in,de,disqualify,1,2024-01-01,"),
        r"icp\.csv line 3: country in de overlaps line 2",
    ),
    "a criterion's field nobody knows": (
        rows("stage_criteria.csv", "mql,a,fit,shoe_size,>=,1,2024-01-01,"),
        r"stage_criteria\.csv line 2: the field 'shoe_size'",
    ),
    "a criterion's stage nobody knows": (
        rows("stage_criteria.csv", "won,a,fit,score,>=,1,2024-01-01,"),
        r"stage_criteria\.csv line 2: the stage 'won'",
    ),
    "a criterion's number that is none": (
        rows("stage_criteria.csv", "mql,a,fit,score,>=,high,2024-01-01,"),
        r"stage_criteria\.csv line 2: >= needs a number",
    ),
    "a yes-or-no criterion that is neither": (
        rows("stage_criteria.csv", "mql,a,fit,has_need,is,maybe,2024-01-01,"),
        r"stage_criteria\.csv line 2: has_need is 'maybe'",
    ),
    **{
        f"{field} {operator} {value}": (
            rows("stage_criteria.csv", f"mql,a,fit,{field},{operator},{value},2024-01-01,"),
            rf"stage_criteria\.csv line 2: {field} {re.escape(operator)} '{re.escape(value)}': {meant}",
        )
        for field, operator, value, meant in (
            *(("has_need", "in", "true|maybe", "true or false"), ("touches_30d", "is", "many", "a number")),
            *(("created_at", ">=", "5", "a date"), ("created_at", "=", "monday", "a date")),
            *(("employee_count", ">=", "2024-01-01", "a number"), ("score", "in", "50|0250", "a number such as 250")),
            *(("created_at", "between", "5|2026-01-01", "a date"), ("phone", "between", "5|2026-01-01", "two numbers")),
        )
    },
    "a size between two days": (
        rows("icp.csv", "employee_count,between,2024-01-01|2025-01-01,require,1,2024-01-01,"),
        r"icp\.csv line 2: employee_count between .*: a number such as 250 is meant",
    ),
    "a size of a list of nothing": (
        rows("icp.csv", "employee_count,in,|,require,1,2024-01-01,"),
        r"icp\.csv line 2: employee_count in '\|': a number such as 250 is meant",
    ),
    "a size of signed numbers": (
        rows("icp.csv", "employee_count,in,+250|300,require,1,2024-01-01,"),
        r"icp\.csv line 2: employee_count in '\+250\|300': a number such as 250 is meant",
    ),
    "a stage nobody knows": (
        append("stage_map.csv", "salesforce,lead,Odd,oddity\n"),
        r"stage_map\.csv line 120: the lead stage",
    ),
    "one source in letters that Python lowers otherwise": (
        rows("lead_sources.csv", "Internet,Web,true", "\u0130nternet,Web,true"),
        r"lead_sources\.csv line 3: internet stands on line 2 already",
    ),
    "one status, two stages": (
        append("stage_map.csv", "salesforce,lead,OPEN,mql\n"),
        r"stage_map\.csv line 120: salesforce lead open stands on line 2",
    ),
    "one text, two reasons": (
        append("rejection_reasons.csv", "not_ready,Early interest: back to nurture,Duplicate\n"),
        r"rejection_reasons\.csv line \d+: duplicate stands on line \d+",
    ),
    "a reason that has a meaning already": (
        append("rejection_reasons.csv", "missing,x,y\n"),
        r"missing is what Handoff calls",
    ),
    "a completeness field nobody knows": (
        rows("completeness.csv", "a,who,first_name|nick_name,present,2024-01-01,"),
        r"completeness\.csv line 2: the field 'nick_name'",
    ),
    "a test nobody knows": (
        rows("completeness.csv", "a,who,email,valid,2024-01-01,"),
        r"completeness\.csv line 2: the test",
    ),
    "a text in the future": (
        rows("completeness.csv", "a,who,email,not_future,2024-01-01,"),
        r"completeness\.csv line 2: not_future needs a time",
    ),
    "a time that is compared with fillers": (
        rows("completeness.csv", "a,who,last_name|created_at,not_filler,2024-01-01,"),
        r"completeness\.csv line 2: not_filler needs a text, created_at is a time",
    ),
    "a rule name that is taken": (
        rows("completeness.csv", "regressed,who,email,email,2024-01-01,"),
        r"completeness\.csv line 2: the rule cannot be called regressed",
    ),
    "a rule called as the record as a whole is": (
        rows("completeness.csv", "All,who,email,email,2024-01-01,"),
        r"completeness\.csv line 2: the rule cannot be called All",
    ),
    "one priority, two channels": (
        append("channels.csv", "100,source,is,x,email,false\n"),
        r"channels\.csv line \d+: priority 100 has channel 'email' here and 'direct' on line 4",
    ),
    "one priority in two spellings, two channels": (
        append("channels.csv", "0100,source,is,x,email,false\n"),
        r"channels\.csv line \d+: priority 0100 has channel 'email' here and 'direct' on line 4",
    ),
    "a priority that no column holds": (
        append("channels.csv", "2147483648,source,is,x,email,true\n"),
        r"channels\.csv line \d+: the priority '2147483648' is no whole number from 0 to 2147483647",
    ),
    "a priority in other digits": (
        append("channels.csv", "٣,source,is,x,email,true\n"),
        r"channels\.csv line \d+: the priority '٣' is no whole number",
    ),
    "a channel that is and is not marketing": (
        append("channels.csv", "900,source,is,x,email,false\n"),
        r"channels\.csv line \d+: channel email has is_marketing 'false' here and 'true' on line 2",
    ),
    "unassigned as marketing": (
        rows("channels.csv", "1,source,is,x,unassigned,true"),
        r"channels\.csv line 2: the channel unassigned is never",
    ),
    "a channel's field nobody knows": (
        rows("channels.csv", "1,term,is,x,a,true"),
        r"channels\.csv line 2: the field 'term'",
    ),
    "a negative weight": (
        append("attribution_models.csv", "mine,position,-1,0,0,2,0,\n"),
        r"line 12: the weight first is '-1'",
    ),
    "no weight at all": (
        append("attribution_models.csv", "mine,position,0,0,0,0,0,\n"),
        r"line 12: the weights of mine add up",
    ),
    "a channel to exclude that is none": (
        append("attribution_models.csv", "mine,position,1,0,0,0,0,pigeons\n"),
        r"attribution_models\.csv line 12: the channel 'pigeons'",
    ),
    "closing before opening": (
        rows("business_hours.csv", "monday,17:00,09:00"),
        r"business_hours\.csv line 2: closes at 09:00",
    ),
    "hours that overlap": (
        rows("business_hours.csv", "monday,09:00,13:00", "monday,12:00,17:00"),
        r"business_hours\.csv line 3: monday overlaps line 2",
    ),
    "a time in another spelling": (
        rows("business_hours.csv", "monday,9am,17:00"),
        r"business_hours\.csv line 2: .*HH:MM",
    ),
    "a cost of no channel": (
        rows("marketing_costs.csv", "2026-01-01,,,10"),
        r"marketing_costs\.csv line 2: the channel has no name",
    ),
    "a month that is a day": (
        rows("targets.csv", "2026-01-15,leads,10"),
        r"targets\.csv line 2: the month '2026-01-15'",
    ),
    "two targets": (
        rows("targets.csv", "2026-01-01,leads,10", "2026-01-01,Leads,12"),
        r"targets\.csv line 3: .* stands on line 2",
    ),
    "a day in other digits": (
        rows("holidays.csv", "٢٠٢٦-01-01,New Year"),
        r"holidays\.csv line 2: '٢٠٢٦-01-01' is no date",
    ),
    "a rate that rounds to nothing": (
        rows("exchange_rates.csv", "2026-01-01,EUR,0.0000000001"),
        r"exchange_rates\.csv line 2: the rate '0.0000000001' is no number from",
    ),
    "a rate that no amount can be multiplied with": (
        rows("exchange_rates.csv", "2026-01-01,EUR,99999999999999999999"),
        r"exchange_rates\.csv line 2: the rate '99999999999999999999' is no number from",
    ),
    "a weight that no number holds": (
        append("attribution_models.csv", f"mine,position,{'9' * 400},0,0,2,0,\n"),
        r"line 12: the weight first is '9+'",
    ),
    "a cost that no column holds": (
        rows("marketing_costs.csv", "2026-01-01,event,,100000000000000000000"),
        r"marketing_costs\.csv line 2: the cost '100000000000000000000' is no amount: a number from 0 to",
    ),
    "a rate of nothing": (rows("exchange_rates.csv", "2026-01-01,EUR,0"), r"exchange_rates\.csv line 2: the rate '0'"),
    "two rates of a day": (
        rows("exchange_rates.csv", "2026-01-01,EUR,1", "2026-01-01,eur,1.1"),
        r"exchange_rates\.csv line 3: .* stands on line 2",
    ),
    "a cost with a decimal comma": (
        rows("sales_costs.csv", '2026-01-01,"1,5"'),
        r"sales_costs\.csv line 2: the cost '1,5'",
    ),
}


@pytest.mark.parametrize("edit", SOUND.values(), ids=SOUND.keys())
def test_sound_folders_are_taken(folder: Path, edit: Edit) -> None:
    edit(folder)
    assert examine(folder)[1] == []


@pytest.mark.parametrize(("edit", "finding"), REFUSED.values(), ids=REFUSED.keys())
def test_contradictions_are_refused_by_file_line_and_reason(folder: Path, edit: Edit, finding: str) -> None:
    edit(folder)
    with pytest.raises(HandoffError) as refused:
        load(folder)
    assert re.search(finding, str(refused.value)), refused.value


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("(?P<head>vp).*", "(?P"),
        ("[[:alpha:]]+", "[[:alpha:]]"),
        ("[a[]b", "[a[]"),
        ("[a&&b]", "[a&&b]"),
        ("a{,3}", "{,"),
        ("(?U)a+", "(?U"),
        ("\\p{Greek}+", "\\p{Greek}"),
        ("a\\B.*", "\\B"),
        ("tİtle", "İ"),
        ("[^ı]+", "[^ı]"),
        (".*\\bvp\\b.*|head|\\[&&\\]|[^\\]\\[]{2,3}|\\p{Lu}\\pL|(?i:x)|\\Q[[&&\\E[]a]", None),
    ],
)
def test_a_regular_expression_that_java_reads_otherwise_is_refused_on_spark(
    folder: Path, pattern: str, part: str | None
) -> None:
    rows("icp.csv", f'persona,regex,"{pattern}",require,1,2024-01-01,')(folder)
    assert examine(folder)[1] == []
    found = [problem.reason for problem in examine(folder, "spark")[1]]
    expected = [f"Spark reads {part} in the regular expression {pattern!r} otherwise than RE2 does"]
    assert found == (expected if part else [])


def test_line_ends_of_two_kinds_are_refused_where_they_change(folder: Path) -> None:
    path = folder / "targets.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], *(line.replace(b"\n", b"\r\n") for line in lines[3:])]))
    assert [(problem.file, problem.line) for problem in examine(folder)[1]] == [("targets.csv", 4)]
    path.write_bytes(b"".join(line.replace(b"\n", b"\r\n") for line in lines))
    assert examine(folder)[1] == []


def test_every_finding_is_told_at_once(folder: Path) -> None:
    rows("teams.csv", "Sales,nowhere", ",sales")(folder)
    result = CliRunner().invoke(app, ["definitions", "check", str(folder)])
    assert result.exit_code == 1
    assert "teams.csv line 2: the side 'nowhere' is unknown" in result.output
    assert "teams.csv line 3: the team has no name" in result.output


def test_a_sound_folder_is_said_to_be_sound() -> None:
    result = CliRunner().invoke(app, ["definitions", "check", str(SHIPPED)])
    assert (result.exit_code, "sound; 19 files" in result.output) == (0, True)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="nowhere"):
        load(tmp_path / "nowhere")


def test_the_first_version_judges_what_came_before_it(folder: Path) -> None:
    both(TWO, rows("settings.csv", "sla_hours,24,2024-01-01,2026-01-01", "sla_hours,12,2026-01-01,"))(folder)
    loaded = load(folder)
    moments = [datetime(1999, 1, 1), datetime(2025, 12, 31, 23, 59, 59), datetime(2026, 1, 1)]
    assert [loaded.setting_at("sla_hours", moment) for moment in moments] == ["24", "24", "12"]
    assert loaded.setting_at("maturity_days", moments[0]) == "90"


def test_the_hash_is_of_what_the_files_say(folder: Path) -> None:
    before = load(folder).sha256
    SOUND["Windows line ends and a byte order mark"](folder)
    assert load(folder).sha256 == before
    append("teams.csv", "Sales East,sales\r\n")(folder)
    assert load(folder).sha256 != before


def test_every_day_has_an_exchange_rate_of_the_week_before() -> None:
    listed = load(SHIPPED).files["exchange_rates"]
    for currency in ("EUR", "GBP"):
        days = {date.fromisoformat(row["rate_date"]) for row in listed if row["currency"] == currency}
        day = date(2015, 1, 1)
        while day <= date(2027, 12, 31):
            assert any(day - timedelta(days=back) in days for back in range(8)), (currency, day)
            day += timedelta(days=1)


def test_files_and_seeds_have_the_columns_of_the_contract() -> None:
    seeds = yaml.safe_load((DBT_PROJECT / "models/staging/definitions/_definitions__seeds.yml").read_text())["seeds"]
    assert {seed["name"]: tuple(seed["config"]["column_types"]) for seed in seeds} == COLUMNS
    headers = {path.stem: tuple(path.read_text().splitlines()[0].split(",")) for path in SHIPPED.glob("*.csv")}
    assert headers == COLUMNS


DEFAULTS = {
    "reporting_timezone": "UTC",
    "reporting_currency": "USD",
    "sla_hours": "24",
    "sla_clock": "clock",
    "attribution_lookback_days": "90",
    "time_decay_half_life_days": "7",
    "maturity_days": "90",
    "incomplete_batch_limit": "0.20",
    "fiscal_year_start_month": "1",
    "system_priority": "salesforce|hubspot|marketo",
    "handoff_score_threshold": "50",
}
# What the shipped files say, column by column, of those rows that the shared definitions name.
AGREED: dict[str, tuple[tuple[str, ...], tuple[str, ...], set[tuple[str, ...]]]] = {
    "office hours": (
        ("business_hours", "weekday", "opens", "closes"),
        (),
        {(day, "09:00", "17:00") for day in ("monday", "tuesday", "wednesday", "thursday", "friday")},
    ),
    "six rejection reasons": (
        ("rejection_reasons", "reason"),
        (),
        {("bad_fit_company",), ("bad_fit_budget",), ("not_ready",), ("bad_data",), ("competitor",), ("duplicate",)},
    ),
    "fillers": (("fillers", "value"), (), {("unknown",), ("other",), ("select",), ("n/a",)}),
    "channels that are not marketing": (
        ("channels", "is_marketing", "channel"),
        ("false",),
        {("false", "direct"), ("false", "partner")},
    ),
    "MQL": (
        ("stage_criteria", "stage", "rule", "field", "operator", "value"),
        ("mql",),
        {
            ("mql", "icp", "icp_fit", "is", "true"),
            ("mql", "engagement", "form_submissions", ">=", "1"),
            ("mql", "engagement", "event_attendances", ">=", "1"),
            ("mql", "engagement", "responded_campaigns", ">=", "1"),
        },
    ),
    **{
        stage: (
            ("stage_criteria", "stage", "rule", "field", "operator", "value"),
            (stage,),
            {
                (stage, "conversation", "sales_conversations", ">=", "1"),
                *((stage, rule, f"has_{rule}", "is", "true") for rule in ("need", "budget", "timeline", *more)),
                *((stage, "commitment", f"has_{field}", "is", "true") for field in either),
            },
        )
        for stage, more, either in (("sql", (), ()), ("sales_ready", ("authority",), ("budget", "timeline")))
    },
    "Salesforce's lead statuses": (
        ("stage_map", "source_system", "object", "crm_value", "stage"),
        ("salesforce", "lead"),
        {
            ("salesforce", "lead", status, stage)
            for stage, statuses in {
                "captured": ("Open", "New", "Open - Not Contacted"),
                "mql": ("Marketing Qualified",),
                "handed_off": ("Handed Off", "Assigned"),
                "contacted": ("Working", "Contacted", "Working - Contacted"),
                "accepted": ("Accepted",),
                "sql": ("Sales Qualified", "Qualified"),
                "sales_ready": ("Sales Ready",),
                "rejected": ("Unqualified", "Rejected", "Closed - Not Converted"),
                "recycled": ("Nurture", "Recycled"),
                "opportunity": ("Converted", "Closed - Converted"),
            }.items()
            for status in statuses
        },
    ),
    "Salesforce's opportunity stages": (
        ("stage_map", "source_system", "object", "crm_value", "stage"),
        ("salesforce", "opportunity"),
        {
            ("salesforce", "opportunity", "Prospecting", "open"),
            ("salesforce", "opportunity", "Closed Won", "won"),
            ("salesforce", "opportunity", "Closed Lost", "lost"),
            *(
                ("salesforce", "opportunity", stage, "qualified")
                for stage in (
                    *("Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers"),
                    *("Perception Analysis", "Proposal/Price Quote", "Negotiation/Review"),
                )
            ),
        },
    ),
}


@pytest.mark.parametrize(("columns", "only", "expected"), AGREED.values(), ids=AGREED.keys())
def test_the_shipped_files_say_what_was_agreed(
    columns: tuple[str, ...], only: tuple[str, ...], expected: set[tuple[str, ...]]
) -> None:
    file, *names = columns
    found = {tuple(row[name] for name in names) for row in load(SHIPPED).files[file]}
    assert {row for row in found if row[: len(only)] == only} == expected


@pytest.mark.parametrize(
    ("file", "keys", "column", "expected"),
    [
        pytest.param("lead_sources", {"crm_value": value}, "is_marketing", expected, id=value)
        for value, expected in (
            *(("Cold Call", "false"), ("Outbound", "false"), ("Partner", "false"), ("Referral", "true")),
        )
    ]
    + [
        pytest.param("stage_map", {"source_system": "hubspot", "crm_value": value}, "stage", expected, id=value)
        for value, expected in (
            *(("subscriber", "captured"), ("lead", "captured"), ("marketingqualifiedlead", "mql")),
            *(("salesqualifiedlead", "sql"), ("opportunity", "opportunity"), ("customer", "opportunity")),
            *(("evangelist", "opportunity"), ("closedwon", "won"), ("closedlost", "lost")),
        )
    ],
)
def test_what_one_value_means_as_shipped(file: str, keys: dict[str, str], column: str, expected: str) -> None:
    found = [row for row in load(SHIPPED).files[file] if all(row[name] == value for name, value in keys.items())]
    assert [row[column] for row in found] == [expected]


def test_a_setting_without_rows_takes_its_default(folder: Path) -> None:
    rows("settings.csv")(folder)
    loaded = load(folder)
    assert {name: loaded.setting_at(name, datetime(2026, 1, 1)) for name in DEFAULTS} == DEFAULTS


def test_the_shipped_settings_are_the_defaults() -> None:
    shipped = load(SHIPPED).files["settings"]
    assert shipped
    assert all(SETTINGS[row["setting"]] == row["value"] for row in shipped)


def test_the_models_take_the_same_defaults_as_the_night() -> None:
    model = next((DBT_PROJECT / "models").rglob("stg_definitions__setting.sql")).read_text()
    assert dict(re.findall(r"\('(\w+)', '([^']*)'\)", model)) == SETTINGS


def test_the_day_is_that_of_the_reporting_time_zone(folder: Path) -> None:
    path = folder / "settings.csv"
    path.write_text(path.read_text().replace("reporting_timezone,UTC", "reporting_timezone,Asia/Tokyo"))
    agreed = load(folder)
    assert agreed.day_of(datetime(2026, 5, 31, 14, 59)) == date(2026, 5, 31)
    assert agreed.day_of(datetime(2026, 5, 31, 15, 0)) == date(2026, 6, 1)
