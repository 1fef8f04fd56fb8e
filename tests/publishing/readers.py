"""Readers that ask the same question again and again while builds are published, as dashboards do."""

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

PAUSE_SECONDS = 0.005


class Readers:
    """`count` threads that open, ask and remember: how long it took, what failed, and answers of more than one build.

    `ask` returns the build ids of the tables it read, as one tuple.
    """

    def __init__(
        self,
        count: int,
        connect: Callable[[], Any],
        ask: Callable[[Any], tuple[Any, ...] | None],
        errors: type[Exception],
        is_reconnecting: bool = False,
    ) -> None:
        self._connect, self._ask, self._kinds, self._is_reconnecting = connect, ask, errors, is_reconnecting
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(count)]
        self.seconds: list[float] = []
        self.mixed: list[Any] = []
        self.errors: list[str] = []

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def figures(self) -> str:
        """Reads, median and 99th percentile."""
        ordered = sorted(self.seconds)
        return (
            f"{len(ordered):,} reads, median {ordered[len(ordered) // 2] * 1000:.1f} ms, "
            f"p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms"
        )

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                with contextlib.closing(self._connect()) as connection:
                    self._ask_once(connection)
                    while not (self._is_reconnecting or self._stop.is_set()):
                        self._ask_once(connection)
        except self._kinds as error:
            self.errors.append(str(error))

    def _ask_once(self, connection: Any) -> None:
        started = time.perf_counter()
        builds = self._ask(connection)
        self.seconds.append(time.perf_counter() - started)
        if builds is None or len(set(builds)) != 1:
            self.mixed.append(builds)
        self._stop.wait(PAUSE_SECONDS)
