"""Faults of the machine: a disk that fills up and a home that cannot be written. Real file systems, not stand-ins."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import run_night
from tests.end_to_end.nights import assert_refused, differences, published

# more than a night asks for before it begins (handoff/warehouse.py)
ROOM_TO_WORK_MB = 120
# what somebody else leaves of it once the night has begun
ROOM_LEFT_MB = 30


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here (it takes root): {done.stderr.strip()}")


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


def test_a_full_disk_fails_the_night_and_the_next_one_with_room_ends_as_if_nothing_had_been(
    built_home: Path, sample_extracts: Path, small_disk: Path
) -> None:
    warehouse, filler = small_disk / "warehouse.duckdb", small_disk.parent / "filler"
    warehouse.unlink()
    before = published(small_disk)
    with ThreadPoolExecutor(max_workers=1) as pool:
        night = pool.submit(run_night, small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False)
        while not (warehouse.exists() or night.done()):
            time.sleep(0.05)
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - ROOM_LEFT_MB * 2**20))
        done = night.result()
    assert_refused(done, "The disk is full")
    assert differences(before, published(small_disk)) == []
    filler.unlink()
    mount("-o", "remount,size=4g", str(small_disk.parent))
    run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts))
    assert differences(published(built_home), published(small_disk)) == []


def test_a_home_that_cannot_be_written_is_named_and_readers_read_on(sample_extracts: Path, small_disk: Path) -> None:
    before = published(small_disk)
    mount("-o", "remount,ro", str(small_disk.parent))
    assert_refused(run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False), str(small_disk))
    assert differences(before, published(small_disk)) == []
