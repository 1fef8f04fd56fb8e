"""Files broken in every way a grammar can think of: never a crash, every row accounted for, both CSV readers agree."""

import gzip
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handoff.sql import quoted
from ingestion.mapping import ObjectMapping, read_mapping
from ingestion.readers import SUFFIXES, Reader, Scan, Staged, scan_file
from ingestion.refusal import Refusal
from tests.ingestion.broken import csv_text, jsonl_text, noise, parquet_file
from tests.ingestion.lab import CRM

EXAMPLES = [60, pytest.param(10_000, marks=pytest.mark.heavy)]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    made.execute("set TimeZone = 'UTC'")
    yield made
    made.close()


@pytest.fixture
def lead(tmp_path: Path) -> ObjectMapping:
    (tmp_path / "crm.yml").write_text(CRM)
    return read_mapping(tmp_path / "crm.yml").objects["lead"]


def outcome(con: duckdb.DuckDBPyConnection, lead: ObjectMapping, scan: Scan, suffix: str) -> Any:
    """What one reading leaves: the refusal's reason, or good rows with their lines and bad rows with line and text."""
    try:
        staged: Staged = Reader(con, lead, scan, SUFFIXES[suffix][0]).stage()
    except Refusal as refusal:
        return refusal.reason
    columns = ", ".join(f"{sql} as {quoted(name)}" for name, sql in sorted(staged.raw.items()))
    lines = f"(select *, {staged.line} as starts_on from landed)"
    good = con.execute(f"select starts_on, {columns} from {lines} where error is null order by starts_on").fetchall()
    bad = con.execute("select line, raw_text from landed_bad order by line").fetchall()
    assert (len(good), len(bad)) == (staged.loaded, staged.malformed)
    return good, bad


def write(data: bytes, suffix: str, folder: Path) -> Scan:
    path = folder / f"file{suffix}"
    path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    format_, compressed = SUFFIXES[suffix]
    return scan_file(path, compressed=compressed, text=format_ != "parquet")


@pytest.mark.parametrize("examples", EXAMPLES)
def test_both_csv_readers_agree(
    con: duckdb.DuckDBPyConnection, lead: ObjectMapping, tmp_path: Path, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = 0
    for seed in range(examples):
        chance = random.Random(seed)
        data = csv_text(chance)
        scan = write(data, chance.choice([".csv", ".csv", ".csv.gz"]), tmp_path)
        first = outcome(con, lead, scan, ".csv")
        with monkeypatch.context() as patched:
            patched.setattr(Reader, "_csv_fast", lambda *_: None)
            strict = outcome(con, lead, scan, ".csv")
        assert first == strict, f"seed {seed}: {data!r}"
        if not isinstance(first, str):
            fast += 1
            check_lines(first, data, seed)
    assert fast > examples / 4, "most files are not refused"


def check_lines(seen: Any, data: bytes, seed: int) -> None:
    """Rows stand on distinct lines, and no line that holds anything is left out between the first and the last row."""
    good, bad = seen
    lines = [row[0] for row in good] + [line for line, _ in bad]
    assert len(lines) == len(set(lines)), f"seed {seed}: {data!r}"
    texts = data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next(number for number, text in enumerate(texts, start=1) if text)
    for line in lines:
        assert line > first, f"seed {seed}: a row on the header's line: {data!r}"
        assert texts[line - 1], f"seed {seed}: a row on a blank line: {data!r}"


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_other_broken_files(
    con: duckdb.DuckDBPyConnection, lead: ObjectMapping, tmp_path: Path, suffix: str, examples: int
) -> None:
    read = 0
    for seed in range(examples // 2):
        chance = random.Random(seed)
        data = parquet_file(chance) if suffix == ".parquet" else jsonl_text(chance)
        seen = outcome(con, lead, write(data, suffix, tmp_path), suffix)
        if isinstance(seen, str):
            continue
        read += 1
        if suffix != ".parquet":
            filled = [
                line for line in data.decode("utf-8-sig", "surrogateescape").splitlines(keepends=True) if line.strip()
            ]
            assert len(seen[0]) + len(seen[1]) <= len(filled), f"seed {seed}: {data!r}"
    assert read > examples / 10


@pytest.mark.parametrize("examples", EXAMPLES)
def test_noise_is_refused_or_malformed(
    con: duckdb.DuckDBPyConnection, lead: ObjectMapping, tmp_path: Path, examples: int
) -> None:
    for seed in range(examples):
        chance = random.Random(seed)
        data = noise(chance)
        suffix = chance.choice(list(SUFFIXES))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file{suffix}"
            path.write_bytes(data)
            format_, compressed = SUFFIXES[suffix]
            outcome(con, lead, scan_file(path, compressed=compressed, text=format_ != "parquet"), suffix)
