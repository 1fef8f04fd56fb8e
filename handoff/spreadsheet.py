"""What leaves in a CSV may be opened in a spreadsheet. Not here: writing one."""

# also full width, which spreadsheets set to East Asian languages take for the same
SIGNS = ("=", "+", "-", "@", *"\uff1d\uff0b\uff0d\uff20")


def harmless(text: str) -> str:
    """The text on one line, as one that no spreadsheet takes for a formula: behind a line's end begins another row.

    >>> harmless("one\\r=1+1")
    'one =1+1'
    >>> harmless("=1+1"), harmless(" @x"), harmless("\\uff1d1")[0], harmless("plain")
    ("'=1+1", "' @x", "'", 'plain')
    """
    text = " ".join(text.splitlines())
    is_formula = text.lstrip().startswith(SIGNS) or text.startswith("\t")
    return f"'{text}" if is_formula else text
