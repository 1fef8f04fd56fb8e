{% macro system_rank(source_system) -%}
    {#- Where a source stands in the setting system_priority; the ones it does not name come after, by name. -#}
    case
        when strpos('|' || lower({{ setting("system_priority") }}) || '|', '|' || {{ source_system }} || '|') > 0
        then strpos('|' || lower({{ setting("system_priority") }}) || '|', '|' || {{ source_system }} || '|')
        else 1000000
    end
{%- endmacro %}

{% macro email_domain(email) -%} nullif(split_part({{ email }}, '@', 2), '') {%- endmacro %}

{% macro web_domain(website) -%}
    {#- acme.com of https://www.acme.com:443/about?x=1, in lower case; null where nothing like a host is left. -#}
    nullif(regexp_extract(lower(trim({{ website }})), '^(?:[a-z]+://)?(?:www[.])?([^/:?# @]+[.][^/:?# @]+)', 1), '')
{%- endmacro %}

{% macro is_free_domain(domain) -%}
    {{ domain }} in (select lower(trim(free_domain.domain)) from {{ ref("free_email_domains") }} as free_domain)
{%- endmacro %}

{% macro component_labels(memberships, rounds=10) -%}
    {#- CTEs that give every node the smallest node of its connected component: `component_label(node, label)`.
        `memberships` is a relation of (node, key); nodes that share a key are joined. Each round takes, for a component
        found so far, the smallest label among its keys' members, then follows labels (pointer jumping): components at
        least halve in a round, so a chain of n links is closed after about log2(n) rounds. No recursion, one plan, the
        same on every engine. -#}
    shared_key as (select key from {{ memberships }} group by key having count(*) > 1),

    component_edge as (
        select member.node, member.key
        from {{ memberships }} as member
        inner join shared_key on member.key = shared_key.key
    ),

    label_0 as (select distinct node, node as label from component_edge),

    {% for i in range(rounds) %}
        key_{{ i }} as (
            select component_edge.key, min(label_{{ i }}.label) as label
            from component_edge
            inner join label_{{ i }} on component_edge.node = label_{{ i }}.node
            group by component_edge.key
        ),

        root_{{ i }} as (
            select label_{{ i }}.label, min(key_{{ i }}.label) as next_label
            from component_edge
            inner join label_{{ i }} on component_edge.node = label_{{ i }}.node
            inner join key_{{ i }} on component_edge.key = key_{{ i }}.key
            group by label_{{ i }}.label
        ),

        jump_{{ i }} as (
            select root_{{ i }}.label, third.next_label
            from root_{{ i }}
            inner join root_{{ i }} as second on root_{{ i }}.next_label = second.label
            inner join root_{{ i }} as third on second.next_label = third.label
        ),

        label_{{ i + 1 }} as (
            select label_{{ i }}.node, jump_{{ i }}.next_label as label
            from label_{{ i }}
            inner join jump_{{ i }} on label_{{ i }}.label = jump_{{ i }}.label
        ),
    {% endfor %}

    component_label as (select node, label from label_{{ rounds }})
{%- endmacro %}
