"""The one typed settings object, from the environment and `.env`.

Beside it only what belongs to Dagster and Spark is read from there: DAGSTER_HOME, SPARK_HOME, SPARK_CONF_DIR.
"""

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from handoff.errors import HandoffError

CHECKOUT = Path(__file__).resolve().parent.parent
DBT_PROJECT = CHECKOUT / "dbt_project"
LEAST_MEMORY_KB = 512_000


def _memory(value: str) -> str:
    size = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B", value)
    if not size:
        raise ValueError("write a size with its unit, such as 4GB")
    if float(size[1]) * 1000.0 ** "KMGT".index(size[2]) < LEAST_MEMORY_KB:
        raise ValueError("a night needs 512MB at the least")
    return value


def _postgres(url: SecretStr) -> SecretStr:
    """What the driver says of a wrong address repeats it, password and all: it is said here in other words."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url.get_secret_value())
    except ProgrammingError:
        raise ValueError("write an address such as postgresql://user:password@host:5432/database") from None
    return url


def _moment(value: object) -> object:
    """A time as ISO writes it: a number, which 20260601 is too, would be taken for seconds since 1970."""
    moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    if isinstance(moment, datetime) and not 1970 < moment.year < 2999:
        raise ValueError("name a moment after 1970 and before 2999")
    return moment


def _in_one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("write the addresses in one line, with commas between them")
    return value


def _time_zone(value: str) -> str:
    from zoneinfo import available_timezones

    if value not in available_timezones():
        raise ValueError("write a time zone such as Europe/Berlin")
    return value


def _default_memory_limit() -> str:
    """A quarter of the machine's memory, between 1 and 16 GB: more made no night faster, and Python comes on top."""
    import os

    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{max(1, min(16, total // 2**32))}GB"


class AlertSettings(BaseSettings):
    """Whom alerts reach: read alone where another setting cannot be used, which is then told."""

    model_config = SettingsConfigDict(
        env_prefix="HANDOFF_",
        env_file=CHECKOUT / ".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        # an address of PostgreSQL has a password
        hide_input_in_errors=True,
    )

    alert_slack_webhook_url: SecretStr | None = None
    alert_email: Annotated[str, AfterValidator(_in_one_line)] = ""
    smtp_url: SecretStr | None = None
    ui_port: int = Field(default=3000, ge=1, le=65535)
    dagster_url: str = Field(default_factory=lambda said: f"http://127.0.0.1:{said.get('ui_port', 3000)}")


class Settings(AlertSettings):
    """Where things are and how the night runs.

    `HANDOFF_HOME` holds all state; `HANDOFF_EXTRACTS` is the landing zone (a folder or an `s3://` prefix);
    `HANDOFF_AS_OF` (ISO time; zoneless means UTC) sets "now".
    """

    home: Path = CHECKOUT / ".handoff"
    extracts: str = ""
    sources: Path | None = None
    definitions: Path = DBT_PROJECT / "seeds" / "definitions"
    as_of: Annotated[datetime | None, BeforeValidator(_moment)] = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark_master: str = ""
    spark_warehouse: str = ""
    memory_limit: Annotated[str, AfterValidator(_memory)] = Field(default_factory=_default_memory_limit)
    threads: int = Field(default=2, ge=1, le=256)
    mend_from_rows: int = Field(default=100_000, ge=0, le=10**15)
    postgres_url: Annotated[SecretStr, AfterValidator(_postgres)] | None = None
    schedule: str = "0 2 * * *"
    schedule_timezone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    keep_builds: int = Field(default=3, ge=2, le=1000)
    late_after_hours: int = Field(default=36, ge=1, le=24 * 366 * 100)
    reviews_url: str = ""
    notify_email: Annotated[str, AfterValidator(_in_one_line)] = ""
    slack_webhook_url: SecretStr | None = None

    @cached_property
    def now(self) -> datetime:
        """The run's "now" in UTC, without a zone: `HANDOFF_AS_OF`, else the moment these settings were first asked."""
        moment = self.as_of or datetime.now(UTC)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return moment.replace(microsecond=0)

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def publish(self) -> Path:
        return self.home / "publish"

    @property
    def landing_zone(self) -> str:
        return self.extracts or str(self.home / "extracts")

    @property
    def seed_path(self) -> str:
        """Where dbt finds the definitions, relative to its project: dbt writes what it compiles over an absolute path.

        Definitions of the user's own are linked into the project under this name before dbt starts.
        """
        if self.definitions.expanduser().resolve() == DBT_PROJECT / "seeds" / "definitions":
            return "seeds/definitions"
        return f"seeds/own-{hashlib.sha256(str(self.definitions).encode()).hexdigest()[:12]}"

    def environment(self) -> dict[str, str]:
        """What dbt and MetricFlow read from the environment, as absolute paths."""
        return {
            "HANDOFF_CHECKOUT": str(CHECKOUT),
            "HANDOFF_HOME": str(self.home),
            "HANDOFF_SEEDS": self.seed_path,
            "HANDOFF_THREADS": str(self.threads),
            "HANDOFF_MEMORY_LIMIT": self.memory_limit,
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
            "DBT_PROJECT_DIR": str(DBT_PROJECT),
            "DO_NOT_TRACK": "1",
        }


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        HandoffError: a variable has a value of the wrong kind; the message names it.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "HANDOFF_" + "_".join(str(part) for part in first["loc"]).upper()
        raise HandoffError(
            f"The setting {name} has a value that cannot be used.",
            where="the environment or .env",
            why=str(first["msg"]),
            remedy=f"Correct {name} or unset it.",
        ) from error
    _check_engine(settings)
    _check_mail(settings)
    folders = {"home": settings.home, "definitions": settings.definitions, "sources": settings.sources}
    found: dict[str, Any] = {name: _expanded(name, folder).resolve() for name, folder in folders.items() if folder}
    _check_home(found["home"])
    # one spelling of a file's place, wherever the night is started: by it a file is known again
    if settings.extracts and "://" not in settings.extracts:
        found["extracts"] = str(_expanded("extracts", Path(settings.extracts)).absolute())
    return settings.model_copy(update=found)


def _expanded(name: str, folder: Path) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError as error:
        raise HandoffError(
            f"HANDOFF_{name.upper()} begins with ~ and the name of nobody on this machine.",
            where=str(folder),
            remedy="Write the path out",
        ) from error


def _check_home(home: Path) -> None:
    """A file where the home should be, or a path that cannot be one.

    Raises:
        HandoffError: the path, or what stands above it, is there and no folder; it has a sign that SQLite's addresses
            in Dagster give a meaning to.
    """
    if signs := sorted({*"?%"} & {*str(home)}):
        raise HandoffError(
            "HANDOFF_HOME cannot be used.",
            where=str(home),
            why=f"Dagster keeps its runs below it, and cannot where the path has a {' or a '.join(signs)}",
            remedy="Name a folder without",
        )
    with suppress(OSError):  # what cannot be looked at is told by the one who writes there
        if file := next((each for each in (home, *home.parents) if each.exists() and not each.is_dir()), None):
            raise HandoffError(
                "HANDOFF_HOME is no folder.",
                where=str(home),
                why=f"{file} is a file",
                remedy="Name a folder; it is made where it is missing",
            )


def _check_mail(settings: Settings) -> None:
    """An alert that can never be sent is noticed before it is needed.

    Raises:
        HandoffError: mail is wanted and no mail server is named, or by an address that is none.
    """
    if settings.smtp_url is not None:
        from handoff.messages import mail_server

        mail_server(settings.smtp_url.get_secret_value())
    for name in ("alert_email", "notify_email"):
        if getattr(settings, name) and settings.smtp_url is None:
            raise HandoffError(
                f"HANDOFF_{name.upper()} needs HANDOFF_SMTP_URL, which is not set.",
                where="the environment or .env",
                remedy=f"Set it, such as smtp://user:password@host:587, or unset HANDOFF_{name.upper()}",
            )


def _check_engine(settings: Settings) -> None:
    """What `HANDOFF_ENGINE=spark` needs besides.

    Raises:
        HandoffError: it is not there; the message names it.
    """
    if settings.engine != "spark":
        return
    for name, example in (("spark_master", "spark://host:7077"), ("spark_warehouse", "/mnt/shared/handoff")):
        if not getattr(settings, name):
            raise HandoffError(
                f"HANDOFF_ENGINE=spark needs HANDOFF_{name.upper()}, which is not set.",
                where="the environment or .env",
                remedy=f"Set it, such as {example} (docs/spark.md), or unset HANDOFF_ENGINE",
            )
    if not Path(settings.spark_warehouse).is_absolute():
        raise HandoffError(
            "HANDOFF_SPARK_WAREHOUSE is not the absolute path of a folder.",
            where="the environment or .env",
            why=f"every worker must find the same folder under it, and it is {settings.spark_warehouse}",
            remedy="Name a folder of a file system that all of them share (docs/spark.md)",
        )
    if find_spec("pyspark") is None:
        raise HandoffError(
            "HANDOFF_ENGINE=spark needs PySpark, which is not installed.",
            where="the environment of this checkout",
            remedy="Run `make spark`, or unset HANDOFF_ENGINE",
        )
