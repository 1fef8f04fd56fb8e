"""The bytes of one file as a typed temporary table, every bad row named by its line, or a refusal of the whole file.

CSV goes through DuckDB's parallel reader; where the structure leaves any doubt, through Python's strict one, which
can say where a record starts. What the columns mean is `ingestion.columns`' business; storing them `ingestion.load`'s.
"""

import codecs
import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import duckdb
import pyarrow as pa

from handoff.sql import literal, quoted
from ingestion.columns import Column, Kind, Plan, check_headers, plan_columns, typed_select
from ingestion.mapping import ObjectMapping
from ingestion.refusal import Refusal

Format = Literal["csv", "jsonl", "parquet"]

SUFFIXES: dict[str, tuple[Format, bool]] = {
    ".csv": ("csv", False),
    ".csv.gz": ("csv", True),
    ".parquet": ("parquet", False),
    ".jsonl": ("jsonl", False),
    ".jsonl.gz": ("jsonl", True),
}
CHUNK = 1 << 20
HEAD = 1 << 20
MAX_LINE = 256 << 20
BATCH_ROWS, BATCH_CHARACTERS = 20_000, 16 << 20
SIGNATURES = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
# What stands beside the records in a page of HubSpot's, Salesforce's and Marketo's interfaces.
PAGE_RECORDS = {"results", "records", "result"}
PAGE_KEYS = {*PAGE_RECORDS, "paging", "total", "totalSize", "done", "nextRecordsUrl"}
PAGE_KEYS |= {"requestId", "success", "moreResult", "nextPageToken", "warnings", "errors"}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WHOLE_AGAIN = "export the file again and deliver it whole"


def suffix_of(name: str) -> str:
    """The ending of a file's name that announces its format; empty where it announces none that is read."""
    endings = [suffix for suffix in SUFFIXES if name.lower().endswith(suffix)]
    return max(endings, key=len, default="")


@dataclass
class Scan:
    """What one pass over the bytes of a file tells: its hash, and the facts that decide how it is read."""

    path: Path
    compressed: bool
    sha256: str = ""
    head: bytes = b""
    size: int = 0
    newlines: int = 0
    carriage_returns: int = 0
    quotes: int = 0
    ends_with_newline: bool = True
    has_nul: bool = False
    has_lone_carriage_return: bool = False
    longest_line: int = 0
    damage: str = ""

    @property
    def has_quotes(self) -> bool:
        return self.quotes > 0

    @property
    def physical_lines(self) -> int:
        return self.newlines + (0 if self.ends_with_newline else 1)


class _Hashed(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash = file, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        self.hash.update(data)
        buffer[: len(data)] = data
        return len(data)


def scan_file(path: Path, *, compressed: bool, text: bool) -> Scan:
    """One pass over the file. A damaged compressed file is hashed all the same, and says so in `damage`."""
    scan = Scan(path, compressed)
    with path.open("rb") as file:
        hashed = _Hashed(file)
        stream: Any = gzip.GzipFile(fileobj=io.BufferedReader(hashed, CHUNK)) if compressed else hashed
        try:
            _scan_text(stream, scan, text)
        except (EOFError, OSError, zlib.error) as error:
            if not compressed:
                raise
            cut = isinstance(error, EOFError)
            scan.damage = "the compressed file is cut off" if cut else f"the file is not gzip ({error})"
        while chunk := file.read(CHUNK):
            hashed.hash.update(chunk)
        scan.sha256 = hashed.hash.hexdigest()
    return scan


def _scan_text(stream: Any, scan: Scan, text: bool) -> None:
    previous = b""
    line = 0
    while chunk := stream.read(CHUNK):
        scan.size += len(chunk)
        if not scan.head:
            scan.head = chunk
        if text:
            newlines = chunk.count(b"\n")
            scan.newlines += newlines
            scan.quotes += chunk.count(b'"')
            scan.carriage_returns += chunk.count(b"\r")
            scan.has_nul = scan.has_nul or b"\0" in chunk
            if not scan.has_lone_carriage_return and (b"\r" in chunk or previous == b"\r"):
                whole = previous + chunk if previous == b"\r" else chunk
                settled = whole[:-1] if whole.endswith(b"\r") else whole
                scan.has_lone_carriage_return = settled.count(b"\r") != settled.count(b"\r\n")
            line = line + len(chunk) if not newlines else len(chunk) - chunk.rfind(b"\n")
            scan.longest_line = max(scan.longest_line, line)
        previous = chunk[-1:]
    scan.has_lone_carriage_return = scan.has_lone_carriage_return or previous == b"\r"
    scan.ends_with_newline = previous in (b"\n", b"")


@dataclass(frozen=True)
class Staged:
    """A file in the temporary tables `landed` (rows; `error` is null in the good ones) and `landed_bad`.

    `raw` says which column of `landed` is which of the raw table; `line` is the SQL of the line a row starts on.
    """

    plan: Plan
    raw: dict[str, str]
    line: str
    loaded: int
    malformed: int


class _Lines:
    """The physical lines of a text file, with the one on which the record being read started."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._record: list[str] = []
        self.number = self.first = 0
        self.exhausted = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_LINE)
        if not line:
            self.exhausted = True
            raise StopIteration
        self.number += 1
        self._record.append(line)
        return line

    def start_record(self) -> None:
        self._record = []
        self.first = self.number + 1

    @property
    def record(self) -> str:
        return "".join(self._record)

    @property
    def ended(self) -> bool:
        return self._record[-1].endswith(("\n", "\r"))


class _Rows:
    """Rows on their way into a temporary table, a batch at a time, so that memory stays flat."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, pa.DataType]) -> None:
        self.con, self.table, self.columns = con, table, columns
        names = ", ".join(f"{name} {'bigint' if kind == pa.int64() else 'varchar'}" for name, kind in columns.items())
        con.execute(f"create or replace temp table {table} ({names})")
        self._rows: list[tuple[Any, ...]] = []
        self._characters = 0

    def add(self, row: tuple[Any, ...], characters: int) -> None:
        self._rows.append(row)
        self._characters += characters
        if len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS:
            self.flush()

    def add_column(self, name: str) -> None:
        self.flush()
        self.con.execute(f"alter table {self.table} add column {name} varchar")
        self.columns[name] = pa.string()

    def flush(self) -> None:
        if not self._rows:
            return
        arrays = [
            pa.array(cells, type=kind)
            for cells, kind in zip(zip(*self._rows, strict=True), self.columns.values(), strict=True)
        ]
        self.con.register("landed_batch", pa.table(arrays, names=list(self.columns)))
        self.con.execute(f"insert into {self.table} select * from landed_batch")
        self.con.unregister("landed_batch")
        self._rows, self._characters = [], 0


def _bad_rows(con: duckdb.DuckDBPyConnection) -> _Rows:
    return _Rows(con, "landed_bad", {"line": pa.int64(), "raw_text": pa.string(), "error": pa.string()})


class Reader:
    """Stages one file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, mapped: ObjectMapping, scan: Scan, format_: Format) -> None:
        self.con, self.mapped, self.scan, self.format = con, mapped, scan, format_
        self.encoding = mapped.encoding or "utf-8"
        self.is_utf8 = self.encoding in ("utf-8", "utf-8-sig", "ascii")
        self._bad = _bad_rows(con)

    def stage(self) -> Staged:
        """The rows of the file in temporary tables.

        Raises:
            Refusal: the file is not what its name says, or cut off, or lacks what the mapping requires.
        """
        if self.scan.damage:
            raise Refusal(self.scan.damage, WHOLE_AGAIN)
        if self.format == "parquet":
            return self._parquet()
        self._check_signature()
        return self._csv() if self.format == "csv" else self._jsonl()

    def _check_signature(self) -> None:
        for signature, what in SIGNATURES.items():
            if self.scan.head.startswith(signature):
                raise Refusal(f"the file is {what}, not what its name says", "give the file the name of its format")
        if self.is_utf8 and self.scan.head.startswith(UTF_16):
            raise Refusal("the file is UTF-16 text", "write `encoding: utf-16` in the mapping")
        if self.scan.longest_line > MAX_LINE:
            raise Refusal(f"a line is longer than {MAX_LINE >> 20} MB", "check the file's line ends and quotes")

    def _open(self) -> IO[str]:
        errors = "strict" if self.encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        encoding = "utf-8-sig" if self.is_utf8 else self.encoding
        if self.scan.compressed:
            return gzip.open(self.scan.path, "rt", encoding=encoding, errors=errors, newline="")
        return self.scan.path.open(encoding=encoding, errors=errors, newline="")

    def _not_this_encoding(self, error: UnicodeError) -> Refusal:
        return Refusal(f"the file is not {self.encoding} text ({error})", "declare its encoding in the mapping")

    def _malformed(self, lines: _Lines, reason: str) -> None:
        text = lines.record
        self._bad.add((lines.first, storable(text), reason), len(text))

    # CSV

    def _csv(self) -> Staged:
        headers, delimiter, is_one_line = self._header()
        plan = plan_columns(self.mapped, [Column(header, f"c{index}") for index, header in enumerate(headers)])
        doubtful = self.scan.has_nul or self.scan.has_lone_carriage_return or not is_one_line or len(headers) == 1
        if self.is_utf8 and not doubtful:
            staged = self._csv_fast(plan, len(headers), delimiter)
            if staged:
                return staged
        return self._csv_strict(plan, len(headers), delimiter)

    def _header(self) -> tuple[list[str], str, bool]:
        """The header record, the delimiter, and whether the header is the whole first line."""
        text = self._head_text()
        if not text.strip():
            raise Refusal("the file is empty, without even a header line", WHOLE_AGAIN)
        first_line = text.splitlines()[0]
        if "\0" in first_line:
            raise Refusal(
                "the file is not text: its first line holds NUL bytes", "deliver CSV, or declare its encoding"
            )
        if len(self.scan.head) < self.scan.size and first_line == text:
            raise Refusal(f"the header line is longer than {HEAD >> 20} MB", "check the file's line ends and quotes")
        candidates = [self.mapped.delimiter] if self.mapped.delimiter else [",", ";", "\t", "|"]
        parsed: list[tuple[list[str], int, str]] = []
        failure: csv.Error | None = None
        for candidate in candidates:
            try:
                parsed.append((*_first_record(text, candidate), candidate))
            except csv.Error as error:  # quoted headers read by a delimiter that is not theirs
                failure = failure or error
        if not parsed:
            raise Refusal(f"the header line cannot be read ({failure})", "check the file's first line") from failure
        headers, line, delimiter = next((each for each in parsed if len(each[0]) > 1), parsed[0])
        return [header.lstrip("\ufeff").strip() for header in headers], delimiter, line == 1

    def _head_text(self) -> str:
        encoding = "utf-8-sig" if self.is_utf8 else self.encoding
        try:
            return codecs.getincrementaldecoder(encoding)().decode(self.scan.head)
        except UnicodeDecodeError as error:
            text = codecs.getincrementaldecoder(encoding)().decode(self.scan.head[: error.start])
            if "\n" in text:
                return text
            raise Refusal(
                f"the header line is not {self.encoding} text", "declare the file's encoding in the mapping"
            ) from error
        except UnicodeError as error:
            raise self._not_this_encoding(error) from error

    def _csv_fast(self, plan: Plan, width: int, delimiter: str) -> Staged | None:
        """DuckDB's reader, with nothing left to guess or to forgive. None where lines or bytes do not add up."""
        names = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(width))
        relation = (
            f"read_csv({path_literal(self.scan.path)}, auto_detect = false, header = true, columns = {{{names}}}, "
            f"delim = '{delimiter}', quote = '\"', escape = '\"', strict_mode = true, null_padding = false, "
            f"ignore_errors = false, compression = '{'gzip' if self.scan.compressed else 'none'}')"
        )
        cells = [f"c{index}" for index in range(width)]
        written = {"bytes": _written_bytes(cells, may_be_quoted=self.scan.has_quotes)}
        try:
            if not self._head_breaks_lines(delimiter):
                staged = self._typed(plan, relation, written, "rowid + 2")
                if 1 + staged.loaded + staged.malformed == self.scan.physical_lines:
                    return self._with_texts(staged) if self._all_bytes_are_told(staged, width) else None
                if not self.scan.has_quotes:
                    return None
            breaks = {"breaks": " + ".join(map(_line_breaks, cells))}
            # Without an order of its own the window streams over the rows as they stand in the file.
            before = "sum(breaks) over (rows between unbounded preceding and current row) - breaks"
            staged = self._typed(plan, relation, written | breaks, f"rowid + 2 + cast({before} as bigint)")
            inside = self.con.execute("select coalesce(sum(breaks), 0) from landed").fetchall()[0][0]
            exact = 1 + staged.loaded + staged.malformed + inside == self.scan.physical_lines
            return self._with_texts(staged) if exact and self._all_bytes_are_told(staged, width) else None
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, UnicodeEncodeError):  # the second: a path that is no text, which only Python can open
            return None

    def _all_bytes_are_told(self, staged: Staged, width: int) -> bool:
        """Whether cells, delimiters, quotes and line ends make up the file: DuckDB skips over empty cells too many."""
        header = self.scan.head.partition(b"\n")[0]
        rows = staged.loaded + staged.malformed
        told = self.con.execute("select coalesce(sum(bytes), 0) from landed").fetchall()[0][0] + rows * (width - 1)
        ends = self.scan.newlines + self.scan.carriage_returns - header.count(b"\r")
        return len(header) + told + ends + self.scan.quotes - header.count(b'"') == self.scan.size

    def _head_breaks_lines(self, delimiter: str) -> bool:
        """Whether quoted line breaks show in the first records: then their lines are counted from the start."""
        if not self.scan.has_quotes:
            return False
        text = self.scan.head.decode("utf-8", "replace")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        with suppress(csv.Error):
            for number, _ in enumerate(reader, start=1):
                if reader.line_num != number:
                    return True
        return False

    def _csv_strict(self, plan: Plan, width: int, delimiter: str) -> Staged:
        """Python's reader: slower, but it knows the line on which a record starts, and goes on after a bad one."""
        csv.field_size_limit(MAX_LINE)
        rows = _Rows(self.con, "landed_input", {"line": pa.int64()} | {f"c{i}": pa.string() for i in range(width)})
        with self._open() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            try:
                _next_record(reader, lines)
                while True:
                    lines.start_record()
                    try:
                        record = next(reader)
                    except StopIteration:
                        break
                    except csv.Error as error:
                        _check_recoverable(lines, error)
                        self._malformed(lines, str(error))
                        continue
                    if record:
                        self._take(record, width, lines, rows)
            except UnicodeError as error:
                raise self._not_this_encoding(error) from error
        rows.flush()
        self._bad.flush()
        return self._with_texts(self._typed(plan, "landed_input", {"line": "line"}, "line"))

    def _take(self, record: list[str], width: int, lines: _Lines, rows: _Rows) -> None:
        text = "".join(record)
        if len(record) < width and not lines.ended:
            raise Refusal(
                f"the file is cut off: its last record, on line {lines.first}, has {len(record)} of {width} columns "
                "and no line end",
                WHOLE_AGAIN,
            )
        if len(record) != width:
            self._malformed(lines, f"{len(record)} columns where the header has {width}")
        elif reason := _not_text(text):
            self._malformed(lines, reason)
        else:
            rows.add((lines.first, *(cell or None for cell in record)), len(text))

    # JSON lines

    def _jsonl(self) -> Staged:
        rows = _Rows(self.con, "landed_input", {"line": pa.int64(), "part": pa.int64()})
        names: dict[str, str] = {}
        objects = bad = 0
        has_pages = False
        with self._open() as file:
            lines = _Lines(file)
            try:
                lines.start_record()
                for text in lines:
                    if text.strip():
                        found = self._json_rows(lines, text, is_first=objects + bad == 0)
                        objects, bad = (objects + 1, bad) if found is not None else (objects, bad + 1)
                        has_pages = has_pages or len(found or [0]) != 1
                        for part, row in enumerate(found or []):
                            if row is not None:
                                self._add_keys(row, names, rows)
                                rows.add((lines.first, part, *(row.get(name) for name in names)), len(text))
                    lines.start_record()
            except UnicodeError as error:
                raise self._not_this_encoding(error) from error
        rows.flush()
        self._bad.flush()
        if bad and not objects:
            raise Refusal("no line of the file is a JSON object", "deliver one JSON object per line")
        columns = [Column(name, column) for name, column in names.items()]
        plan = plan_columns(self.mapped, columns, ragged=True) if columns else no_columns(self.mapped)
        staged = self._typed(plan, "landed_input", {"line": "line", "part": "part"}, "line")
        return self._with_cells(staged, columns, "line, part") if has_pages else self._with_texts(staged)

    def _add_keys(self, row: dict[str, str | None], names: dict[str, str], rows: _Rows) -> None:
        new = [name for name in row if name not in names]
        if new:
            check_headers([*names, *new])
        for name in new:
            names[name] = f"c{len(names)}"
            rows.add_column(names[name])

    def _json_rows(self, lines: _Lines, text: str, *, is_first: bool) -> list[dict[str, str | None] | None] | None:
        """The flattened objects of a line: one, or those of a page, None where malformed; None for a malformed line."""
        if is_first and text.lstrip().startswith("["):
            raise Refusal("the file is one JSON array", "deliver one JSON object per line")
        try:
            records = json_objects(text)
            found = [flattened(each, decimal_comma=bool(self.mapped.decimal_comma)) for each in records]
        except (ValueError, RecursionError) as error:
            if not lines.ended:
                raise Refusal(
                    f"the file is cut off: its last line, {lines.first}, is no JSON object and has no line end",
                    WHOLE_AGAIN,
                ) from error
            self._malformed(lines, f"not a JSON object: {error}")
            return None
        rows: list[dict[str, str | None] | None] = []
        for record, row in zip(records, found, strict=True):
            reason = _not_text("".join(filter(None, (*row, *row.values()))))
            rows.append(None if reason else row)
            if reason and len(records) == 1:
                self._malformed(lines, reason)
            elif reason:  # of a page the others stand
                self._bad.add((lines.first, storable(record_text := _json_text(record)), reason), len(record_text))
        return rows

    # Parquet

    def _parquet(self) -> Staged:
        # a folder `date=2026-01-01` above the file is no column of it
        relation = (
            f"read_parquet({path_literal(self.scan.path)}, "
            "file_row_number = true, binary_as_string = true, hive_partitioning = false)"
        )
        try:
            headers = self._parquet_headers()
            described = self.con.sql(f"select * exclude (file_row_number) from {relation}")
            sources = [
                column
                for header, name, kind in zip(headers, described.columns, described.types, strict=True)
                for column in _parquet_columns(header, quoted(name), kind)
            ]
            check_headers([column.header for column in sources])
            cells = [f"{column.text} as c{index}" for index, column in enumerate(sources)]
            self.con.execute(
                "create or replace temp table landed_input as "
                f"select {', '.join(['file_row_number + 1 as line', *cells])} from {relation}"
            )
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, UnicodeEncodeError) as error:
            reason = str(error).splitlines()[0]
            raise Refusal(f"the file cannot be read as Parquet ({reason})", WHOLE_AGAIN) from error
        columns = [Column(column.header, f"c{index}", column.kind) for index, column in enumerate(sources)]
        text = f"concat_ws('', {', '.join(column.text for column in columns)})"
        self.con.execute(
            f"insert into landed_bad select line, {self._row_text(columns)}, 'a value holds a NUL byte' "
            f"from landed_input where contains({text}, chr(0))"
        )
        self.con.execute("delete from landed_input where line in (select line from landed_bad)")
        staged = self._typed(plan_columns(self.mapped, columns), "landed_input", {"line": "line"}, "line")
        return self._with_cells(staged, columns, "line")

    def _parquet_headers(self) -> list[str]:
        """The columns as the file names them: DuckDB renames those that are there twice, and misreads wide decimals."""
        schema = self.con.sql(
            f"select name, coalesce(num_children, 0), precision from parquet_schema({path_literal(self.scan.path)})"
        ).fetchall()
        headers: list[str] = []
        below = 0
        for name, children, precision in schema[1:]:
            if (precision or 0) > 38:
                raise Refusal(f"the column {name!r} holds decimals of more than 38 digits", "export it as text")
            if not below:
                headers.append(name)
            below += children - (1 if below else 0)
        return headers

    def _row_text(self, columns: list[Column]) -> str:
        pairs = ", ".join(f"{literal(column.header)}, {column.text}" for column in columns)
        return f"cast(json_object({pairs}) as varchar)"

    # All formats

    def _typed(self, plan: Plan, relation: str, extra: dict[str, str], line: str) -> Staged:
        typed = typed_select(plan, self.mapped, relation, extra)
        self.con.execute(f"create or replace temp table landed as {typed.select}")
        rows, wrong = self.con.execute("select count(*), count(error) from landed").fetchall()[0]
        unreadable = self.con.execute("select count(*) from landed_bad").fetchall()[0][0]
        return Staged(plan, typed.raw, line, rows - wrong, wrong + unreadable)

    def _with_cells(self, staged: Staged, columns: list[Column], key: str) -> Staged:
        """The rows that failed their types, in `landed_bad` with their cells: they have no line of their own."""
        if staged.malformed:
            self.con.execute(
                f"insert into landed_bad select line, {self._row_text(columns)}, error "
                f"from landed join landed_input using ({key}) where error is not null"
            )
        return staged

    def _with_texts(self, staged: Staged) -> Staged:
        """The rows that failed their types, in `landed_bad` with their text as it stands in the file."""
        if not staged.malformed:
            return staged
        failed = self.con.execute(
            f"""
            with landed_lines as (select {staged.line} as line, error from landed),
            every_line as (select line from landed_lines union all select line from landed_bad),
            bounded as (select line, lead(line) over (order by line) as next_line from every_line)
            select line, next_line, error from landed_lines join bounded using (line)
            where error is not null order by line
            """
        )
        with self._open() as file:
            number = 0
            while batch := failed.fetchmany(BATCH_ROWS):
                for line, next_line, error in batch:
                    texts: list[str] = []
                    while (next_line is None or number + 1 < next_line) and (text := file.readline(MAX_LINE)):
                        number += 1
                        if number >= line:
                            texts.append(text)
                    whole = "".join(texts)
                    self._bad.add((line, storable(whole), storable(error)), len(whole))
        self._bad.flush()
        return staged


def no_columns(mapped: ObjectMapping) -> Plan:
    """The plan of a file without rows, whose format has no header either."""
    return Plan({name: [] for name in mapped.all_fields}, [], dict.fromkeys(mapped.keep), {})


def path_literal(path: Path) -> str:
    """A path as SQL text that DuckDB does not take for a pattern."""
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def storable(text: str) -> str:
    """Text that every database can store: bytes that are none, and NUL, are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00").rstrip("\r\n")


def _not_text(text: str) -> str:
    if "\0" in text:
        return "a value holds a NUL byte"
    with suppress(UnicodeEncodeError):
        text.encode("utf-8")
        return ""
    return "a value holds bytes that are not text in the file's encoding"


def _first_record(text: str, delimiter: str) -> tuple[list[str], int]:
    """The first record that is not blank, and the line it ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return next(record for record in reader if record), reader.line_num


def _line_breaks(column: str) -> str:
    breaks = f"strlen({column}) - strlen(replace({column}, chr(10), ''))"
    return f"case when contains({column}, chr(10)) then {breaks} else 0 end"


def _written_bytes(cells: list[str], *, may_be_quoted: bool) -> str:
    """SQL for the bytes that the cells of a row take in the file, but for the quotes, line ends and carriage returns
    that `Scan` counts over the whole file."""
    if not may_be_quoted:
        return " + ".join(f"coalesce(strlen({cell}), 0)" for cell in cells)
    row = f"concat({', '.join(cells)})"
    counted = " or ".join(f"contains({row}, {letter})" for letter in ("'\"'", "chr(10)", "chr(13)"))
    plain = f"replace(replace(replace({row}, '\"', ''), chr(10), ''), chr(13), '')"
    return f"strlen(case when {counted} then {plain} else {row} end)"


def _next_record(reader: Iterator[list[str]], lines: _Lines) -> list[str]:
    while not (record := next(reader)):
        lines.start_record()
    return record


def _check_recoverable(lines: _Lines, error: csv.Error) -> None:
    if lines.exhausted:
        raise Refusal(
            f"the file is cut off: it ends inside a quoted field of the record that starts on line {lines.first}",
            WHOLE_AGAIN,
        ) from error
    if "field limit" in str(error):
        raise Refusal(
            f"a cell of the record on line {lines.first} is larger than {MAX_LINE >> 20} MB",
            "check for a quote that is never closed",
        ) from error


class _Digits(str):
    """A JSON number, as it is written."""

    __slots__ = ()


def json_objects(text: str) -> list[dict[str, Any]]:
    """The object of a JSON line, or the records of an API's page, which is an object around a list of them.

    Raises:
        ValueError: the line is no JSON object.

    >>> json_objects('{"results": [{"id": "1"}, {"id": "2"}], "paging": {"next": {"after": "3"}}}')
    [{'id': '1'}, {'id': '2'}]
    """
    value = json.loads(text.lstrip("\ufeff"), parse_int=_Digits, parse_float=_Digits, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError("another kind of JSON value")
    for name in PAGE_RECORDS.intersection(value):
        records = value[name]
        if isinstance(records, list) and value.keys() <= PAGE_KEYS and all(isinstance(each, dict) for each in records):
            return records
    return [value]


def flattened(value: dict[str, Any], *, decimal_comma: bool) -> dict[str, str | None]:
    """A JSON object as one level of texts: `{"a": {"b": 1}}` is `a_b`, lists stay JSON.

    >>> flattened({"id": "7", "properties": {"amount": "1.50"}, "tags": ["a", True]}, decimal_comma=False)
    {'id': '7', 'properties_amount': '1.50', 'tags': '["a",true]'}
    """
    row: dict[str, str | None] = {}
    _flatten(value, "", row, decimal_comma)
    return row


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _flatten(value: dict[str, Any], prefix: str, row: dict[str, str | None], decimal_comma: bool) -> None:
    for key, cell in value.items():
        name = f"{prefix}{key}"
        if isinstance(cell, dict):
            _flatten(cell, f"{name}_", row, decimal_comma)
        elif isinstance(cell, _Digits):
            plain = cell.removesuffix(".0")
            row.setdefault(name, plain.replace(".", ",") if decimal_comma else plain)
        elif cell is None or isinstance(cell, str):
            row.setdefault(name, cell or None)
        else:
            row.setdefault(name, _json_text(cell))


def _json_text(value: Any) -> str:
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_json_text, value))}]"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_json_text(item)}" for key, item in value.items())
            + "}"
        )
    return json.dumps(value, ensure_ascii=False)


KINDS: dict[str, Kind] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "hugeint", "decimal"), "number"),
    **dict.fromkeys(("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"), "number"),
    **dict.fromkeys(("date", "timestamp", "timestamp with time zone"), "temporal"),
    **dict.fromkeys(("timestamp_s", "timestamp_ms", "timestamp_ns"), "temporal"),
}


def _parquet_columns(header: str, sql: str, kind: Any) -> Iterator[Column]:
    """A Parquet column as texts; a struct is its members, `outer_inner`."""
    if kind.id == "struct":
        for name, member in kind.children:
            yield from _parquet_columns(f"{header}_{name}", f"struct_extract({sql}, {literal(name)})", member)
    elif kind.id in ("list", "map", "array", "union"):
        yield Column(header, f"cast(to_json({sql}) as varchar)")
    elif kind.id in ("float", "double"):
        whole = f"{sql} = trunc({sql}) and abs({sql}) < 1e15"
        text = f"case when {whole} then cast(cast({sql} as bigint) as varchar) else cast({sql} as varchar) end"
        yield Column(header, text, "number")
    else:
        yield Column(header, f"cast({sql} as varchar)", KINDS.get(kind.id, "text"))
