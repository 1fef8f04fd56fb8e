"""The review pages: one report per meeting, the same for marketing and sales, as a static site.

Here: reading the published review tables, wording findings, charts, HTML, sending. Not here: computing a metric
(`dbt_project/models/marts`), when the pages are made (`orchestration`).
"""
