"""The canonical entities a mapping may name, their fields and the type of each field.

Staging and every later model read these names, whatever a vendor calls its columns. What the values mean (stages,
sources, reasons) is not said here: that is the definitions' business.
"""

from typing import Literal, get_args

FieldType = Literal["id", "text", "timestamp", "date", "amount", "number", "float", "integer", "boolean"]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)

SQL_TYPES: dict[FieldType, str] = {
    "id": "varchar",
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "amount": "decimal(38,9)",
    "number": "decimal(38,9)",
    "float": "double",
    "integer": "bigint",
    "boolean": "boolean",
}

# The entity of an object that fits none of the others: the mapping declares the type of each field itself.
CUSTOM = "custom"

# Written by ingestion beside the fields of every raw table.
BOOKKEEPING_COLUMNS = {
    "attributes": "varchar",
    "version_at": "timestamp",
    "_delivery_id": "varchar",
    "_line": "bigint",
}


def _fields(**names_by_type: str) -> dict[str, FieldType]:
    """Field names by type, `id="native_id owner_id", text="name"`, as one ordered mapping of name to type."""
    fields: dict[str, FieldType] = {}
    for field_type in FIELD_TYPES:
        fields.update(dict.fromkeys(names_by_type.get(field_type, "").split(), field_type))
    return fields


ENTITIES: dict[str, dict[str, FieldType]] = {
    "lead": _fields(
        id="""native_id campaign_id owner_id converted_contact_id converted_account_id converted_opportunity_id
            merged_into_id synced_lead_id synced_contact_id synced_account_id""",
        text="""first_name last_name email phone mobile_phone job_title company website industry country technology
            growth_stage trigger_event lead_source status rejection_reason budget_status cookie_id merged_ids""",
        timestamp="created_at updated_at mql_at converted_at next_step_at",
        amount="annual_revenue",
        float="score",
        integer="employee_count",
        boolean="is_deleted has_budget has_need has_timeline has_authority",
    ),
    "contact": _fields(
        id="native_id account_id owner_id merged_into_id synced_contact_id synced_lead_id",
        text="first_name last_name email phone mobile_phone job_title lead_source cookie_id merged_ids",
        timestamp="created_at updated_at",
        boolean="is_deleted",
    ),
    "account": _fields(
        id="native_id owner_id parent_id merged_into_id synced_account_id",
        text="name website industry country technology growth_stage merged_ids",
        timestamp="created_at updated_at",
        amount="annual_revenue",
        integer="employee_count",
        boolean="is_deleted",
    ),
    "opportunity": _fields(
        id="native_id account_id contact_id lead_id owner_id campaign_id synced_opportunity_id merged_into_id",
        text="name lead_source stage opportunity_type currency loss_reason competitor pipeline merged_ids",
        timestamp="created_at updated_at closed_at",
        date="close_date",
        amount="amount",
        boolean="is_deleted",
    ),
    "opportunity_stage_history": _fields(
        id="native_id record_id changed_by",
        text="stage field old_value new_value",
        timestamp="changed_at",
        date="close_date",
        amount="amount",
        boolean="is_deleted",
    ),
    "lead_history": _fields(
        id="native_id record_id changed_by",
        text="field old_value new_value",
        timestamp="changed_at",
        boolean="is_deleted",
    ),
    "opportunity_contact_role": _fields(
        id="native_id opportunity_id contact_id", timestamp="created_at updated_at", boolean="is_deleted"
    ),
    "campaign": _fields(
        id="native_id parent_id",
        text="name type currency",
        date="starts_on ends_on",
        timestamp="created_at updated_at",
        amount="budget actual_cost",
        boolean="is_deleted",
    ),
    "campaign_member": _fields(
        id="native_id campaign_id lead_id contact_id",
        text="status",
        timestamp="first_responded_at created_at updated_at",
        boolean="has_responded is_deleted",
    ),
    "activity": _fields(
        id="native_id owner_id person_id record_id",
        text="type direction status subject outcome",
        timestamp="happened_at completed_at created_at updated_at",
        boolean="is_deleted",
    ),
    "touch": _fields(
        id="native_id client_id user_id person_id",
        text="email source medium campaign content touch_type click_id landing_page",
        timestamp="touched_at",
        boolean="is_deleted",
    ),
    "spend": _fields(
        id="native_id campaign_id account_id ad_group_id ad_id",
        text="campaign_name currency device network",
        date="spend_date",
        number="cost cost_micros impressions clicks conversions",
        boolean="is_deleted",
    ),
    "owner": _fields(id="native_id", text="name email team type", boolean="is_active is_deleted"),
}

# Money the marts add up has 18 digits: a value at or above this, found on no real record, would stop the night.
LIMITS: dict[tuple[str, str], int] = {
    ("opportunity", "amount"): 10**13,
    ("opportunity_stage_history", "amount"): 10**13,
    ("spend", "cost"): 10**11,
    ("campaign", "actual_cost"): 10**11,
    ("spend", "cost_micros"): 10**17,
}

# Without one of these a row of the entity belongs to nothing: the mapping must say where it comes from.
KEY_FIELDS: dict[str, str] = {
    **dict.fromkeys(("lead", "contact", "account", "opportunity", "campaign", "owner"), "native_id"),
    **dict.fromkeys(("opportunity_stage_history", "lead_history"), "record_id"),
    "touch": "touched_at",
    "spend": "spend_date",
}

# Where a mapping requires one of these of a file, every row needs it: it says whose row it is, or when it happened.
REQUIRED_IN_EVERY_ROW = frozenset({"native_id", "record_id", "client_id", "changed_at", "happened_at", "touched_at"})
