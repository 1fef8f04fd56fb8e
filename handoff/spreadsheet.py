"""What leaves in a CSV may be opened in a spreadsheet. Not here: writing one."""


def harmless(text: str) -> str:
    """The text, as one that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless(" @x"), harmless("plain")
    ("'=1+1", "' @x", 'plain')
    """
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
