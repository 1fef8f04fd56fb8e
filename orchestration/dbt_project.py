"""dbt inside this process: the manifest the assets are made of, and a build whose events arrive one by one.

Starting dbt as a program would import it again (seconds) and take the warehouse away from the process that holds it.
Not here: which assets there are (`defs/models.py`).
"""

import hashlib
import json
import os
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from handoff import definitions
from handoff.built import Built
from handoff.errors import HandoffError, disk_trouble
from handoff.mending import Mend, Mending, Relation
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings

if TYPE_CHECKING:
    import duckdb
    from dbt.contracts.graph.manifest import Manifest

# the manifest is as `manifest` wrote it, and what came of a node is in Dagster
WITHOUT = ["--exclude-resource-type", "unit_test", "exposure", "saved_query", "--no-write-json"]
TONIGHT = "tonight"
RESULT_EVENTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult", "LogNodeNoOpResult"}
# Of a column that is unique, the rows of a key are asked among themselves: a key's rows name it.
ASK_ROWS = {"unique", "unique_grain", "not_null", "never_null", "accepted_values"}
FAILED = {"error", "fail", "runtime error"}


def target_path(settings: Settings) -> Path:
    return settings.home / "dbt"


def manifest(settings: Settings) -> dict[str, Any]:
    """The parsed project as dbt describes it; parsed anew only when a file of it or of the definitions changed.

    Raises:
        HandoffError: a file of the project cannot be parsed, or there is no room to write what was parsed.
    """
    path, stamp = target_path(settings) / "manifest.json", target_path(settings) / "manifest.stamp"
    current = fingerprint(settings)
    if path.exists() and _for_dbt(settings).exists() and stamp.exists() and stamp.read_text() == current:
        try:
            return json.loads(path.read_text())
        except json.JSONDecodeError:
            stamp.unlink()  # a disk that filled up cut it off
    result = _invoke(settings, ["parse"])
    if not result.success:
        # after an upgrade dbt may hold on to what is gone from the files, as it knows it from the parse before
        result = _invoke(settings, ["--no-partial-parse", "parse"])
    if not result.success:
        raise HandoffError(
            "The dbt project cannot be parsed.",
            where=str(DBT_PROJECT),
            why=" ".join(str(result.exception).split()),
            remedy="Mend the file that is named, or put back the last version that worked",
        )
    try:
        parsed = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise HandoffError(
            "What dbt parsed could not be written whole.",
            where=str(path),
            why=str(error),
            remedy="See whether there is space left on that disk, and run again",
        ) from error
    stamp.write_text(current)
    return parsed


def compiled(target: Path, package_name: str, original_file_path: str) -> Path:
    """Where dbt left the SQL of a model."""
    return target / "compiled" / package_name / original_file_path


def relation(node: Mapping[str, Any]) -> str:
    """Schema and table of a node or source, as `handoff.standing` names them."""
    return f"{node['schema']}.{node.get('identifier') or node['alias']}"


def relations(nodes: Mapping[str, Mapping[str, Any]], *kinds: str) -> list[str]:
    """The relations of the nodes of some kinds; without a kind, of all."""
    return [relation(node) for node in nodes.values() if not kinds or node["resource_type"] in kinds]


def reads(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each table, view and data test with the tables and sources that it reads, through views."""
    edges = []
    for name, node in manifest["nodes"].items():
        own = relation(node) if node["config"]["materialized"] == "view" else _record(name, node)
        if own:
            edges += [(own, parent) for parent in sorted(_tables_under(manifest, node))]
    return edges


def read_mends(manifest: Mapping[str, Any], settings: Settings) -> Mending:
    """How models are mended, by `dbt_project/mends.yml`, and what there is to know of those that they read."""
    said = _mends()
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    relations = {
        node["name"]: Relation(
            node["relation_name"],
            frozenset({relation(node)} if _is_table(node) else _tables_under(manifest, node)),
            said.get(node["name"], {}).get("numbers", ()),
        )
        for node in models
    }
    sources = {
        source["name"]: Relation(source["relation_name"], frozenset({relation(source)}))
        for source in manifest["sources"].values()
    }
    mends = {relation(node): Mend.of(said[node["name"]]) for node in models if "by" in said.get(node["name"], ())}
    return Mending(sources | relations, mends, settings.mend_from_rows)


@cache
def _mends() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DBT_PROJECT / "mends.yml").read_text())
    return found


def untouched(manifest: Mapping[str, Any], moved: Collection[str], made: Collection[str]) -> list[str]:
    """The nodes that nothing which moved comes to, parents first, of those that are on record as made or passed.

    A view stands until its SQL changes, though what it shows moves.
    """
    nodes = manifest["nodes"]
    order = TopologicalSorter({name: nodes[name]["depends_on"].get("nodes", ()) for name in nodes}).static_order()
    reached = {name for name, source in manifest["sources"].items() if relation(source) in moved}
    still = []
    for name in (name for name in order if name in nodes):
        is_known = _record(name, nodes[name]) is None or _record(name, nodes[name]) in made
        if not is_known or reached.intersection(nodes[name]["depends_on"].get("nodes", ())):
            reached.add(name)
        if name not in reached or nodes[name]["config"]["materialized"] == "view":
            still.append(name)
    return still


def _record(name: str, node: Mapping[str, Any]) -> str | None:
    """Under which name `handoff.standing` keeps a node; None for seeds and views, which SQL and definitions make."""
    if node["resource_type"] == "test":
        return name
    return relation(node) if _is_table(node) and node["resource_type"] != "seed" else None


def _is_table(node: Mapping[str, Any]) -> bool:
    made = node["config"]["materialized"]
    return node["resource_type"] in ("model", "snapshot", "seed") and made not in ("view", "ephemeral")


def _tables_under(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name in node["depends_on"].get("nodes", ()):
        parent = manifest["sources"].get(name) or manifest["nodes"][name]
        if name in manifest["sources"] or _is_table(parent):
            found.add(relation(parent))
        else:
            found |= _tables_under(manifest, parent)
    return found


def build(
    settings: Settings,
    arguments: list[str],
    only: Collection[str] | None = None,
    night: "tuple[duckdb.DuckDBPyConnection, Mending] | None" = None,
) -> Iterator[dict[str, Any]]:
    """Starts `dbt build` at once; what is returned yields each node's result event, as it happens.

    `only` are the nodes to build, by their ids, in place of what the arguments select. `night` is the connection of a
    night on DuckDB: what stands is left alone, what can be mended is, and what was made of what is written down
    (`handoff.built`, `handoff.mending`).

    Raises:
        HandoffError: a model, seed or test failed; the message names it. Raised after the last event.
    """
    project = parsed(settings)
    if only is not None:
        # hundreds of names after --select take dbt seconds to find: each is compared with each node
        for name in only:
            project.nodes[name].tags.append(TONIGHT)
        arguments = ["--select", f"tag:{TONIGHT}"]
    events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    results: list[Any] = []
    failures: list[BaseException] = []

    def work() -> None:
        from google.protobuf.json_format import MessageToDict

        def on_event(event: Any) -> None:
            if event.info.name in RESULT_EVENTS:
                events.put(MessageToDict(event, preserving_proto_field_name=True))

        try:
            with _leaving(settings, night):
                results.append(_invoke(settings, ["build", *WITHOUT, *arguments], [on_event], project))
        except BaseException as error:
            failures.append(error)
        finally:
            events.put(None)

    def come() -> Iterator[dict[str, Any]]:
        while (event := events.get()) is not None:
            yield event
        thread.join()
        if failures:
            raise failures[0]
        _raise_if_failed(results[0])

    thread = threading.Thread(target=work, name="dbt", daemon=True)
    thread.start()
    return come()


@contextmanager
def _leaving(settings: Settings, night: "tuple[duckdb.DuckDBPyConnection, Mending] | None") -> Iterator[None]:
    """Lets dbt pass over tables and data tests that stand, before it opens a connection and renders their SQL.

    Of those that it renders it makes anew what cannot be mended, and reports the tests that find something; what came
    of each is written down here. In a materialization, where dbt would have that done, each costs as much as a small
    model.
    """
    from dbt.artifacts.schemas.results import RunStatus, TestStatus
    from dbt.artifacts.schemas.run import RunResult
    from dbt.node_types import NodeType
    from dbt.task.build import BuildTask

    if night is None:
        yield
        return
    con, mends = night
    with con.cursor() as own:
        built = Built(own)
    runners: dict[Any, Any] = {kind: BuildTask.RUNNER_MAP[kind] for kind in (NodeType.Model, NodeType.Test)}

    def stands(node: Any) -> bool:
        if node.config.materialized not in ("table", "incremental", "test"):
            return False
        return built.stands(node.unique_id if node.resource_type == NodeType.Test else f"{node.schema}.{node.alias}")

    def done(node: Any, message: str | None, *, is_test: bool = False) -> Any:
        return RunResult(
            node=node,
            status=TestStatus.Pass if is_test else RunStatus.Success,
            message=message,
            failures=0 if is_test else None,
            timing=[],
            thread_id=threading.current_thread().name,
            execution_time=0.0,
            adapter_response={},
            batch_results=None,
        )

    def asked(test: Any, manifest: Any) -> tuple[str, Callable[[str], str]]:
        node = manifest.nodes[test.attached_node]
        sql = compiled(target_path(settings), node.package_name, node.original_file_path)
        return f"{node.schema}.{node.alias}", lambda _: sql.read_text()

    def leaving(usual: Any) -> Any:
        class Runner(usual):
            def compile_and_execute(self, manifest: Any, ctx: Any) -> Any:
                if not stands(self.node):
                    return super().compile_and_execute(manifest, ctx)
                is_test = self.node.resource_type == NodeType.Test
                return done(self.node, None if is_test else "STANDS", is_test=is_test)

            def execute(self, node: Any, manifest: Any) -> Any:
                with con.cursor() as own:
                    # a connection of its own has the machine's time zone
                    own.execute("set TimeZone = 'UTC'")
                    if node.resource_type == NodeType.Test:
                        # one that finds something dbt asks once more, and reports
                        if passes_on_no_row(node):
                            of = asked(node, manifest) if asks_rows(node) else None
                            if mends.passes(own, built, node.unique_id, node.compiled_code, of):
                                return done(node, None, is_test=True)
                        return super().execute(node, manifest)
                    if node.config.materialized not in ("table", "incremental"):
                        return super().execute(node, manifest)
                    name, is_kept = f"{node.schema}.{node.alias}", node.config.materialized == "incremental"
                    if not is_kept and (changed := mends.mend(own, built, name, node.compiled_code)) is not None:
                        return done(node, f"MENDED {changed} rows")
                    with nullcontext() if is_kept else mends.following(own, name):
                        result = super().execute(node, manifest)
                        built.record_table(own, name, is_kept=is_kept)
                        return result

        return Runner

    BuildTask.RUNNER_MAP.update({kind: leaving(usual) for kind, usual in runners.items()})
    try:
        yield
    finally:
        BuildTask.RUNNER_MAP.update(runners)


def passes_on_no_row(test: Any) -> bool:
    """Whether all that there is to do of a data test that finds no row is to say that it passed."""
    config = test.config
    is_usual = (config.fail_calc, config.warn_if, config.error_if) == ("count(*)", "!= 0", "!= 0")
    return is_usual and not config.store_failures


def asks_rows(test: Any) -> bool:
    """Whether a data test asks each row, or each key's rows, of one model for themselves."""
    of_model = getattr(test, "attached_node", None)
    kind = of_model and test.test_metadata.name
    return kind in ASK_ROWS and test.config.where is None and len(test.depends_on.nodes) == 1


def _for_dbt(settings: Settings) -> Path:
    return target_path(settings) / "partial_parse.msgpack"


def parsed(settings: Settings) -> "Manifest":
    """The project as `manifest` left it, for dbt, which else reads and compares every file of it once more."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    def read() -> Manifest:
        return Manifest.from_msgpack(_for_dbt(settings).read_bytes(), decoder=extended_mashumuro_decoder)

    try:
        project = read()
    except (ValueError, LookupError):
        # a power cut or a disk that filled up cut it off
        _for_dbt(settings).unlink()
        manifest(settings)
        project = read()
    project.build_parent_and_child_maps()
    return project


def _invoke(
    settings: Settings, arguments: list[str], callbacks: Sequence[Any] = (), project: "Manifest | None" = None
) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ.update(settings.environment())
    definitions.link_seeds(settings)
    target = target_path(settings)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    sources = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    results = ["--target-path", str(target), "--log-path", str(target)]
    flags = ["--log-level", "none", "--log-level-file", "info", "--no-use-colors-file"]
    try:
        return dbtRunner(project, callbacks=[*callbacks]).invoke([*flags, *arguments, *sources, *results])
    finally:
        # else it holds the warehouse open as long as this process lives
        DuckDBConnectionManager.close_all_connections()


def _raise_if_failed(result: Any) -> None:
    if result.success:
        return
    failed = [node for node in getattr(result.result, "results", None) or [] if str(node.status) in FAILED]
    # DuckDB may have given up the whole database over it, and then every later message says so
    said = [str(result.exception), *(str(node.message) for node in failed)]
    if trouble := next(filter(None, map(disk_trouble, map(OSError, said))), None):
        raise trouble
    if not failed:
        raise HandoffError(
            "dbt stopped before it built anything.",
            where=str(DBT_PROJECT),
            why=" ".join(str(result.exception).split()),
            remedy="Mend what is named and run again; the published marts are unchanged",
        )
    first = failed[0]
    is_test = first.node.resource_type == "test"
    others = f" (and {len(failed) - 1} more: {', '.join(node.node.name for node in failed[1:6])})" if failed[1:] else ""
    raise HandoffError(
        f"A {'data test' if is_test else 'model'} failed: {first.node.name}{others}.",
        where=f"dbt_project/{first.node.original_file_path}",
        why=" ".join(str(first.message).split()),
        remedy="Look at the run in `make ui`, mend it and run again; the published marts are unchanged",
    )


def fingerprint(settings: Settings) -> str:
    """Changes when a file of the project or of the definitions, where they lie, or dbt's version does."""
    parts = [str(CHECKOUT), settings.seed_path, version("dbt-core"), code(settings)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def code(settings: Settings) -> str:
    """Changes when what the models are made by does: SQL, the Python they call, the definitions."""
    digest = hashlib.sha256()
    for folder in (DBT_PROJECT, settings.definitions, CHECKOUT / "attribution"):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not {"target", "logs", "__pycache__"} & set(file.relative_to(folder).parts):
                status = file.stat()
                digest.update(f"{file}:{status.st_size}:{status.st_mtime_ns}".encode())
    return digest.hexdigest()
