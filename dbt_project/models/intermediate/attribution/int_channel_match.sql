-- Grain: one row per distinct (source, medium, campaign, touch_type, click_id) of touches and of what campaigns would
-- bring, with the channel and the campaign it belongs to. Rules are judged here, on the few distinct combinations, and
-- joined back to the many touches. Empty is the empty string; click_id is empty unless a rule asks for it.
with
    touch_record as (select * from {{ ref("int_touch_record") }}),

    spend_record as (select * from {{ ref("int_spend_record") }}),

    campaign as (select * from {{ ref("int_campaign") }}),

    condition as (
        select
            priority,
            field,
            operator,
            -- a regular expression as it is written: \S is not \s
            case when operator = 'regex' then value else lower(value) end as value,
            channel,
            is_marketing,
            row_number() over (order by priority, field, operator, value) as condition_number
        from {{ ref("stg_definitions__channels") }}
    ),

    rule as (
        select
            priority,
            min(channel) as channel,
            min(cast(is_marketing as integer)) = 1 as is_marketing,
            count(*) as conditions
        from condition
        group by priority
    ),

    combination as (
        select
            coalesce(source, '') as source,
            coalesce(medium, '') as medium,
            coalesce(campaign, '') as campaign,
            coalesce(touch_type, '') as touch_type,
            case
                when (select count(*) from condition where field = 'click_id') > 0 then coalesce(click_id, '') else ''
            end as click_id
        from touch_record
        group by 1, 2, 3, 4, 5
        union
        -- spend stands in the channel of a click from its platform
        select
            {{ platform_source("platform") }} as source,
            'cpc' as medium,
            coalesce(name, '') as campaign,
            'web_session' as touch_type,
            '' as click_id
        from campaign
        where is_ads_campaign
        union
        select {{ platform_source("platform") }} as source, 'cpc', '', 'web_session', ''
        from spend_record
        union
        -- a campaign of the CRM stands in the channel of a response to it
        select
            platform as source,
            coalesce(campaign_type, '') as medium,
            coalesce(name, '') as campaign,
            'campaign_response' as touch_type,
            '' as click_id
        from campaign
        where not is_ads_campaign
    ),

    field_value as (
        select distinct 'source' as field, source as value
        from combination
        union all
        select distinct 'medium' as field, medium as value
        from combination
        union all
        select distinct 'campaign' as field, campaign as value
        from combination
        union all
        select distinct 'touch_type' as field, touch_type as value
        from combination
        union all
        select distinct 'click_id' as field, click_id as value
        from combination
    ),

    listed_value as (
        select condition_number, field, value
        from condition
        where operator = 'is'
        union
        select condition_number, field, {{ explode_list(split_list("value")) }} as value
        from condition
        where operator = 'in'
    ),

    value_match as (
        select field_value.field, field_value.value, listed_value.condition_number
        from field_value
        inner join
            listed_value on field_value.field = listed_value.field and lower(field_value.value) = listed_value.value
        union all
        select field_value.field, field_value.value, condition.condition_number
        from field_value
        inner join condition on field_value.field = condition.field and condition.operator = 'regex'
        where {{ regex_full_match("field_value.value", "condition.value") }}
    ),

    condition_match as (
        {% for field in ["source", "medium", "campaign", "touch_type", "click_id"] %}
            {% if not loop.first %}
                union all
            {% endif %}
            select
                combination.source,
                combination.medium,
                combination.campaign,
                combination.touch_type,
                combination.click_id,
                value_match.condition_number
            from combination
            inner join value_match on value_match.field = '{{ field }}' and combination.{{ field }} = value_match.value
        {% endfor %}
    ),

    rule_match as (
        select
            condition_match.source,
            condition_match.medium,
            condition_match.campaign,
            condition_match.touch_type,
            condition_match.click_id,
            condition.priority,
            count(*) as conditions_met
        from condition_match
        inner join condition on condition_match.condition_number = condition.condition_number
        group by 1, 2, 3, 4, 5, 6
    ),

    winning_rule as (
        select
            rule_match.source,
            rule_match.medium,
            rule_match.campaign,
            rule_match.touch_type,
            rule_match.click_id,
            min(rule.priority) as priority
        from rule_match
        inner join rule on rule_match.priority = rule.priority and rule_match.conditions_met = rule.conditions
        group by 1, 2, 3, 4, 5
    ),

    {{ campaign_key() }},

    combination_key as (
        select source, campaign, lower(trim(campaign)) as campaign_key
        from combination
        where campaign <> ''
        union
        select source, campaign, lower({{ salesforce_id("trim(campaign)") }}) as campaign_key
        from combination
        where campaign <> ''
    ),

    campaign_match as (
        select combination.source, combination.campaign, campaign_key.campaign_id, campaign_key.is_ads_campaign
        from combination_key as combination
        inner join campaign_key on combination.campaign_key = campaign_key.campaign_key
        qualify
            row_number() over (
                partition by combination.source, combination.campaign
                order by {{ campaign_precedence("combination.source") }}
            )
            = 1
    ),

    final as (
        select
            combination.source,
            combination.medium,
            combination.campaign,
            combination.touch_type,
            combination.click_id,
            coalesce(rule.channel, 'unassigned') as channel,
            coalesce(rule.is_marketing, false) as is_marketing,
            campaign_match.campaign_id,
            coalesce(campaign_match.is_ads_campaign, false) as is_ads_campaign
        from combination
        left join
            winning_rule
            on combination.source = winning_rule.source
            and combination.medium = winning_rule.medium
            and combination.campaign = winning_rule.campaign
            and combination.touch_type = winning_rule.touch_type
            and combination.click_id = winning_rule.click_id
        left join rule on winning_rule.priority = rule.priority
        left join
            campaign_match
            on combination.source = campaign_match.source
            and combination.campaign = campaign_match.campaign
    )

select *
from final
