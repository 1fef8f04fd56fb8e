"""A grammar of broken files: CSV, JSON lines, Parquet and noise, each the same for the same chance."""

import csv
import gzip
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from ingestion.readers import SUFFIXES

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
ODD = [
    *[""] * 5,
    " ",
    "0",
    "-1",
    "1e400",
    "true",
    "null",
    "'",
    "é😀",
    "Unknown",
    "1900-01-01",
    "2026-02-30",
    "9999-12-31",
    "00Q000000000000AAA",
]
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


def parquet_file(chance: random.Random) -> bytes:
    rows = f'select i as "Id", \'x\' || i as "Email" from range({chance.randrange(50)}) r(i)'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.parquet"
        duckdb.sql(f"copy ({rows}) to '{path}'")
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


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def write_broken(folder: Path, seed: int) -> Path:
    """One file of any format and kind; its name begins with the seed."""
    chance = random.Random(seed)
    suffix = chance.choice(list(SUFFIXES))
    path = folder / f"{seed:05}{suffix}"
    if chance.random() < 0.1:
        path.write_bytes(noise(chance))
        return path
    match SUFFIXES[suffix][0]:
        case "csv":
            data = csv_text(chance)
        case "jsonl":
            data = jsonl_text(chance)
        case _:
            data = parquet_file(chance)
    path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    return path


def write_odd_values(extracts: Path, target: Path, seed: int) -> None:
    """The CSV files of a landing zone, a quarter of their rows with one value that is odd or another row's; some rows
    are missing, some come twice. Currencies stay: a missing rate stops the night on purpose."""
    chance = random.Random(seed)
    for file in sorted(extracts.rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            header, *rows = list(csv.reader(handle))
        columns = [number for number, name in enumerate(header) if "currency" not in name.lower()]
        into = target / file.relative_to(extracts)
        into.parent.mkdir(parents=True, exist_ok=True)
        with into.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(header)
            for row in rows:
                odd = list(row)
                if chance.random() < 0.25:
                    column = chance.choice(columns)
                    odd[column] = chance.choice(
                        ODD if chance.random() < 0.5 else [other[column] for other in rows[:99]]
                    )
                writer.writerows([odd] * chance.choices([0, 1, 2], [2, 96, 2])[0])
