-- Grain: one row per alternative of a rule of a stage and period. All rules of a stage must hold, any alternative of
-- a rule. A rule that is spelled in several ways is one, named in small letters where there is such a name.
-- A Salesforce id is compared in both its lengths: records carry that of 18 characters, its reports that of 15.
{% set is_id = (
    "lower(" ~ cell("field") ~ ") in ('" ~ (lead_id_fields() + ["native_id", "merged_into_id"])
    | join("', '") ~ "')"
) %}
select
    lower({{ cell("stage") }}) as stage,
    {{ one_spelling("rule", within="stage") }} as rule,
    lower({{ cell("side") }}) as side,
    lower({{ cell("field") }}) as field,
    case
        when {{ is_id }} and lower({{ cell("operator") }}) in ('=', 'is') and {{ cell("value") }} <> ''
        then 'in'
        else lower({{ cell("operator") }})
    end as operator,
    case when {{ is_id }} then {{ salesforce_ids(cell("value")) }} else {{ cell("value") }} end as value,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("stage_criteria") }}
