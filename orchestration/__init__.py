"""The only Dagster code: assets, checks, jobs, schedules and sensors as thin adapters around plain functions.

Not here: how files are read (`ingestion`) and judged (`expectations`), what is modelled (`dbt_project`) and how it is
published (`publishing`).
"""
