"""The gate: whether a lead's record is complete, by the agreed rules, and what is held back at the door.

Here: judging delivered versions, quarantine, admission, batches that stop the line, Great Expectations' documents. Not
here: reading files (`ingestion`), what a lead is once it is admitted (`dbt_project`).
"""
