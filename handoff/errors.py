"""Errors a person must act on. Each says what, where, why and what to do, in one paragraph."""


class HandoffError(Exception):
    """A failure with a remedy: shown as one paragraph, without a traceback, exit code 1.

    >>> str(HandoffError("The warehouse is busy.", where="/x/warehouse.duckdb", why="pid 7 holds it", remedy="Wait."))
    'The warehouse is busy. Where: /x/warehouse.duckdb. Why: pid 7 holds it. What to do: Wait.'
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what, self.where, self.why, self.remedy = what, where, why, remedy
        labelled = (("Where", where), ("Why", why), ("What to do", remedy))
        super().__init__(" ".join([what, *(f"{label}: {text.rstrip('.')}." for label, text in labelled if text)]))
