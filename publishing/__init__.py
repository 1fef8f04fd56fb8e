"""Handing marts to readers: a file with its Parquet folder, and PostgreSQL. A reader sees a whole build, old or new.

Not here: building the marts (`dbt_project`), pages (`reviews`), anything of Dagster.
"""
