"""Faults of the machine: a disk that fills up and a home that cannot be written. Real file systems, not stand-ins."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import run_night
from tests.end_to_end.nights import assert_refused, differences, published

# more than a night asks for before it begins (handoff/warehouse.py), less than a whole one takes
ROOM_TO_WORK_MB = 120


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


@pytest.mark.heavy
def test_a_full_disk_fails_the_night_and_the_next_one_with_room_ends_as_if_nothing_had_been(
    built_home: Path, sample_extracts: Path, small_disk: Path
) -> None:
    (small_disk / "warehouse.duckdb").unlink()
    filler = small_disk.parent / "filler"
    filler.write_bytes(bytes((built_home / "warehouse.duckdb").stat().st_size * 3 // 4))
    before = published(small_disk)
    done = run_night(small_disk, HANDOFF_EXTRACTS=str(sample_extracts), check=False)
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
