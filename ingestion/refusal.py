"""Why a file, or a folder, is not loaded: recorded in the load log, while the other files and sources go on."""


class Refusal(Exception):
    """One file cannot be loaded. `reason` says what is wrong with it, the message also what a person can do."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}{'' if reason.endswith('?') else '.'} What to do: {remedy}.")
