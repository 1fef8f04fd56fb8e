"""What lies in the landing zone, as one fingerprint, for the sensor. Not here: reading the files (`ingestion`)."""

import hashlib
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path


def landing_state(landing_zone: str, settle: timedelta) -> str | None:
    """A hash of names, sizes and times; None while there is nothing, or something younger than `settle`.

    An `s3://` landing zone has no state here: the schedule covers it.
    """
    folder = Path(landing_zone)
    if "://" in landing_zone or not folder.is_dir():
        return None
    files = []
    for file in sorted(folder.rglob("*")):
        # one may be gone since the folder was listed
        with suppress(FileNotFoundError):
            status = file.stat()
            if stat.S_ISREG(status.st_mode):
                files.append((file, status))
    now = datetime.now(UTC)
    # a file may be dated ahead of this clock
    ages = [now - datetime.fromtimestamp(status.st_mtime, UTC) for _, status in files]
    if not ages or any(timedelta(0) <= age < settle for age in ages):
        return None
    digest = hashlib.sha256()
    for file, status in files:
        digest.update(f"{file.relative_to(folder)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
