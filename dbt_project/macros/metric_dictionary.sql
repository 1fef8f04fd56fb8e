{% macro metric_dictionary() %}
    {#- Every metric that has one figure a month, in the order of the dictionary: name, label, unit, which direction is
        better, whether months add up (and so are paced by working days), whether it is a cohort rate (and so can be
        immature), its place on the scoreboard (0: not on it), the step of metric_month that computes it, and its formula.
        The marts, the scoreboard and the pages read this list; no other list of metrics exists. -#}
    {{
        return(
            [
                ("shared_revenue", "Shared revenue", "money", "higher", true, false, 1, "closed", "Amount of won opportunities, by close month, whose lead reached SQL and that marketing sourced or influenced."),
                ("pipeline_created", "Pipeline created", "money", "higher", true, false, 2, "created", "Amount of today of qualified opportunities, by the month they were created."),
                ("lead_to_opportunity_rate", "Lead to opportunity rate", "share", "higher", false, true, 3, "cohort", "Leads created in the month that have an opportunity / leads created in the month."),
                ("pipeline_sourced_by_marketing", "Pipeline sourced by marketing", "money", "higher", true, false, 4, "created", "Part of pipeline created whose lead source is a marketing one (where absent or a filler: whose first touch is marketing)."),
                ("speed_to_follow_up", "Speed to follow-up, median", "hours", "lower", false, false, 5, "service", "Median clock hours from first handoff to first response, of answered leads, by the month of the handoff."),
                ("sla_attainment", "SLA attainment", "share", "higher", false, false, 6, "service", "Handed-off leads answered within the SLA in force / handed-off leads answered or whose SLA has lapsed, by the month of the first handoff."),
                ("cost_per_qualified_opportunity", "Cost per qualified opportunity", "money", "lower", false, false, 7, "costs", "Spend of the month / qualified new-business opportunities created in the month."),
                ("win_rate", "Win rate, by count", "share", "higher", false, false, 8, "closed", "New-business opportunities won / won and lost, by close month."),
                ("sales_cycle_days", "Sales cycle, median", "days", "lower", false, false, 9, "closed", "Median whole days from opportunity creation to close day, new-business opportunities won and lost, by close month."),
                ("cost_per_customer", "Cost per customer", "money", "lower", false, false, 10, "costs", "Spend of the month / customers acquired in the month."),
                ("leads", "Leads", "count", "higher", true, false, 0, "cohort", "Surviving complete leads created in the month."),
                ("mqls", "MQLs", "count", "higher", true, true, 0, "cohort", "Leads created in the month that ever reached MQL."),
                ("sqls", "SQLs", "count", "higher", true, true, 0, "cohort", "Leads created in the month that ever reached SQL."),
                ("sales_ready", "Sales-ready leads", "count", "higher", true, true, 0, "cohort", "Leads created in the month that ever became sales-ready."),
                ("completeness_rate", "Completeness at entry", "share", "higher", false, false, 0, "completeness", "Lead records whose first version was complete / lead records delivered, by the month the lead was created."),
                ("mql_rate", "MQL rate", "share", "higher", false, true, 0, "cohort", "Leads created in the month that ever reached MQL / leads created in the month."),
                ("sql_rate", "SQL rate", "share", "higher", false, true, 0, "cohort", "Leads created in the month that ever reached SQL / leads created in the month."),
                ("sales_ready_rate", "Sales-ready rate", "share", "higher", false, true, 0, "cohort", "Leads created in the month that ever became sales-ready / leads created in the month."),
                ("mql_to_sql_rate", "MQL to SQL rate", "share", "higher", false, true, 0, "cohort", "MQLs of the cohort that became SQL / MQLs of the cohort."),
                ("handoff_to_opportunity_rate", "Handoff to opportunity rate", "share", "higher", false, true, 0, "cohort", "Handed-off leads of the cohort with an opportunity / handed-off leads of the cohort."),
                ("customer_acquisition_rate", "Customer acquisition rate", "share", "higher", false, true, 0, "cohort", "Leads created in the month whose opportunity made a customer / leads created in the month."),
                ("sql_to_customer_rate", "SQL to customer rate", "share", "higher", false, true, 0, "cohort", "SQLs of the cohort that became customers / SQLs of the cohort."),
                ("recycled_conversion_rate", "Recycled conversion rate", "share", "higher", false, true, 0, "cohort", "Rejected leads of the cohort whose opportunity came after the rejection / rejected leads of the cohort."),
                ("speed_to_follow_up_p90", "Speed to follow-up, p90", "hours", "lower", false, false, 0, "service", "90th percentile (continuous) of clock hours from first handoff to first response, of answered leads."),
                ("speed_to_follow_up_business", "Speed to follow-up, median business hours", "hours", "lower", false, false, 0, "service", "Median business hours from first handoff to first response, of answered leads."),
                ("rejection_rate", "Rejection rate", "share", "lower", false, false, 0, "decisions", "Rejections / decisions after a handoff, by the month of the decision; each decision counts."),
                ("lead_guarantee_credits", "Lead guarantee credits", "count", "lower", true, false, 0, "service", "Leads whose first handoff was outside the ICP in force, by the month of that handoff."),
                ("pipeline_influenced_by_marketing", "Pipeline influenced by marketing", "money", "higher", true, false, 0, "created", "Part of pipeline created with at least one marketing touch on the pipeline path."),
                ("pipeline_sourced_share", "Pipeline sourced by marketing, share", "share", "higher", false, false, 0, "created", "Pipeline sourced by marketing / pipeline created."),
                ("pipeline_influenced_share", "Pipeline influenced by marketing, share", "share", "higher", false, false, 0, "created", "Pipeline influenced by marketing / pipeline created."),
                ("open_pipeline", "Open pipeline", "money", "higher", false, false, 0, "stock", "Amount of qualified opportunities open at the end of the month (in the current month: now)."),
                ("active_pipeline_sourced_share", "Open pipeline sourced by marketing", "share", "higher", false, false, 0, "stock", "Share of open pipeline at the end of the month (in the current month: now) that marketing sourced."),
                ("active_pipeline_influenced_share", "Open pipeline influenced by marketing", "share", "higher", false, false, 0, "stock", "Share of open pipeline at the end of the month (in the current month: now) with a marketing touch until that day."),
                ("win_rate_amount", "Win rate, by amount", "share", "higher", false, false, 0, "closed", "New-business amount won / amount won and lost, by close month."),
                ("lead_to_won_days", "Lead to won, median", "days", "lower", false, false, 0, "closed", "Median whole days from lead creation to close day, won new-business opportunities, by close month."),
                ("revenue", "Revenue", "money", "higher", true, false, 0, "closed", "Amount of won opportunities, by close month."),
                ("customers", "Customers", "count", "higher", true, false, 0, "closed", "Accounts (else persons) whose first new-business opportunity was won, by close month."),
                ("qualified_opportunities", "Qualified opportunities", "count", "higher", true, false, 0, "created", "Qualified new-business opportunities, by the month they were created."),
                ("spend", "Spend", "money", "lower", true, false, 0, "spend", "Ad cost, marketing costs and campaign costs of the month."),
                ("cost_per_lead", "Cost per lead", "money", "lower", false, false, 0, "costs", "Spend of the month / leads created in the month."),
                ("cost_per_mql", "Cost per MQL", "money", "lower", false, false, 0, "costs", "Spend of the month / leads created in the month that reached MQL."),
                ("customer_acquisition_cost", "Customer acquisition cost", "money", "lower", false, false, 0, "costs", "(Spend + sales cost) of the month / customers acquired in the month; null where sales cost is not given."),
                ("definition_agreement", "Definition agreement", "share", "higher", false, false, 0, "agreement", "Lead stages that both the CRM and the agreed definition say were reached / stages that at least one says were reached, by cohort month."),
            ]
        )
    }}
{% endmacro %}
