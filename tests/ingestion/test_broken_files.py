"""Files broken in every way a grammar can think of: never a crash, every row accounted for, both CSV readers agree."""

import gzip
import json
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
from tests.ingestion.lab import CRM

EXAMPLES = [60, pytest.param(10_000, marks=pytest.mark.heavy)]
CELLS = [
    "",
    "1",
    "a",
    "x y",
    "é😀",
    "2026-01-01T00:00:00Z",
    "many",
    "12",
    "true",
    "a,b",
    'say "hi"',
    "two\nlines",
    "\r\n",
    ";",
    "'",
    "=1+1",
]
ENDS = ["\n", "\n", "\n", "\r\n", "\r"]
HEADER = ["Id", "Email", "Employees", "CreatedDate", "IsDeleted", "SystemModstamp"]
DAMAGE = [
    b'"',
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe2\x82",
    b"\\",
    b"\xef\xbb\xbf",
    b'","',
    b'"\n"',
    b"{",
    b"}",
]


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


def csv_text(chance: random.Random) -> bytes:
    end = chance.choice(ENDS)
    always_quoted = chance.random() < 0.3

    def cell() -> str:
        text = chance.choice(CELLS)
        needs = always_quoted or any(letter in text for letter in ',"\r\n')
        return '"' + text.replace('"', '""') + '"' if needs and chance.random() < 0.97 else text

    def width() -> int:
        return len(HEADER) if chance.random() < 0.95 else chance.randrange(9)

    rows = [",".join(cell() for _ in range(width())) for _ in range(chance.randrange(8))]
    text = end.join([",".join(HEADER), *rows]) + (end if chance.random() < 0.8 else "")
    return damaged(text.encode(), chance)


def jsonl_text(chance: random.Random) -> bytes:
    values: list[Any] = [
        None,
        "",
        1,
        1.5,
        True,
        "x",
        [1, {"a": "\u2028"}],
        {"inner": {"er": 1}},
        10**30,
        "\ud800",
        "\0",
    ]
    rows = [
        json.dumps({name: chance.choice(values) for name in [*HEADER, "é"] if chance.random() < 0.8})
        for _ in range(chance.randrange(6))
    ]
    return damaged(("\n".join(rows) + ("\n" if chance.random() < 0.7 else "")).encode(), chance)


def parquet_file(chance: random.Random, folder: Path) -> bytes:
    path = folder / "made.parquet"
    duckdb.sql(f"copy (select i as \"Id\", 'x' || i as \"Email\" from range({chance.randrange(50)}) r(i)) to '{path}'")
    return damaged(path.read_bytes(), chance)


def damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([0, 0, 1, 1, 2, 4])):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data = data[:at] + chance.choice(DAMAGE) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randrange(1, 9) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case _:
                data = data[:at]
    return data


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
        data = parquet_file(chance, tmp_path) if suffix == ".parquet" else jsonl_text(chance)
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
        data = chance.randbytes(chance.randrange(200))
        suffix = chance.choice(list(SUFFIXES))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file{suffix}"
            path.write_bytes(data)
            format_, compressed = SUFFIXES[suffix]
            outcome(con, lead, scan_file(path, compressed=compressed, text=format_ != "parquet"), suffix)
