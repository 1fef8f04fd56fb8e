"""`python -m ingestion` works without Dagster and says what to do when it does not."""

import subprocess
import sys
from pathlib import Path

from handoff.settings import CHECKOUT
from tests.ingestion.lab import CRM


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ingestion", *arguments],
        cwd=CHECKOUT,
        env={"PATH": "", "HANDOFF_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_load_list_and_check(tmp_path: Path) -> None:
    sources, lead = tmp_path / "sources", tmp_path / "extracts" / "crm" / "lead"
    sources.mkdir()
    lead.mkdir(parents=True)
    (sources / "crm.yml").write_text(CRM)
    (lead / "a.csv").write_text("Id,Email\n1,x\n2\n")
    (lead / "b.csv").write_text('Id,Email\n1,"x')

    loaded = run(tmp_path, "load", HANDOFF_SOURCES=str(sources))
    assert loaded.returncode == 0
    assert "crm/lead: 1 new files, 1 rows loaded, 1 malformed" in loaded.stdout
    assert "malformed: crm/lead/a.csv, line 3: " in loaded.stdout
    assert "refused: crm/lead/b.csv: the file is cut off" in loaded.stdout

    listed = run(tmp_path, "list", HANDOFF_SOURCES=str(sources)).stdout
    (line,) = [line for line in listed.splitlines() if line.startswith("crm/lead ")]
    assert line.split() == ["crm/lead", "lead", "2", "1", "1", "raw.crm__lead"]

    assert "crm: lead (lead)" in run(tmp_path, "check", str(sources)).stdout
    (sources / "bad.yml").write_text("source: bad\nobjects:\n  x: {entity: leed}\n")
    checked = run(tmp_path, "check", str(sources))
    assert checked.returncode == 1
    assert f"{sources}/bad.yml:3: " in checked.stderr
    assert "did you mean lead?" in checked.stderr


def test_errors_are_one_paragraph(tmp_path: Path) -> None:
    failed = run(tmp_path, "load", HANDOFF_EXTRACTS=str(tmp_path / "none"))
    assert failed.returncode == 1
    assert failed.stderr.startswith("The landing zone is missing. Where: ")
    assert failed.stderr.count("\n") == 1


def test_dagster_is_not_imported() -> None:
    code = "import sys, ingestion.__main__; sys.exit('dagster' in sys.modules or 'dbt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, timeout=60).returncode == 0
