"""What every part of Handoff shares: settings, errors, definitions, the warehouse connection and the command line.

Not here: reading extracts (`ingestion`), judging records (`expectations`), anything of Dagster (`orchestration`).
"""
