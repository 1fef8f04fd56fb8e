"""Faults of the machine: a disk that fills up and a home that cannot be written. Real file systems, not stand-ins."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import run_night
from tests.end_to_end.nights import assert_refused, differences, forget_warehouse, kill_a_night, published

# more than a night asks for before it begins (handoff/warehouse.py)
ROOM_TO_WORK_MB = 120
# what is left once the models of a night have begun: less than its publish takes
ROOM_LEFT_MB = 20


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here (it takes root): {done.stderr.strip()}")


def resize(disk: Path, mb: int) -> None:
    mount("-o", f"remount,size={mb}m", str(disk))


@pytest.fixture
def small_disk(built_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the built home on a file system of its own, with hardly more room than the copy needs."""
    if shutil.which("mount") is None:
        pytest.skip("no small file system can be mounted here: there is no mount command")
    needed = sum(file.lstat().st_size for file in built_home.rglob("*") if file.is_file() and not file.is_symlink())
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", f"size={needed // 2**20 + ROOM_TO_WORK_MB}m", "tmpfs", str(disk))
    try:
        yield Path(shutil.copytree(built_home, disk / "home", symlinks=True))
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_night_does_not_begin_without_room(built_home: Path, sample_extracts: Path, small_disk: Path) -> None:
    before = (small_disk / "warehouse.duckdb").read_bytes()
    (small_disk.parent / "filler").write_bytes(bytes(60 * 2**20))
    assert_refused(run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False), "The disk is full", "MB")
    assert (small_disk / "warehouse.duckdb").read_bytes() == before
    assert differences(published(built_home), published(small_disk)) == []


def test_a_kill_and_a_full_disk_in_a_row_and_the_next_night_ends_as_if_nothing_had_been(
    built_home: Path, sample_extracts: Path, small_disk: Path
) -> None:
    """Each night works in what the one before left of a build from nothing, over a publish of yesterday."""
    disk, log = small_disk.parent, small_disk / "dbt" / "dbt.log"
    before, current = published(small_disk), small_disk / "publish" / "current"
    build = current.readlink()
    forget_warehouse(small_disk)
    resize(disk, mb=4_096)
    kill_a_night(built_home, sample_extracts, small_disk, 0.5)
    assert differences(before, published(small_disk)) == []
    left = {file.name: file.stat().st_mode & 0o077 for file in small_disk.glob("warehouse.duckdb*")}
    assert left == {"warehouse.duckdb": 0, "warehouse.duckdb.wal": 0}, "DuckDB's log holds what the warehouse does"
    begun = log.stat().st_size
    with ThreadPoolExecutor(max_workers=1) as pool:
        night = pool.submit(run_night, small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False)
        while log.stat().st_size == begun and not night.done():
            time.sleep(0.05)
        # what the night itself frees, such as the half build of the one that was killed, is no room either
        size = 4_096
        while not night.done():
            if (less := shutil.disk_usage(disk).used // 2**20 + ROOM_LEFT_MB) < size:
                size = less
                resize(disk, mb=size)
            time.sleep(0.05)
        done = night.result()
    assert_refused(done, "Make room")
    assert "does not begin" not in done.stderr
    assert differences(before, published(small_disk)) == []
    # on a busy machine the disk may be full only after the publish
    is_told = current.readlink() != build
    resize(disk, mb=4_096)
    done = run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts))
    said = "what killed and failed nights loaded is told by the first that publishes"
    assert ("salesforce/lead" in done.stdout) != is_told, said
    assert differences(before, published(small_disk)) == []


def test_a_home_that_cannot_be_written_is_named_and_readers_read_on(sample_extracts: Path, small_disk: Path) -> None:
    before = published(small_disk)
    mount("-o", "remount,ro", str(small_disk.parent))
    assert_refused(run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False), str(small_disk))
    assert differences(before, published(small_disk)) == []
