"""What lies in the landing zone: files to read, and what lies where nothing is read. Nothing is moved or changed."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from handoff.errors import HandoffError
from handoff.settings import Settings
from ingestion.readers import CHUNK, storable

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
    """Something that lies where no object's files are expected; `place` is its path below the landing zone.

    It `may_hide_files` where nobody can look: what was found there before may be there still.
    """

    source: str
    object: str
    place: str
    reason: str
    remedy: str = "write a mapping (docs/mapping.md) into the folder HANDOFF_SOURCES names, or move the files"
    may_hide_files: bool = False


@dataclass(frozen=True)
class Landed:
    files: list[LandedFile]
    strays: list[Stray]


def _is_left_alone(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def _visible(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not _is_left_alone(entry.name)), key=lambda entry: entry.name)


class Zone(Protocol):
    """Where the files lie: a folder, or a prefix of an object store."""

    def scan(self) -> Landed:
        """Every file of every object, in the order of their names.

        Raises:
            HandoffError: the zone is missing or cannot be listed.
        """

    def is_unchanged(self, file: LandedFile) -> bool:
        """Whether the file is still the one that was scanned."""

    def fetched(self, file: LandedFile) -> AbstractContextManager[Path]:
        """The file on this machine's disk."""


def open_zone(settings: Settings) -> Zone:
    """The landing zone of the settings.

    Raises:
        HandoffError: it is an address of a kind that is not read.
    """
    place = settings.landing_zone
    if place.startswith("s3://"):
        return ObjectStore(place)
    if "://" in place:
        raise HandoffError(
            "The landing zone is of a kind that is not read.",
            where=shown(place),
            why="only folders and s3:// prefixes are",
            remedy="Set HANDOFF_EXTRACTS to a folder or to s3://bucket/prefix",
        )
    return LocalZone(place)


def look(settings: Settings) -> tuple[Zone, Landed]:
    """The landing zone, and what lies in it.

    Raises:
        HandoffError: it is missing, empty or cannot be listed.
    """
    zone = open_zone(settings)
    landed = zone.scan()
    if not landed.files and not landed.strays:
        raise empty_zone(settings.landing_zone)
    return zone, landed


def _local_fingerprint(stat: os.stat_result) -> str:
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


class LocalZone:
    """A landing zone in a folder of this machine."""

    def __init__(self, root: str) -> None:
        self.root = root

    def scan(self) -> Landed:
        if not os.path.isdir(self.root):
            raise missing_zone(self.root)
        landed = Landed([], [])
        for source in _visible(self.root):
            for object_ in self._below(landed, source):
                for entry in self._below(landed, source, object_):
                    self._take(landed, source, object_, entry)
        return landed

    def _below(self, landed: Landed, *path: os.DirEntry[str]) -> list[os.DirEntry[str]]:
        """What a folder holds; one that is none, or cannot be listed, is a stray, and the others go on."""
        names = [entry.name for entry in path]
        try:
            if path[-1].is_dir():
                return _visible(path[-1].path)
            landed.strays.append(_other(path[-1], *names))
        except OSError as error:
            landed.strays.append(unreadable(error, *names))
        return []

    def _take(self, landed: Landed, *path: os.DirEntry[str]) -> None:
        names = [entry.name for entry in path]
        try:
            if path[-1].is_file():
                source, object_, name = map(storable, names)
                fingerprint = _local_fingerprint(path[-1].stat())
                landed.files.append(LandedFile(source, object_, name, path[-1].path, fingerprint))
            else:
                landed.strays.append(_other(path[-1], *names))
        except OSError as error:
            landed.strays.append(unreadable(error, *names))

    def is_unchanged(self, file: LandedFile) -> bool:
        return _local_fingerprint(os.stat(file.path)) == file.fingerprint

    @contextmanager
    def fetched(self, file: LandedFile) -> Iterator[Path]:
        yield Path(file.path)


class ObjectStore:
    """A landing zone under a prefix of an S3 bucket; address options such as `?endpoint_override=…` are pyarrow's."""

    # An object store knows the second of a change, not the moment: what changed just now may change again unseen.
    FRESH_SECONDS = 60

    def __init__(self, root: str) -> None:
        from pyarrow import fs

        self.root = root
        try:
            self._files, prefix = fs.FileSystem.from_uri(root)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        self._prefix = prefix.rstrip("/")

    def _unreadable(self, error: Exception) -> HandoffError:
        return HandoffError(
            "The landing zone cannot be listed.",
            where=shown(self.root),
            why=str(error).splitlines()[0],
            remedy="Check the bucket, its region (AWS_REGION) and the credentials (AWS_PROFILE or AWS_ACCESS_KEY_ID)",
        )

    def scan(self) -> Landed:
        from pyarrow import fs

        try:
            found = self._files.get_file_info(fs.FileSelector(self._prefix, recursive=True))
        except FileNotFoundError as error:
            raise missing_zone(self.root) from error
        except OSError as error:
            raise self._unreadable(error) from error
        landed = Landed([], [])
        for info in sorted(found, key=lambda info: info.path):
            parts = info.path.removeprefix(f"{self._prefix}/").split("/")
            if info.type != fs.FileType.File or any(_is_left_alone(part) and part != ".." for part in parts):
                continue
            if len(parts) == 3:
                source, object_, name = parts
                landed.files.append(LandedFile(source, object_, name, info.path, self._fingerprint(info)))
            else:
                landed.strays.append(_stray(*parts))
        return landed

    def _fingerprint(self, info: Any) -> str:
        now = time.time_ns()
        fresh = f":{now}" if now - info.mtime_ns < self.FRESH_SECONDS * 10**9 else ""
        return f"{info.size}:{info.mtime_ns}{fresh}"

    def is_unchanged(self, file: LandedFile) -> bool:
        (info,) = self._files.get_file_info([file.path])
        return file.fingerprint.split(":")[:2] == [str(info.size), str(info.mtime_ns)]

    @contextmanager
    def fetched(self, file: LandedFile) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="handoff_landing_") as folder:
            path = Path(folder) / "delivery"
            with self._files.open_input_stream(file.path) as remote, path.open("wb") as local:
                shutil.copyfileobj(remote, local, CHUNK)
            yield path


def _stray(*parts: str) -> Stray:
    """Something that lies elsewhere than `<source>/<object>/<file>`."""
    source, object_ = (*(storable(part) for part in parts[:-1]), "", "")[:2]
    reason = "only files in the folders <source>/<object>/ of the landing zone are read, not what lies above or below"
    return Stray(source, object_, storable("/".join(parts)), reason)


def _other(entry: os.DirEntry[str], *parts: str) -> Stray:
    """What is neither the folder nor the file that belongs here: a link to nothing, or what lies elsewhere."""
    stray = _stray(*parts)
    if not entry.is_symlink() or os.path.exists(entry.path):
        return stray
    reason = f"it is a link to {storable(os.readlink(entry.path))}, and there is nothing"
    remedy = "bring back what it leads to, or remove the link"
    return Stray(stray.source, stray.object, stray.place, reason, remedy, may_hide_files=True)


def unreadable(error: OSError, *parts: str) -> Stray:
    """A folder or file that this user may not read, or whose disk does not answer."""
    stray = _stray(*parts)
    reason = f"it cannot be read ({error.strerror or error})"
    remedy = "check its permissions and where its links lead"
    return Stray(stray.source, stray.object, stray.place, reason, remedy, may_hide_files=True)


def shown(place: str) -> str:
    """An address without its options and credentials.

    >>> shown("s3://key:secret@bucket/prefix?region=eu-central-1")
    's3://bucket/prefix'
    """
    return re.sub("//[^/]*@", "//", place.split("?")[0]) if "://" in place else place


def missing_zone(root: str) -> HandoffError:
    return HandoffError(
        "The landing zone is missing.",
        where=shown(root),
        why="there is nothing at this place",
        remedy="Deliver extracts there as <source>/<object>/<file>, or point HANDOFF_EXTRACTS at where they are",
    )


def empty_zone(root: str) -> HandoffError:
    return HandoffError(
        "The landing zone is empty.",
        where=shown(root),
        why="it holds no file that is ready to be read",
        remedy="Deliver extracts there as <source>/<object>/<file>, or point HANDOFF_EXTRACTS at where they are",
    )
