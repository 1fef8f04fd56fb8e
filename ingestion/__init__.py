"""Extract files into raw tables: mappings, readers, the landing zone and the load log.

Not here: judging records (`expectations`), the meaning of values (dbt and the definitions), anything of Dagster.
"""
