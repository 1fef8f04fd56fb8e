"""Files that readers, or a night after a power cut, find whole or not at all."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes a text beside its place and puts it there by one rename."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
