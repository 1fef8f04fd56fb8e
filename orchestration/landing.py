"""What lies in the landing zone, as one fingerprint, for the sensor. Not here: reading the files (`ingestion`)."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path


def landing_state(landing_zone: str, settle: timedelta) -> str | None:
    """A hash of names, sizes and times; None while there is nothing, or something younger than `settle`.

    An `s3://` landing zone has no state here: the schedule covers it.
    """
    folder = Path(landing_zone)
    if "://" in landing_zone or not folder.is_dir():
        return None
    files = sorted((file, file.stat()) for file in folder.rglob("*") if file.is_file())
    youngest = max((status.st_mtime for _, status in files), default=None)
    if youngest is None or datetime.now(UTC) - datetime.fromtimestamp(youngest, UTC) < settle:
        return None
    digest = hashlib.sha256()
    for file, status in files:
        digest.update(f"{file.relative_to(folder)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
