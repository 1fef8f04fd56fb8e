"""The mapping file of a source: its schema, its checks and where it is found. The reference is docs/mapping.md.

A mapping says which column is which field. It holds no rules about records: completeness, stages and sources are
definitions.
"""

import codecs
import hashlib
import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from handoff.errors import HandoffError
from handoff.settings import Settings
from ingestion.entities import BOOKKEEPING_COLUMNS, CUSTOM, ENTITIES, KEY_FIELDS, FieldType

SHIPPED = Path(__file__).resolve().parent / "sources"
# Names as near to an object's as this are that name, mistyped.
MISTYPED = 0.9
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
EPOCHS = ("epoch_s", "epoch_ms", "epoch_us")
# What of a format says a part of the day; %c and %x are whole days, %j is the day of the year.
PARTS_OF_A_DAY = {"year": set("yYcx"), "month": set("mbBjcx"), "day": set("djcx")}
FORMATTED: tuple[FieldType, ...] = ("timestamp", "date")
NUMERIC: tuple[FieldType, ...] = ("amount", "number", "float", "integer")
# Part of every mapping's hash: a reader that types values differently reloads what an older one loaded.
READER_VERSION = "7"
MAX_DEPTH = 8
# Anchors may name each other until a short file stands for more than a machine holds.
MAX_NODES = 100_000

Lines = dict[tuple[str, ...], int]
Problems = Iterator[tuple[tuple[str, ...], str]]


class MappingError(HandoffError):
    """A mapping file that contradicts the schema, with every problem found in it."""

    def __init__(self, path: Path, problems: list[tuple[int, str]]) -> None:
        self.problems = sorted(set(problems))
        line, why = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(
            "A mapping file is wrong, so nothing was loaded.",
            where=f"{path}, line {line}",
            why=f"{why}{more}",
            remedy=f"Correct the line and run `.venv/bin/python -m ingestion check {path}`; see docs/mapping.md",
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Texts = Annotated[tuple[str, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class FieldMapping(_Strict):
    """Where one field comes from. Exactly one of `column`, `coalesce` and `concat` names headers."""

    column: Texts = ()
    coalesce: Texts = ()
    concat: Texts = ()
    separator: str = " "
    type: FieldType | None = None
    format: Texts = ()
    required: bool = False
    default: str | None = None
    strip: Texts = ()
    multiply: Decimal | None = None

    @model_validator(mode="after")
    def _one_kind_of_columns(self) -> "FieldMapping":
        named = [kind for kind in ("column", "coalesce", "concat") if getattr(self, kind)]
        if len(named) != 1:
            raise ValueError("name the header with exactly one of column, coalesce, concat")
        if any(not normalised(header) for header in self.headers):
            raise ValueError("a header name is empty")
        return self

    @field_validator("multiply")
    @classmethod
    def _multiplier(cls, value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        whole = value == value.to_integral_value() and 0 < abs(value) < 10**10
        part = value.is_finite() and 0 < abs(value) < 10 and -int(value.normalize().as_tuple().exponent) <= 9
        if not (whole or part):
            raise ValueError("multiply by a whole number below 10 billion or by a fraction such as 0.000001")
        return value

    @property
    def headers(self) -> tuple[str, ...]:
        return self.column or self.coalesce or self.concat


class _Dialect(_Strict):
    """What may stand on the source and again, to override it, on an object."""

    timezone: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal_comma: bool | None = None
    nulls: Texts | None = None
    date_format: Texts | None = None
    id_format: Literal["salesforce"] | None = None
    header_prefixes: Texts | None = None

    @field_validator("date_format")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if value is None else _checked_formats(value)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; write an IANA name such as Europe/Berlin")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            "".encode(name := codecs.lookup(value).name)
        except LookupError as error:
            raise ValueError(f"{value!r} is no text encoding; write utf-8, latin-1, cp1252, utf-16 …") from error
        return name

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        value = "\t" if value in ("tab", "\\t") else value
        if value is not None and (len(value) != 1 or value in '"\r\n' or ord(value) > 127):
            raise ValueError("delimiter is one character, such as ';', or the word tab")
        return value


class ObjectMapping(_Dialect):
    entity: str
    folders: Texts = ()
    snapshot: bool = False
    version: FieldMapping | None = None
    key: Texts = ()
    fields: dict[str, FieldMapping] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    keep: Texts = ()
    _day_timezone: str = PrivateAttr(default="UTC")

    @property
    def day_timezone(self) -> str:
        """Where a day without time begins: the reporting time zone of the definitions, not the source's."""
        return self._day_timezone

    @field_validator("version", mode="before")
    @classmethod
    def _version_columns(cls, value: Any) -> Any:
        if value in ("", [], {}):
            return None
        return {"column": value} if isinstance(value, str | list) else value

    @field_validator("fields", mode="before")
    @classmethod
    def _field_columns(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: {"column": spec} if isinstance(spec, str | list) else spec for name, spec in value.items()}

    @field_validator("entity")
    @classmethod
    def _known_entity(cls, value: str) -> str:
        if value != CUSTOM and value not in ENTITIES:
            raise ValueError(f"{value!r} is no entity{did_you_mean(value, [*ENTITIES, CUSTOM])}")
        return value

    @cached_property
    def all_fields(self) -> dict[str, FieldMapping]:
        """The mapped fields; `key` stands for a native_id joined from its columns."""
        if not self.key:
            return self.fields
        return {"native_id": FieldMapping(concat=self.key, separator="|", required=True), **self.fields}

    @property
    def is_raw_only(self) -> bool:
        """Whether no column of it is mapped: its rows are kept as they come."""
        return self.entity == CUSTOM and not self.all_fields and not self.keep

    @cached_property
    def types(self) -> dict[str, FieldType]:
        """Every field of the raw table with its type: the entity's, then those this mapping declares itself."""
        declared: dict[str, FieldType] = {name: field.type for name, field in self.fields.items() if field.type}
        untyped: dict[str, FieldType] = dict.fromkeys(self.all_fields, "text") if self.entity == CUSTOM else {}
        return {**ENTITIES.get(self.entity, {}), **untyped, **declared}

    @cached_property
    def sha256(self) -> str:
        said = READER_VERSION + self.model_dump_json(exclude={"folders"}) + self._day_timezone.removeprefix("UTC")
        return hashlib.sha256(said.encode()).hexdigest()


class SourceMapping(_Dialect):
    source: str
    timezone: str | None = "UTC"
    encoding: str | None = "utf-8"
    decimal_comma: bool | None = False
    nulls: Texts | None = ()
    header_prefixes: Texts | None = ()
    objects: dict[str, ObjectMapping]
    raw_only: Texts = ()

    @model_validator(mode="after")
    def _objects_inherit(self) -> "SourceMapping":
        """Objects that leave a dialect setting open take the source's, so that an object stands for itself."""
        resolved = {name: self._with_dialect(mapped) for name, mapped in self.objects.items()}
        object.__setattr__(self, "objects", resolved)
        return self

    def _with_dialect(self, mapped: ObjectMapping) -> ObjectMapping:
        own = {name: getattr(self, name) for name in _Dialect.model_fields}
        return mapped.model_copy(
            update={
                setting: value
                for setting, value in own.items()
                if getattr(mapped, setting) is None and value is not None
            }
        )

    def with_days_in(self, timezone: str) -> "SourceMapping":
        """The same mapping, whose days without time begin in a time zone; its files are read anew where that moves."""
        copied = self.model_copy()
        object.__setattr__(copied, "objects", {name: mapped.model_copy() for name, mapped in self.objects.items()})
        for mapped in copied.objects.values():
            mapped.__dict__.pop("sha256", None)
            mapped._day_timezone = timezone
        return copied

    @cached_property
    def _names_by_folder(self) -> dict[str, str]:
        return {folder_key(folder): name for name, mapped in self.objects.items() for folder in (name, *mapped.folders)}

    def object_of(self, folder: str) -> tuple[str, ObjectMapping] | None:
        """The object whose files a folder holds, by its name or the plural of it.

        One under `raw_only` has no fields: its columns stay as they are. What a pattern there would take but is spelled
        all but like an object is none: a mistyped name must not make a source's files count nowhere.
        """
        key = folder_key(folder)
        for each in (key, key.removesuffix("s"), re.sub("ies$", "y", key)):
            if name := self._names_by_folder.get(each):
                return name, self.objects[name]
        name = re.sub("[^a-z0-9]+", "_", folder.casefold()).strip("_")
        key, raw_only = folder_key(name), [folder_key(each) for each in self.raw_only]
        is_mistyped = key not in raw_only and get_close_matches(name, self.objects, n=1, cutoff=MISTYPED)
        if NAME.fullmatch(name) and any(fnmatchcase(key, each) for each in raw_only) and not is_mistyped:
            return name, self._with_dialect(ObjectMapping(entity=CUSTOM))
        return None


def folder_key(folder: str) -> str:
    """The form in which folders are compared: without case, underscores, hyphens and blanks.

    >>> folder_key("OpportunityContactRole") == folder_key("opportunity_contact_role")
    True
    """
    return re.sub("[-_ ]", "", folder.casefold())


def normalised(header: str) -> str:
    """The form in which headers are compared: without case, underscores and surrounding blanks."""
    return header.strip().casefold().replace("_", "")


def did_you_mean(word: str, words: list[str]) -> str:
    close = get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(words))}"


def _checked_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    for text in formats:
        directives = re.findall(r"%-?(.?)", text)
        known = bool(directives) and all(letter and letter in "aAbBdjmyYHIMSfgnpzZcxX%" for letter in directives)
        if text in (*EPOCHS, "iso"):
            continue
        if not known:
            raise ValueError(f"{text!r} is no date format; write %d/%m/%Y, iso, epoch_s, epoch_ms or epoch_us")
        # what a format leaves out is read as 1900 or as the first, which no record says
        if missing := [part for part, letters in PARTS_OF_A_DAY.items() if not letters & set(directives)]:
            raise ValueError(f"{text!r} has no {' and no '.join(missing)}; a date or a timestamp needs them all")
    return formats


def _below(here: tuple[str, ...], problems: Problems) -> Problems:
    return (((*here, *path), why) for path, why in problems)


def _semantic_problems(mapping: SourceMapping) -> Problems:
    """What pydantic cannot see field by field: names that must agree with each other and with the entities."""
    if not NAME.fullmatch(mapping.source):
        yield ("source",), "a source is named in lower case letters, digits and single underscores, as its folder is"
    if not mapping.objects:
        yield ("objects",), "a source has at least one object"
    taken: dict[str, str] = {}
    for name, mapped in mapping.objects.items():
        for folder in (name, *mapped.folders):
            other = taken.setdefault(folder_key(folder), name)
            if other != name:
                yield ("objects", name), f"the folder {folder!r} belongs to the object {other} already"
    for name, mapped in mapping.objects.items():
        here = ("objects", name)
        if not NAME.fullmatch(name):
            yield here, "an object is named in lower case letters, digits and single underscores, as its folder is"
        yield from _below(here, _object_problems(mapped))


def _object_problems(mapped: ObjectMapping) -> Problems:
    canonical = ENTITIES.get(mapped.entity, {})
    for field, spec in mapped.fields.items():
        here = ("fields", field)
        if not NAME.fullmatch(field) or field in BOOKKEEPING_COLUMNS:
            yield (
                here,
                f"{field!r} cannot name a field: lower case letters, digits, single underscores",
            )
        elif mapped.entity != CUSTOM and field not in canonical and spec.type is None:
            hint = did_you_mean(field, list(canonical))
            yield here, f"{field!r} is no field of {mapped.entity}{hint} (a further field needs a type)"
        elif field in canonical and spec.type not in (None, canonical[field]):
            yield (*here, "type"), f"{field} of {mapped.entity} is of type {canonical[field]}, not {spec.type}"
        else:
            yield from _below(here, _field_problems(field, spec, mapped.types[field]))
    if mapped.version and (mapped.version.type or "timestamp") != "timestamp":
        yield ("version", "type"), "a version is a timestamp"
    if mapped.version:
        yield from _below(("version",), _field_problems("version", mapped.version, "timestamp"))
    if mapped.key and "native_id" in mapped.fields:
        yield ("key",), "give the key either as key or as the field native_id, not as both"
    needed = KEY_FIELDS.get(mapped.entity)
    if needed and needed not in mapped.all_fields:
        yield ("entity",), f"a {mapped.entity} needs the field {needed}"
    for field in mapped.values:
        if field not in mapped.all_fields:
            yield ("values", field), f"values are translated for {field!r}, which is not mapped under fields"
    for field in mapped.constants:
        if field in mapped.all_fields:
            yield ("constants", field), f"{field!r} is both mapped and a constant; give the field a default"
        elif field not in mapped.types:
            yield (
                ("constants", field),
                f"{field!r} is no field of {mapped.entity}{did_you_mean(field, [*mapped.types])}",
            )


def _field_problems(field: str, spec: FieldMapping, field_type: FieldType) -> Problems:
    if spec.format:
        try:
            _checked_formats(spec.format)
        except ValueError as error:
            yield ("format",), str(error)
        if field_type not in FORMATTED:
            yield ("format",), f"{field} is of type {field_type}; only dates and timestamps have a format"
    if (spec.strip or spec.multiply is not None) and field_type not in NUMERIC:
        yield (), f"{field} is of type {field_type}; strip and multiply are for numbers"


def _parsed(path: Path) -> tuple[Any, Lines]:
    """The file with every scalar as text, so that `Yes`, `No`, `1` stay as written, and the line of each key."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        why = f"not YAML: {error.problem or error.context}"
        raise MappingError(path, [(mark.line + 1 if mark else 1, why)]) from error
    except yaml.YAMLError as error:
        raise MappingError(path, [(1, f"not YAML: {error}")]) from error
    except UnicodeDecodeError as error:
        raise MappingError(path, [(1, "the file is not UTF-8 text")]) from error
    if node is None:
        raise MappingError(path, [(1, "the file is empty")])
    lines: Lines = {}
    problems: list[tuple[int, str]] = []
    nodes = itertools.count(1)

    def built(node: yaml.Node, here: tuple[str, ...]) -> Any:
        lines.setdefault(here, node.start_mark.line + 1)
        if len(here) > MAX_DEPTH:
            raise MappingError(path, [(node.start_mark.line + 1, "the keys are nested too deeply")])
        if next(nodes) > MAX_NODES:
            raise MappingError(path, [(node.start_mark.line + 1, "its anchors repeat each other too often")])
        if isinstance(node, yaml.MappingNode):
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                lines[(*here, key)] = key_node.start_mark.line + 1
                if key in result:
                    problems.append((key_node.start_mark.line + 1, f"{key!r} stands twice"))
                result[key] = built(value_node, (*here, key))
            return result
        if isinstance(node, yaml.SequenceNode):
            return [built(item, (*here, str(index))) for index, item in enumerate(node.value)]
        return node.value

    data = built(node, ())
    if problems:
        raise MappingError(path, problems)
    return data, lines


def _line_of(lines: Lines, path: tuple[Any, ...]) -> int:
    known = tuple(str(part) for part in path)
    while known not in lines:
        known = known[:-1]
    return lines[known]


def read_mapping(path: Path) -> SourceMapping:
    """The checked mapping of one source.

    Raises:
        MappingError: the file is refused; `problems` lists every line and reason.
    """
    data, lines = _parsed(path)
    if not isinstance(data, dict):
        raise MappingError(path, [(1, "a mapping file starts with `source:` and `objects:`")])
    try:
        mapping = SourceMapping.model_validate(data)
    except ValidationError as error:
        raise MappingError(path, [_plain(problem, lines) for problem in error.errors()]) from error
    problems = [(_line_of(lines, where), why) for where, why in _semantic_problems(mapping)]
    if problems:
        raise MappingError(path, problems)
    return mapping


def _plain(problem: Any, lines: Lines) -> tuple[int, str]:
    where = tuple(str(part) for part in problem["loc"])
    reason = str(problem["msg"]).removeprefix("Value error, ").replace("tuple", "list").replace("dictionary", "mapping")
    if problem["type"] == "extra_forbidden":
        reason = "this key is not known here"
    elif problem["type"] == "missing":
        reason = "this key is missing"
    return _line_of(lines, where), f"{'.'.join(where)}: {reason}"


def mapping_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.y*ml") if not path.name.startswith("."))


def read_folder(folder: Path) -> dict[str, SourceMapping]:
    """The mappings of a folder by source.

    Raises:
        HandoffError: the folder is missing, a file is wrong, or two files describe one source.
    """
    if not folder.is_dir():
        raise HandoffError(
            "The folder of mappings is missing.",
            where=str(folder),
            remedy="Create it, or unset HANDOFF_SOURCES",
        )
    mappings: dict[str, SourceMapping] = {}
    for path in mapping_files(folder):
        mapping = read_mapping(path)
        if mapping.source in mappings:
            raise MappingError(path, [(1, f"source {mapping.source} is already described by another file")])
        mappings[mapping.source] = mapping
    return mappings


@cache
def shipped_mappings() -> dict[str, SourceMapping]:
    """The vendors' mappings by source."""
    return read_folder(SHIPPED)


def is_shipped(source: str, object_: str) -> bool:
    """Whether a shipped mapping describes this object: its raw table has staging models of its own."""
    shipped = shipped_mappings().get(source)
    return shipped is not None and object_ in shipped.objects


def load_mappings(settings: Settings) -> list[SourceMapping]:
    """Shipped mappings, and those of HANDOFF_SOURCES, which replace a shipped one of the same source."""
    own = read_folder(settings.sources) if settings.sources else {}
    return [mapping for _, mapping in sorted({**shipped_mappings(), **own}.items())]
