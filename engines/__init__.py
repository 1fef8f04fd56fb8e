"""Engines on which the models run, besides DuckDB on this machine. Not here: dbt's events (`orchestration/`)."""
