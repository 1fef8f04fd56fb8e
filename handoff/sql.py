"""Names and texts as SQL writes them. Not here: queries."""

import string

# What may stand around a value that somebody wrote or pasted: with tabs, line ends, and the space that does not break.
BLANKS = " \t\r\n\u00a0"
_LOWERED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(identifier: str) -> str:
    """The identifier as DuckDB compares it with others: of ASCII letters alone the case does not count.

    >>> folded("Straße") == folded("STRAßE"), folded("Ärger") == folded("ärger")
    (True, False)
    """
    return identifier.translate(_LOWERED)


def quoted(identifier: str) -> str:
    """The identifier as SQL writes it, whatever characters it has."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as an SQL literal, for statements that take no bound values."""
    return "'" + text.replace("'", "''") + "'"
