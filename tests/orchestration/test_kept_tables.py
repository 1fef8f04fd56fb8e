"""A table that is kept from night to night, and the night that dies over it."""

from pathlib import Path

import pytest

from handoff.errors import HandoffError
from handoff.mending import NOTHING
from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from orchestration import dbt_project
from tests.conftest import AS_OF
from tests.end_to_end.nights import copy_home

ROWS_AND_RECORD = """
select
    count(*),
    bit_xor(hash(path)),
    (select any_value(content) from control.built where name = 'intermediate.int_opportunity_path')
from intermediate.int_opportunity_path as path
"""


def test_a_night_that_dies_over_a_kept_table_leaves_its_rows_and_the_record_by_which_it_stands(
    built_home: Path, sample_extracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_home(built_home, tmp_path / "home")
    settings = Settings(_env_file=None, home=home, extracts=str(sample_extracts), as_of=AS_OF)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    with open_warehouse(settings) as con:
        before = con.execute(ROWS_AND_RECORD).fetchall()
        assert before[0][0] > 100
        # every path is another tonight, and to make it fails
        con.execute("delete from control.built where name = 'intermediate.int_opportunity_path_summary'")
        con.execute("update intermediate.int_opportunity_path_summary set fingerprint = hash(fingerprint)")
        con.execute("alter table intermediate.int_touch rename to gone")
        with pytest.raises(HandoffError, match="int_touch"):
            list(dbt_project.build(settings, [], only={"model.handoff.int_opportunity_path"}, night=(con, NOTHING)))
        assert con.execute(ROWS_AND_RECORD).fetchall() == before
