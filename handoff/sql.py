"""Names and texts as SQL writes them. Not here: queries."""


def quoted(identifier: str) -> str:
    """The identifier as SQL writes it, whatever characters it has."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as an SQL literal, for statements that take no bound values."""
    return "'" + text.replace("'", "''") + "'"
