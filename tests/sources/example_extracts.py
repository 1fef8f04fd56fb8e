"""Where each file of the example extracts belongs in a landing zone: in folders named as loaders name their tables."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from handoff.settings import CHECKOUT

# Folder of the examples, what the names of its files look like, and the source whose objects they are.
SHAPES = (
    ("salesforce_fivetran", r"seeds/sf_(?P<folder>\w+?)_data\.csv", "salesforce"),
    ("hubspot_fivetran", r"seeds/(?P<folder>\w+?)_data(_databricks|_postgres|_snowflake)?\.csv", "hubspot"),
    ("marketo_fivetran", r"seeds/marketo_(?P<folder>\w+?)_data\.csv", "marketo"),
    ("ads_fivetran", r"seeds/google_ads_(?P<folder>\w+?)_data\.csv", "google_ads"),
    ("ads_fivetran", r"seeds/facebook_ads_(?P<folder>\w+?)_data\.csv", "meta_ads"),
    ("ads_fivetran", r"seeds/linkedin_(?P<folder>\w+?)_data\.csv", "linkedin_ads"),
    ("ads_fivetran", r"seeds/microsoft_ads_(?P<folder>\w+?)_data\.csv", "microsoft_ads"),
    ("ga4", r"fivetran_ga4_(?P<folder>\w+?)_data\.csv", "ga4"),
    ("maven_crm", r"(?P<folder>\w+)\.csv", "maven"),
)
# What lies beside the extracts and is none: where they come from, and what others computed from touches.
NO_EXTRACTS = ("SOURCE.md", ".gitkeep", "ga4_source_categories.csv", "ga4_channel_grouping_expected.csv")
NO_EXTRACTS += ("last_non_direct_input.csv", "last_non_direct_expected.csv")


@dataclass(frozen=True)
class Example:
    """One file and the folder of the landing zone that it belongs into."""

    path: Path
    source: str
    folder: str

    @property
    def place(self) -> str:
        return f"{self.source}/{self.folder}/{self.path.name}"


def examples(shared_data: Path) -> list[Example]:
    """Every file of the example extracts.

    Raises:
        AssertionError: a file is neither an extract nor known to be none.
    """
    found: list[Example] = []
    for path in sorted(each for each in shared_data.rglob("*") if each.is_file() and each.name not in NO_EXTRACTS):
        top, _, below = str(path.relative_to(shared_data)).partition("/")
        places = [
            (source, match["folder"])
            for folder, shape, source in SHAPES
            if folder == top and (match := re.fullmatch(shape, below))
        ]
        assert len(places) == 1, f"{path} belongs to no source, or to several: {places}"
        found.append(Example(path, *places[0]))
    return found


def lay_out(shared_data: Path, landing_zone: Path) -> None:
    """Copies the example files to where a loader would land them."""
    for example in examples(shared_data):
        target = landing_zone / example.place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(example.path, target)


def documented_mapping(source: str) -> str:
    """The mapping of a source as docs/add-a-source.md writes it."""
    text = (CHECKOUT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        if block.startswith(f"source: {source}\n"):
            return str(block)
    raise AssertionError(f"docs/add-a-source.md has no mapping of {source}")
