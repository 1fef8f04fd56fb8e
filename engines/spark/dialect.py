"""DuckDB's SQL as Spark's: sqlglot translates, and each rewrite below mends one construct that it leaves different.

A model is written once, for DuckDB. What a rewrite is for stands in its docstring; what Spark cannot say is refused by
name rather than run as something else.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError

from handoff.errors import HandoffError

LARGE = 24
# money is rounded to two
PLACES_OF_DOUBLES = 6
Rewrite = Callable[[exp.Expression], exp.Expression]

EXACT_INTEGERS = (exp.Literal, exp.Null, exp.Count, exp.Floor, exp.Neg, exp.Boolean)
INTEGERS = {exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT}
UNSIGNED = {"UBIGINT": "bigint", "UINT": "bigint", "USMALLINT": "int", "UTINYINT": "int"}
NARROW = {"SMALLINT": "int", "TINYINT": "int"}
TEXT = {"JSON", "UUID", "ENUM", "TIME", "BIT"}
# what DuckDB's trim takes away: every space of Unicode, and no tab or line end
SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
PARTS_OF_PATTERN = re.compile(r"\\.|(?P<start>\[\^?)(?P<inside>\]?(?:\\.|[^\]\\])*)\]|\)[*+](?![?+])|[.$]", re.DOTALL)
# Java's \s has the vertical tab too, its \b asks of letters beyond ASCII
BLANKS = r"\t\n\f\r "
BETWEEN_WORDS = r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))"
# a day, or a day and a time: a year and a month are moments to Spark too, and so is a day with blanks behind it
MOMENT = r"^\s*[0-9]+([-/])[0-9]+\1[0-9]+([ T][0-9]+:[^/\s]*( [^/]*)?)?\z"
LOCAL_TIME = {"TIMESTAMP", "DATETIME", "TIMESTAMPNTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


def parse(sql: str) -> exp.Expression:
    """A statement of dbt as a tree.

    Raises:
        HandoffError: sqlglot does not know the SQL.
    """
    try:
        return cast(exp.Expression, parse_one(sql, read="duckdb"))
    except SqlglotError as error:
        raise _refused(sql, str(error).splitlines()[0]) from error


def relations(tree: exp.Expression) -> set[str]:
    """The tables that a statement reads, as `schema.table`."""
    return {f"{table.db}.{table.name}".lower() for table in tree.find_all(exp.Table) if table.db}


def to_spark(tree: exp.Expression) -> str:
    """A query for Spark, in which `schema.table` is the view `schema__table` of the session."""
    tree = tree.copy()
    for cte in tree.find_all(exp.CTE):
        cte.set("materialized", None)
    for table in tree.find_all(exp.Table):
        _name_view(table)
    # children first: what a rewrite takes over from a node is then already Spark's
    for node in reversed(list(tree.walk())):
        if isinstance(node, TOUCHED):
            _rewrite(node)
    try:
        return tree.sql(dialect="spark", comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise _refused(tree.sql(dialect="duckdb"), str(error).splitlines()[0]) from error


def fold(tree: exp.Expression, constants: Collection[str], ask: Callable[[str], tuple[Any, str] | None]) -> None:
    """Puts the answers of the night's constants where a query asks for them as scalar subqueries.

    "Now" and the settings stand in nearly every model, nested in each other; Spark plans and runs each as a query of
    its own. `ask` takes the query and returns the value and Spark's type of it, None where it does not stand alone.
    """
    for node in reversed(list(tree.find_all(exp.Subquery))):
        if isinstance(node.parent, (exp.From, exp.Join, exp.In, exp.Query, exp.CTE, type(None))):
            continue
        tables = list(node.find_all(exp.Table))
        if not tables or not all(f"{table.db}.{table.name}".lower() in constants for table in tables):
            continue
        if (answer := ask(to_spark(node.this))) is None:
            continue
        value, kind = answer
        text = str(value).lower() if isinstance(value, bool) else str(value)
        known: exp.Expression = exp.Null() if value is None else exp.Literal.string(text)
        node.replace(exp.Cast(this=known, to=exp.DataType.build(kind, dialect="spark")))


@dataclass(frozen=True)
class Step:
    """A part of a query that becomes a table of its own, as the view `name`."""

    name: str
    query: exp.Expression


def steps(tree: exp.Expression, relation: str) -> tuple[list[Step], exp.Expression]:
    """The common table expressions that had better be made once, in order, and what is left of the query.

    Spark copies an expression into the plan wherever it is named: ten that join themselves in turn are a plan of 1,024.
    A query that grows beyond `LARGE` tables has those made first that are named more than once.
    """
    tree = tree.copy()
    with_ = tree.args.get("with_")
    if with_ is None or _size(tree) <= LARGE:
        return [], tree
    made: list[Step] = []
    for cte in list(with_.expressions):
        named = [table for table in tree.find_all(exp.Table) if not table.db and table.name == cte.alias]
        if len(named) < 2 or not _is_work(_above(tree, cte)):
            continue
        step = Step(f"step__{view_name(relation)}__{cte.alias}", _above(tree, cte))
        made.append(step)
        cte.pop()
        for table in named:
            alias = table.alias or table.name
            table.set("this", exp.to_identifier(step.name))
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    with_.pop()
    return made, _with(tree, with_.expressions)


def _above(tree: exp.Expression, cte: exp.CTE) -> exp.Expression:
    """The query of one common table expression, with those before it that it needs."""
    every = tree.args["with_"].expressions
    return _with(cte.this.copy(), every[: next(place for place, other in enumerate(every) if other is cte)])


def _with(query: exp.Expression, before: Sequence[exp.CTE]) -> exp.Expression:
    """A query with those of the common table expressions that it needs, in their order."""
    needed: set[str] = set()
    looked_at: list[exp.Expression] = [query]
    while looked_at:
        names = {table.name for table in looked_at.pop().find_all(exp.Table) if not table.db}
        for other in before:
            if other.alias in names and other.alias not in needed:
                needed.add(other.alias)
                looked_at.append(other)
    if needed:
        own = query.args.get("with_")
        kept = [other.copy() for other in before if other.alias in needed]
        query.set("with_", exp.With(expressions=[*kept, *(own.expressions if own is not None else [])]))
    return query


def _is_work(query: exp.Expression) -> bool:
    """Whether a query does more than choose rows and columns of one table."""
    return _size(query) > 1 or query.find(exp.Group, exp.Window, exp.Distinct) is not None


def _size(tree: exp.Expression) -> int:
    """How many tables a query reads once each expression stands wherever it is named."""
    sizes: dict[str, int] = {}

    def count(node: exp.Expression, but: exp.Expression | None) -> int:
        tables = list(node.find_all(exp.Table))
        inner = set(map(id, but.find_all(exp.Table))) if but is not None else set()
        return sum(1 if table.db else sizes.get(table.name, 1) for table in tables if id(table) not in inner)

    with_ = tree.args.get("with_")
    for cte in with_.expressions if with_ is not None else []:
        sizes[cte.alias] = count(cte.this, None)
    return count(tree, with_)


def view_name(relation: str) -> str:
    """What the session calls `schema.table`: a temporary view has no schema."""
    return relation.lower().replace(".", "__")


def identifier(name: str) -> str:
    """A name as Spark's SQL quotes it: a header may hold anything."""
    return f"`{name.replace('`', '``')}`"


def spark_type(duckdb_type: str) -> str:
    """The type of a column in Spark and Iceberg that holds every value of DuckDB's type.

    A fingerprint is an unsigned 64-bit hash: Spark has its bits, signed.
    """
    return _type(exp.DataType.build(duckdb_type, dialect="duckdb"))


def typed(query: str, columns: Mapping[str, str]) -> str:
    """The query with each column, by position, as DuckDB names and types it."""
    names = [identifier(name) for name in columns]
    casts = [
        f"cast({name} as {spark_type(kind)}) as {name}" for name, kind in zip(names, columns.values(), strict=True)
    ]
    return f"select {', '.join(casts)} from ({query}) as made ({', '.join(names)})"


def _rewrite(node: exp.Expression) -> None:
    for rewrite in REWRITES:
        made = rewrite(node)
        if made is not node:
            node.replace(made)
            return


def _type(kind: exp.DataType) -> str:
    name = kind.this.value if isinstance(kind.this, exp.DataType.Type) else str(kind.this)
    if name in ("LIST", "ARRAY"):
        return f"array<{_type(kind.expressions[0])}>"
    if name == "STRUCT":
        fields = (f"{field.name}: {_type(field.args['kind'])}" for field in kind.expressions)
        return f"struct<{', '.join(fields)}>"
    if name == "MAP":
        return f"map<{', '.join(_type(part) for part in kind.expressions)}>"
    if name in TEXT:
        return "string"
    if name in LOCAL_TIME:
        return "timestamp_ntz"
    if name == "TIMESTAMPTZ":
        return "timestamp"
    if name in ("INT128", "UINT128"):
        return "decimal(38, 0)"
    return {**UNSIGNED, **NARROW}.get(name) or str(kind.sql(dialect="spark")).lower()


def _name_view(table: exp.Table) -> None:
    if not table.db:
        return
    alias = table.alias or table.name
    name = view_name(f"{table.db}.{table.name}")
    table.set("catalog", None)
    table.set("db", None)
    table.set("this", exp.to_identifier(name))
    if not table.args.get("alias"):
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))


def _double(node: exp.Expression) -> exp.Expression:
    return exp.cast(node, "double", dialect="spark")


def divide_as_doubles(node: exp.Expression) -> exp.Expression:
    """`a / b`: DuckDB divides as doubles, Spark decimals as decimals."""
    if isinstance(node, exp.Div):
        plain = exp.Div(this=_double(node.this), expression=_double(node.expression), typed=False, safe=True)
        return exp.Paren(this=plain)
    return node


def average_doubles(node: exp.Expression) -> exp.Expression:
    """`avg(a)`: of a decimal, Spark's is a decimal."""
    if isinstance(node, exp.Avg):
        node.set("this", _double(node.this))
    return node


def percentile(node: exp.Expression) -> exp.Expression:
    """`percentile_cont(p) within group (order by a)` and `median(a)`: sqlglot writes an approximation."""
    if isinstance(node, exp.Median):
        return exp.Anonymous(this="percentile", expressions=[_double(node.this), exp.Literal.number("0.5")])
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont):
        ordered = node.expression.expressions[0]
        return exp.Anonymous(this="percentile", expressions=[_double(ordered.this), node.this.this])
    return node


def time_zones(node: exp.Expression) -> exp.Expression:
    """`timezone(there, timezone(here, ts))`: a clock's reading, moved between zones."""
    if _is_call(node, "timezone"):
        there, inner = node.expressions
        inner = inner.unnest()
        around = node.find_ancestor(exp.Anonymous, exp.Query)
        if around is not None and _is_call(around, "timezone") and around.expressions[1].unnest() is node:
            return node
        if not _is_call(inner, "timezone"):
            raise _refused(node.sql(dialect="duckdb"), "a timestamp with a zone has no translation")
        here, moment = inner.expressions
        if isinstance(here, exp.Literal) and here.name == "UTC":
            return _moved(here, there, moment)
        # a reading that the clock shows twice: with the offset of a day later, if the clock then shows it, as DuckDB
        day = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("day"))
        tomorrow = exp.Paren(this=exp.Add(this=moment.copy(), expression=day))
        later = exp.Paren(this=exp.Sub(this=_moved(here, there, tomorrow), expression=day.copy()))
        is_shown = exp.EQ(this=_moved(there, here, later), expression=moment.copy())
        return exp.Case(ifs=[exp.If(this=is_shown, true=later.copy())], default=_moved(here, there, moment))
    return node


def _moved(here: exp.Expression, there: exp.Expression, moment: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="convert_timezone", expressions=[here.copy(), there.copy(), moment.copy()])


def microseconds(node: exp.Expression) -> exp.Expression:
    """`epoch_us(ts)`, of a timestamp without a zone, which the session reads as UTC."""
    if _is_call(node, "epoch_us"):
        instant = exp.Cast(this=node.expressions[0], to=exp.DataType.build("timestampltz"))
        return exp.Anonymous(this="unix_micros", expressions=[instant])
    return node


def add_microseconds(node: exp.Expression) -> exp.Expression:
    """`to_microseconds(n)`: an interval of whole seconds and their millionths."""
    if _is_call(node, "to_microseconds"):
        whole = exp.cast(node.expressions[0], "decimal(20, 0)", dialect="spark")
        seconds = exp.cast(
            exp.Paren(this=exp.Mul(this=whole, expression=exp.Literal.number("0.000001"))),
            "decimal(18, 6)",
            dialect="spark",
        )
        none = [exp.Literal.number(0)] * 3
        return exp.Anonymous(this="make_dt_interval", expressions=[*(zero.copy() for zero in none), seconds])
    return node


def whole_match(node: exp.Expression) -> exp.Expression:
    """`regexp_full_match(text, pattern, options)`: RE2 there, Java's expressions here, whose i is ASCII's without u."""
    if isinstance(node, exp.RegexpFullMatch):
        options = node.args.get("options")
        flags = options.name if options is not None else ""
        start = f"(?{flags}u)^(?:" if flags else "^(?:"
        if isinstance(node.expression, exp.Literal):
            pattern: exp.Expression = exp.Literal.string(java_pattern(node.expression.name, is_any="s" in flags))
        else:
            # of the definitions, where what else Java reads otherwise is refused
            boundary = exp.Literal.string(r"(?<!\\)((?:\\\\)*)\\b")
            ascii_alone = exp.Literal.string("$1" + BETWEEN_WORDS.replace("\\", r"\\"))
            pattern = exp.Anonymous(this="regexp_replace", expressions=[node.expression, boundary, ascii_alone])
        parts = [exp.Literal.string(start), pattern, exp.Literal.string(")\\z")]
        return exp.RegexpLike(this=node.this, expression=exp.Anonymous(this="concat", expressions=parts))
    return node


def part_of_text(node: exp.Expression) -> exp.Expression:
    """`regexp_extract(text, pattern, group)`, `regexp_extract_all(…)`."""
    if isinstance(node, (exp.RegexpExtract, exp.RegexpExtractAll)):
        if not isinstance(node.expression, exp.Literal):
            raise _refused(node.sql(dialect="duckdb"), "a part is found by a pattern that stands in the query")
        node.set("expression", exp.Literal.string(java_pattern(node.expression.name)))
    return node


def java_pattern(pattern: str, *, is_any: bool = False) -> str:
    """A pattern of RE2 for Java, in which `.` is any character where `is_any`, else any but a line feed.

    Java recurses for each round of a repeated group, and a long text overflows its stack. So a group that is repeated
    gives nothing back (`(…)*+`): what follows it must not begin as a round of it may.
    """
    outside = {".": "." if is_any else r"[^\n]", "$": r"\z", r"\s": f"[{BLANKS}]", r"\b": BETWEEN_WORDS}
    outside |= {")*": ")*+", ")+": ")++"}
    inside = {"[": r"\[", "]": r"\]", "&": r"\&", r"\s": BLANKS}

    def java(part: re.Match[str]) -> str:
        if part["inside"] is None:
            return outside.get(part[0], part[0])
        among = re.sub(r"\\.|[\[\]&]", lambda found: inside.get(found[0], found[0]), part["inside"])
        return f"{part['start']}{among}]"

    return PARTS_OF_PATTERN.sub(java, pattern)


def trimmed(node: exp.Expression) -> exp.Expression:
    """`trim(text)`, `ltrim(text)`, `rtrim(text)`: to Spark, a space is U+0020 alone."""
    if isinstance(node, exp.Trim) and node.args.get("expression") is None:
        node.set("expression", exp.Literal.string(SPACES))
        if not node.args.get("position"):
            node.set("position", "BOTH")
    return node


def lowered(node: exp.Expression) -> exp.Expression:
    """`lower(text)`: Java makes two letters of İ, and ς of the Σ that ends a word."""
    if isinstance(node, exp.Lower) and not isinstance(node.this, exp.Literal):
        simple = [node.this, exp.Literal.string("İΣ"), exp.Literal.string("iσ")]
        node.set("this", exp.Anonymous(this="translate", expressions=simple))
    return node


def iso_weekday(node: exp.Expression) -> exp.Expression:
    """`extract('isodow' from day)`: Monday is 1."""
    if isinstance(node, exp.Extract) and node.name.lower() == "isodow":
        weekday = exp.Anonymous(this="weekday", expressions=[node.expression])
        return exp.Paren(this=exp.Add(this=weekday, expression=exp.Literal.number(1)))
    return node


def overlap(node: exp.Expression) -> exp.Expression:
    """`list_has_any(a, b)`."""
    if isinstance(node, exp.ArrayOverlaps):
        return exp.Anonymous(this="arrays_overlap", expressions=[node.this, node.expression])
    return node


def any_true(node: exp.Expression) -> exp.Expression:
    """`list_bool_or(list)`."""
    if _is_call(node, "list_bool_or"):
        found = exp.Lambda(this=exp.to_identifier("found"), expressions=[exp.to_identifier("found")])
        return exp.Anonymous(this="exists", expressions=[node.expressions[0], found])
    return node


def days(node: exp.Expression) -> exp.Expression:
    """`cast(unnest(generate_series(a, b, …)) as date)`: a generator may not be nested, so the cast goes inside."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Explode) and node.to.is_type("date"):
        series = node.this.this
        if isinstance(series, exp.GenerateSeries):
            bounds = [exp.cast(series.args[end], "date", dialect="spark") for end in ("start", "end")]
            sequence = exp.Anonymous(this="sequence", expressions=[*bounds, series.args["step"]])
            # no days, where Spark would fail
            is_some = exp.LTE(this=bounds[0].copy(), expression=bounds[1].copy())
            return exp.Explode(this=exp.Case(ifs=[exp.If(this=is_some, true=sequence)]))
    return node


def day_difference(node: exp.Expression) -> exp.Expression:
    """`date_diff('day', a, b)` counts midnights; Spark's with a unit counts whole days."""
    if isinstance(node, exp.DateDiff):
        if node.text("unit").lower() != "day":
            raise _refused(node.sql(dialect="duckdb"), "date_diff is translated for days alone")
        dates = [exp.cast(side, "date", dialect="spark") for side in (node.this, node.expression)]
        return exp.Anonymous(this="datediff", expressions=dates)
    return node


def ordered_text(node: exp.Expression) -> exp.Expression:
    """`string_agg(text, separator order by key)`: Spark 3.5 has no ordered aggregate, so a list is sorted."""
    if not isinstance(node, exp.GroupConcat):
        return node
    ordered = node.this if isinstance(node.this, exp.Order) else node.args.get("order")
    if not isinstance(ordered, exp.Order):
        raise _refused(node.sql(dialect="duckdb"), "string_agg is translated with an order alone")
    text = ordered.this or node.this
    listed = _sorted(text, ordered)
    separator = node.args.get("separator") or exp.Literal.string(",")
    texts = exp.Dot(this=listed, expression=exp.to_identifier("value"))
    return _where_any(text, exp.Anonymous(this="array_join", expressions=[texts, separator]))


def ordered_sum(node: exp.Expression) -> exp.Expression:
    """`sum(a order by key)`: doubles added in one order, so that the last digit is the same every night."""
    if not (isinstance(node, exp.Sum) and isinstance(node.this, exp.Order)):
        return node
    value = node.this.this
    listed = _sorted(value, node.this)
    total, part = exp.to_identifier("total"), exp.to_identifier("part")
    added = exp.Add(this=total, expression=_double(exp.Dot(this=part, expression=exp.to_identifier("value"))))
    step = exp.Lambda(this=added, expressions=[total.copy(), part.copy()])
    start = _double(exp.Literal.number(0))
    return _where_any(value, exp.Anonymous(this="aggregate", expressions=[listed, start, step]))


def _sorted(value: exp.Expression, ordered: exp.Order) -> exp.Expression:
    """The values that are not null as `value` of a list of structs in an ascending order."""
    if any(key.args.get("desc") for key in ordered.expressions):
        raise _refused(ordered.sql(dialect="duckdb"), "an aggregate's order is translated where it ascends")
    # nulls come last in DuckDB, first in a sorted list
    keys = [key.this for key in ordered.expressions]
    sort = [part for key in keys for part in (exp.Is(this=key.copy(), expression=exp.Null()), key)]
    named = [(f"key_{number}", part) for number, part in enumerate(sort)] + [("value", value)]
    fields = [part for name, field in named for part in (exp.Literal.string(name), field)]
    struct = exp.Anonymous(this="named_struct", expressions=fields)
    is_there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    listed = exp.Anonymous(this="collect_list", expressions=[exp.Case(ifs=[exp.If(this=is_there, true=struct)])])
    return exp.Anonymous(this="sort_array", expressions=[listed])


def _where_any(value: exp.Expression, made: exp.Expression) -> exp.Expression:
    """Null where no value of the group is there."""
    is_some = exp.GT(this=exp.Count(this=value.copy()), expression=exp.Literal.number(0))
    return exp.Case(ifs=[exp.If(this=is_some, true=made)])


def fingerprint(node: exp.Expression) -> exp.Expression:
    """`hash(a, b)`: another hash, of the columns and of which are null, since Spark's skips nulls."""
    if _is_call(node, "hash"):
        parts = [
            part for column in node.expressions for part in (column, exp.Is(this=column.copy(), expression=exp.Null()))
        ]
        return exp.Anonymous(this="xxhash64", expressions=parts)
    return node


def first_by(node: exp.Expression) -> exp.Expression:
    """`arg_min(a, b)`, `arg_max(a, b)`: DuckDB passes over rows whose a is null."""
    if isinstance(node, (exp.ArgMin, exp.ArgMax)):
        is_there = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
        node.set("expression", exp.Case(ifs=[exp.If(this=is_there, true=node.expression)]))
    return node


def stop(node: exp.Expression) -> exp.Expression:
    """`error(message)`: fails the query."""
    if _is_call(node, "error"):
        return exp.Anonymous(this="raise_error", expressions=node.expressions)
    return node


def json(node: exp.Expression) -> exp.Expression:
    """`json_valid`, `json_type(…) = 'OBJECT'`, and a path that is put together from texts."""
    if _is_call(node, "json_valid"):
        whole = exp.Anonymous(this="get_json_object", expressions=[node.expressions[0], exp.Literal.string("$")])
        return exp.Paren(this=exp.Not(this=exp.Is(this=whole, expression=exp.Null())))
    if isinstance(node, exp.JSONType):
        whole = exp.Anonymous(this="get_json_object", expressions=[node.this, exp.Literal.string("$")])
        is_object = exp.Like(this=whole, expression=exp.Literal.string("{%"))
        is_other = exp.Not(this=exp.Is(this=whole.copy(), expression=exp.Null()))
        answers = {"OBJECT": is_object, "ANOTHER": is_other}
        return exp.Case(ifs=[exp.If(this=test, true=exp.Literal.string(name)) for name, test in answers.items()])
    if isinstance(node, exp.JSONExtractScalar) and not isinstance(node.expression, exp.JSONPath):
        members = exp.Anonymous(this="from_json", expressions=[node.this, exp.Literal.string("map<string,string>")])
        return exp.Anonymous(this="element_at", expressions=[members, _named(node.expression)])
    return node


def _named(path: exp.Expression) -> exp.Expression:
    """The name in `'/' || replace(replace(name, '~', '~0'), '/', '~1')`: Spark's paths cannot write ' or ?."""
    pointer = path.unnest()
    if isinstance(pointer, exp.DPipe) and (found := pointer.find(exp.Replace)) and isinstance(found.this, exp.Replace):
        name = cast(exp.Expression, found.this.this)
        is_whole = f"'/' || REPLACE(REPLACE({name.sql(dialect='duckdb')}, '~', '~0'), '/', '~1')"
        if pointer.sql(dialect="duckdb") == is_whole:
            return name
    raise _refused(path.sql(dialect="duckdb"), "a path that is put together is translated where it is one name")


def rounded_integer(node: exp.Expression) -> exp.Expression:
    """`cast(a as bigint)`: DuckDB rounds to the next integer, Spark cuts off."""
    if isinstance(node, exp.Cast) and node.to.this in INTEGERS and not _is_whole(node.this):
        # by way of a decimal, which everything that can be an integer can be, truth and text included
        exact = exp.cast(node.this, "decimal(38, 9)", dialect="spark")
        node.set("this", exp.Anonymous(this="round", expressions=[exact]))
    return node


def distinct(node: exp.Expression) -> exp.Expression:
    """`select … group by 1, 2` of every column: Spark does not find a grouped scalar subquery again."""
    if isinstance(node, exp.Select) and (group := node.args.get("group")) is not None:
        by = {key.name for key in group.expressions if isinstance(key, exp.Literal)}
        if by == {str(number + 1) for number in range(len(node.expressions))} and not node.args.get("having"):
            node.set("group", None)
            node.set("distinct", exp.Distinct())
    return node


def rounded_double(node: exp.Expression) -> exp.Expression:
    """`round(a, 6)`: DuckDB rounds the product with a million, Spark the digits that it would print of a.

    What lies half way falls to other sides then. Of decimals, which have few places, both are exact.
    """
    places = node.args.get("decimals") if isinstance(node, exp.Round) else None
    if isinstance(places, exp.Literal) and places.name.isdigit() and int(places.name) >= PLACES_OF_DOUBLES:
        power = _double(exp.Literal.number(f"1e{places.name}"))
        product = exp.Mul(this=_double(exp.Paren(this=node.this)), expression=power)
        whole = exp.Anonymous(this="round", expressions=[product])
        return exp.Paren(this=exp.Div(this=whole, expression=power.copy(), typed=False, safe=True))
    return node


def number_of_text(node: exp.Expression) -> exp.Expression:
    """`try_cast(text as double)`: to Java, 1d, 1f and 0x1p3 are numbers, and 1_000 is none."""
    if type(node) is exp.TryCast and node.to.is_type("double") and not isinstance(node.this, exp.Literal):
        text = exp.cast(node.this.copy(), "string", dialect="spark")
        is_java = exp.RegexpLike(this=text, expression=exp.Literal.string("[0-9.][dDfF]\\s*$|[xX]"))
        grouped = [text.copy(), exp.Literal.string("(?<=[0-9])_(?=[0-9])"), exp.Literal.string("")]
        node = node.copy()
        node.set("this", exp.Anonymous(this="regexp_replace", expressions=grouped))
        return exp.Case(ifs=[exp.If(this=exp.Not(this=is_java), true=node)], default=None)
    return node


def moment_of_text(node: exp.Expression) -> exp.Expression:
    """`try_cast(text as timestamp)`: to Spark, a year or a month is a moment too, and 2026/05/01 is none."""
    if type(node) is exp.TryCast and node.to.is_type(*LOCAL_TIME) and not isinstance(node.this, exp.Literal):
        text = exp.cast(node.this.copy(), "string", dialect="spark")
        is_moment = exp.RegexpLike(this=text, expression=exp.Literal.string(MOMENT))
        slashes = [text.copy(), exp.Literal.string("/"), exp.Literal.string("-")]
        node = node.copy()
        node.set("this", exp.Anonymous(this="replace", expressions=slashes))
        return exp.Case(ifs=[exp.If(this=is_moment, true=node)], default=None)
    return node


def text_of_zero(node: exp.Expression) -> exp.Expression:
    """`cast(number as text)`: to Java, a zero of nine places is 0E-9.

    What type a column has, Spark knows as it plans, and forgets the rest.
    """
    is_text = type(node) is exp.Cast and node.to.is_type("text", "varchar")
    if not (is_text and isinstance(node.this, exp.Column)) or node.find_ancestor(exp.Lambda):
        return node
    kind = exp.Anonymous(this="typeof", expressions=[node.this.copy()])
    is_decimal = exp.Like(this=kind, expression=exp.Literal.string("decimal%"))
    is_zero = exp.Like(this=node.copy(), expression=exp.Literal.string("0E-%"))
    places = exp.Anonymous(this="substr", expressions=[node.copy(), exp.Literal.number(4)])
    zeros = exp.Anonymous(
        this="repeat", expressions=[exp.Literal.string("0"), exp.cast(places, "int", dialect="spark")]
    )
    zero = exp.Anonymous(this="concat", expressions=[exp.Literal.string("0."), zeros])
    return exp.Case(ifs=[exp.If(this=exp.And(this=is_decimal, expression=is_zero), true=zero)], default=node.copy())


REWRITES: tuple[Rewrite, ...] = (
    days,
    rounded_integer,
    divide_as_doubles,
    average_doubles,
    percentile,
    time_zones,
    microseconds,
    add_microseconds,
    whole_match,
    part_of_text,
    trimmed,
    lowered,
    iso_weekday,
    overlap,
    any_true,
    day_difference,
    ordered_text,
    ordered_sum,
    fingerprint,
    first_by,
    stop,
    json,
    number_of_text,
    moment_of_text,
    text_of_zero,
    rounded_double,
    distinct,
)
TOUCHED = (
    exp.Anonymous,
    exp.ArgMax,
    exp.ArgMin,
    exp.ArrayOverlaps,
    exp.Avg,
    exp.Cast,
    exp.DateDiff,
    exp.Div,
    exp.Extract,
    exp.GroupConcat,
    exp.JSONExtractScalar,
    exp.JSONType,
    exp.Lower,
    exp.Median,
    exp.RegexpExtract,
    exp.RegexpExtractAll,
    exp.RegexpFullMatch,
    exp.Round,
    exp.Select,
    exp.Sum,
    exp.Trim,
    exp.WithinGroup,
)


def _is_call(node: object, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == name


def _is_whole(node: exp.Expression) -> bool:
    """Whether a value is an integer whatever the columns are."""
    inner = node.unnest()
    if isinstance(inner, exp.Sum):
        return _is_whole(inner.this)
    if isinstance(inner, exp.Coalesce):
        return all(_is_whole(part) for part in (inner.this, *inner.expressions))
    if isinstance(inner, exp.Case):
        results = [branch.args["true"] for branch in inner.args["ifs"]]
        default = inner.args.get("default")
        return all(_is_whole(part) for part in (*results, *([default] if default is not None else [])))
    return isinstance(inner, EXACT_INTEGERS)


def _refused(sql: str, why: str) -> HandoffError:
    return HandoffError(
        "A statement has no translation into Spark's SQL.",
        where=" ".join(sql.split())[:300],
        why=why,
        remedy="Write it otherwise, or add a rewrite in engines/spark/dialect.py",
    )
