"""What lies in the landing zone: files to read, and what lies where nothing is read. Nothing is moved or changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handoff.errors import HandoffError
from ingestion.readers import storable

UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True, order=True)
class LandedFile:
    """One file of one object. `fingerprint` changes when the file does, so that an old file need not be read again."""

    source: str
    object: str
    name: str
    path: str
    fingerprint: str


@dataclass(frozen=True, order=True)
class Stray:
    """Something that lies where no object's files are expected; `place` is its path below the landing zone."""

    source: str
    object: str
    place: str
    reason: str


@dataclass(frozen=True)
class Landed:
    files: list[LandedFile]
    strays: list[Stray]


def _is_left_alone(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def _visible(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not _is_left_alone(entry.name)), key=lambda entry: entry.name)


def local_fingerprint(path: str) -> str:
    stat = os.stat(path)
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


class LocalZone:
    """A landing zone in a folder of this machine."""

    def __init__(self, root: str) -> None:
        self.root = root

    def scan(self) -> Landed:
        """Every file of every object, in the order of their names.

        Raises:
            HandoffError: the folder is missing.
        """
        if not os.path.isdir(self.root):
            raise missing_zone(self.root)
        landed = Landed([], [])
        for source in _visible(self.root):
            if not source.is_dir():
                landed.strays.append(_stray_file("", "", source.name))
                continue
            for object_ in _visible(source.path):
                if not object_.is_dir():
                    place = f"{source.name}/{object_.name}"
                    landed.strays.append(_stray_file(source.name, "", place))
                    continue
                self._scan_object(source.name, object_, landed)
        return landed

    def _scan_object(self, source: str, folder: os.DirEntry[str], landed: Landed) -> None:
        for entry in _visible(folder.path):
            if entry.is_file():
                stat = entry.stat()
                fingerprint = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
                names = (storable(source), storable(folder.name), storable(entry.name))
                landed.files.append(LandedFile(*names, entry.path, fingerprint))
            else:
                place = f"{source}/{folder.name}/{entry.name}"
                landed.strays.append(
                    Stray(
                        storable(source),
                        storable(folder.name),
                        storable(place),
                        "only files are read from an object's folder, not what lies in folders below it",
                    )
                )

    def fingerprint(self, file: LandedFile) -> str:
        return local_fingerprint(file.path)

    @contextmanager
    def fetched(self, file: LandedFile) -> Iterator[Path]:
        """The file on this machine's disk."""
        yield Path(file.path)


def _stray_file(source: str, object_: str, place: str) -> Stray:
    reason = "a file outside the folders <source>/<object>/ of the landing zone is not read"
    return Stray(storable(source), storable(object_), storable(place), reason)


def missing_zone(root: str) -> HandoffError:
    return HandoffError(
        "The landing zone is missing.",
        where=root,
        why="there is no such folder",
        remedy="Deliver extracts there as <source>/<object>/<file>, or point HANDOFF_EXTRACTS at where they are",
    )


def empty_zone(root: str) -> HandoffError:
    return HandoffError(
        "The landing zone is empty.",
        where=root,
        why="it holds no file that is ready to be read",
        remedy="Deliver extracts there as <source>/<object>/<file>, or point HANDOFF_EXTRACTS at where they are",
    )
