-- Grain: one row per delivered change of a lead's value or score, under the canonical field name. Values Handoff has
-- no field for keep Marketo's name and are read by nobody.
select
    'marketo:' || native_id as change_id,
    lead_id as record_id,
    'marketo' as source_system,
    case
        lower(replace(replace(primary_attribute_value, ' ', ''), '_', ''))
        {% for name, field in {
            "leadstatus": "status",
            "personstatus": "status",
            "status": "status",
            "leadsource": "lead_source",
            "personsource": "lead_source",
            "leadscore": "score",
            "personscore": "score",
            "leadowner": "owner_id",
            "leadownerid": "owner_id",
            "personowner": "owner_id",
            "rejectionreason": "rejection_reason",
            "rejectionreasonc": "rejection_reason",
            "numberofemployees": "employee_count",
            "numemployees": "employee_count",
            "annualrevenue": "annual_revenue",
            "industry": "industry",
            "country": "country",
            "jobtitle": "job_title",
            "title": "job_title",
            "company": "company",
            "companyname": "company",
            "website": "website",
            "phone": "phone",
            "phonenumber": "phone",
            "mobilephone": "mobile_phone",
            "emailaddress": "email",
            "email": "email",
            "technology": "technology",
            "technologyc": "technology",
            "growthstage": "growth_stage",
            "growthstagec": "growth_stage",
            "triggerevent": "trigger_event",
            "triggereventc": "trigger_event",
            "firstname": "first_name",
            "lastname": "last_name",
            "mqldate": "mql_at",
            "mqldatec": "mql_at",
            "hasneed": "has_need",
            "hasneedc": "has_need",
            "hasbudget": "has_budget",
            "hasbudgetc": "has_budget",
            "hastimeline": "has_timeline",
            "hastimelinec": "has_timeline",
            "hasauthority": "has_authority",
            "hasauthorityc": "has_authority",
        }.items() %}
            when '{{ name }}' then '{{ field }}'
        {% endfor %}
        else replace(lower(trim(primary_attribute_value)), ' ', '_')
    end as field,
    old_value,
    new_value,
    happened_at as changed_at,
    cast(null as {{ dbt.type_string() }}) as changed_by,
    {{ in_sequence("native_id") }} as sequence,
    version_at,
    delivery_rank,
    record_line
from {{ ref("stg_marketo__activity") }}
where activity_type_id in (13, 22) and happened_at is not null
