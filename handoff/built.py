"""What each table of the warehouse is, which data tests passed, and what either was made of.

`control.built` and `control.made_of` say it from night to night. A build asks and writes it hundreds of times, node by
node, so what it asks is kept in memory beside them. Not here: what follows from it (`standing.py`, `mending.py`).
"""

import hashlib
import uuid

import duckdb

from handoff.warehouse import transaction

# Of a row. Hashed twice: what the last column brings to a hash stands in it as it is, and two rows in which it changed
# alike would look unchanged together.
ROW_HASH = "hash(hash({row}))"
# What a table is, in three numbers that rows which go and come can be taken from and added to.
STATISTICS = f"count(*) as rows, coalesce(bit_xor({ROW_HASH}), 0) as bits, coalesce(sum({ROW_HASH}), 0) as total"


class Built:
    """One per build, after `standing.begin` and `standing.remember_reads`; its threads share it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        reads = "select name, list(parent order by parent) from control.reads group by name"
        self._reads: dict[str, list[str]] = dict(con.execute(reads).fetchall())
        self._contents: dict[str, str] = dict(con.execute("select name, content from control.built").fetchall())
        made = "select name, inputs from control.built where inputs is not null"
        self._inputs: dict[str, str] = dict(con.execute(made).fetchall())

    def inputs(self, name: str) -> str | None:
        """What a table or data test would be made of now, as the view `control.inputs` has it; None where nobody knows
        that of a table which it reads.
        """
        if name not in self._reads:
            return ""
        known = self._known(name)
        if len(known) < len(self._reads[name]):
            return None
        said = " ".join(f"{parent}={content}" for parent, content in known.items())
        return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()

    def stands(self, name: str) -> bool:
        """Whether a table, or a data test that passed, need not be made again: it was made of what is there now."""
        return name in self._inputs and self._inputs[name] == self.inputs(name)

    def record(self, con: duckdb.DuckDBPyConnection, name: str, content: str) -> None:
        """Writes down what a table is, or that a data test passed, and of what."""
        # of what nobody knows is of nothing that there will be
        inputs = self.inputs(name)
        inputs = uuid.uuid4().hex if inputs is None else inputs
        known = self._known(name)
        con.execute("delete from control.built where name = ?", [name])
        con.execute("insert into control.built select ?, ?, ?, as_of from control.run", [name, inputs, content])
        con.execute("delete from control.made_of where name = ?", [name])
        con.execute(
            "insert into control.made_of select ?, unnest(?::varchar[]), unnest(?::varchar[])",
            [name, [*known], [*known.values()]],
        )
        self._contents[name], self._inputs[name] = content, inputs

    def record_table(self, con: duckdb.DuckDBPyConnection, name: str, *, is_kept: bool = False) -> None:
        """Writes down what a table that was made is, and was made of.

        `is_kept`: from night to night; where it is by fingerprints, they say all of a row.
        """
        row = "t"
        if is_kept:
            columns = {column for column, *_ in con.execute(f"describe {name}").fetchall()}
            row = "fingerprint" if "fingerprint" in columns else row
        found = con.execute(f"select {STATISTICS.format(row=row)} from {name} as t").fetchall()
        with transaction(con):
            con.execute("delete from control.mended where name = ?", [name])
            self.record(con, name, "-".join(map(str, found[0])))

    def record_test(self, con: duckdb.DuckDBPyConnection, test: str, *, passed: bool) -> None:
        """Writes down that a data test passed; one that did not is asked again, whatever moves."""
        if passed:
            with transaction(con):
                self.record(con, test, "passed")
        else:
            con.execute("delete from control.built where name = ?", [test])
            self._contents.pop(test, None)
            self._inputs.pop(test, None)

    def _known(self, name: str) -> dict[str, str]:
        """What it reads, in order, and what each of these is."""
        return {parent: self._contents[parent] for parent in self._reads.get(name, ()) if parent in self._contents}
