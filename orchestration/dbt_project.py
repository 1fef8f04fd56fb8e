"""dbt inside this process: the manifest the assets are made of, and a build whose events arrive one by one.

Starting dbt as a program would import it again (seconds) and take the warehouse away from the process that holds it.
Not here: which assets there are (`defs/models.py`).
"""

import hashlib
import json
import os
import queue
import threading
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings

RESULT_EVENTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult", "LogNodeNoOpResult"}
FAILED = {"error", "fail", "runtime error"}
CLOCK = "control.run"


def target_path(settings: Settings) -> Path:
    return settings.home / "dbt"


def manifest(settings: Settings) -> dict[str, Any]:
    """The parsed project as dbt describes it; parsed anew only when a file of it or of the definitions changed."""
    path, stamp = target_path(settings) / "manifest.json", target_path(settings) / "manifest.stamp"
    current = fingerprint(settings)
    if not (path.exists() and stamp.exists() and stamp.read_text() == current):
        result = _invoke(settings, ["parse"], [])
        if not result.success:
            raise HandoffError(
                "The dbt project cannot be parsed.",
                where=str(DBT_PROJECT),
                why=" ".join(str(result.exception).split()),
                remedy="Mend the file that is named, or put back the last version that worked",
            )
        stamp.write_text(current)
    return json.loads(path.read_text())


def timeless(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes whose result does not depend on the run's "now", parents before children."""
    nodes = manifest["nodes"]
    order = TopologicalSorter({name: nodes[name]["depends_on"].get("nodes", ()) for name in nodes}).static_order()
    moving = {name for name in manifest["sources"] if name.endswith(f".{CLOCK}")}
    standing = []
    for name in order:
        if name in nodes and moving.intersection(nodes[name]["depends_on"].get("nodes", ())):
            moving.add(name)
        elif name in nodes and nodes[name]["resource_type"] in ("model", "seed", "snapshot"):
            standing.append(nodes[name])
    return standing


def build(settings: Settings, arguments: list[str]) -> Iterator[dict[str, Any]]:
    """Runs `dbt build` and yields each node's result event, as it happens.

    Raises:
        HandoffError: a model, seed or test failed; the message names it. Raised after the last event.
    """
    events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    results: list[Any] = []

    def work() -> None:
        from google.protobuf.json_format import MessageToDict

        def on_event(event: Any) -> None:
            if event.info.name in RESULT_EVENTS:
                events.put(MessageToDict(event, preserving_proto_field_name=True))

        try:
            results.append(_invoke(settings, ["build", "--exclude-resource-type", "unit_test", *arguments], [on_event]))
        finally:
            events.put(None)

    thread = threading.Thread(target=work, name="dbt", daemon=True)
    thread.start()
    while (event := events.get()) is not None:
        yield event
    thread.join()
    _raise_if_failed(results[0])


def _invoke(settings: Settings, arguments: list[str], callbacks: list[Any]) -> Any:
    from dbt.cli.main import dbtRunner

    os.environ.update(settings.environment())
    _link_own_definitions(settings)
    target = target_path(settings)
    target.mkdir(parents=True, exist_ok=True)
    sources = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    results = ["--target-path", str(target), "--log-path", str(target)]
    flags = ["--log-level", "none", "--log-level-file", "info", "--no-use-colors-file"]
    return dbtRunner(callbacks=callbacks).invoke([*flags, *arguments, *sources, *results])


def _link_own_definitions(settings: Settings) -> None:
    link = DBT_PROJECT / settings.seed_path
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(settings.definitions, target_is_directory=True)


def _raise_if_failed(result: Any) -> None:
    if result.success:
        return
    failed = [node for node in getattr(result.result, "results", None) or [] if str(node.status) in FAILED]
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
    """Changes when a file of the project or of the definitions, or a path in the environment, does."""
    digest = hashlib.sha256(json.dumps([str(CHECKOUT), settings.environment()], sort_keys=True).encode())
    for folder in (DBT_PROJECT, settings.definitions):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not {"target", "logs"} & set(file.relative_to(folder).parts):
                status = file.stat()
                digest.update(f"{file}:{status.st_size}:{status.st_mtime_ns}".encode())
    return digest.hexdigest()
