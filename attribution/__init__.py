"""Attribution by game and chain: pure functions from counts of paths to credit per channel.

Not here: reading touches or opportunities, dividing money (dbt models do both in SQL), anything of dbt or Dagster.
"""
