"""Small extracts in the vendors' own shapes, one per promise the unified records make about them."""

import json
from pathlib import Path

# Of 15 and of 18 characters, the same ids: Salesforce's exports write both.
LEAD, LEAD_18 = "00Q5g00000AbCdE", "00Q5g00000AbCdEEAV"
QUEUE, SELLER = "00G5g0000000001EAA", "0055g0000000002AAA"

LEAD_HEADER = "Id,IsDeleted,MasterRecordId,FirstName,LastName,Company,Email,LeadSource,Status,OwnerId,IsConverted,CreatedDate,SystemModstamp,Has_Need__c"
EXTRACTS: dict[str, str] = {
    # The newer version stands in the file that comes first by name.
    "salesforce/lead/a.csv": f"""{LEAD_HEADER}
{LEAD_18},false,000000000000000AAA,Ada,Byron,Engines,Ada@Engines.example ,Web,Working,{SELLER},false,2026-01-02T10:00:00.000Z,2026-02-01T10:00:00.000Z,true
""",
    "salesforce/lead/b.csv": f"""{LEAD_HEADER}
{LEAD},false,,Ada,Byron,Engines,ada@engines.example,Web,New,{QUEUE},false,2026-01-02T10:00:00.000+0000,2026-01-02T10:00:00.000+0000,
00Q5g00000AbCdFEAV,true,{LEAD_18},Ada,Byron,Engines,ada@engines.example,Web,New,{QUEUE},false,2026-01-03T10:00:00.000+0000,2026-01-04T10:00:00.000+0000,
""",
    "salesforce/lead_history/a.csv": f"""Id,IsDeleted,LeadId,CreatedById,CreatedDate,Field,OldValue,NewValue
017000000000001AAA,false,{LEAD},{SELLER},2026-01-05T10:00:00.000Z,Owner,Inbound Queue,Sam Seller
017000000000002AAA,false,{LEAD},{SELLER},2026-01-05T10:00:00.000Z,Owner,{QUEUE[:15]},{SELLER[:15]}
017000000000003AAA,false,{LEAD},{SELLER},2026-01-06T10:00:00.000Z,Status,New,Working
017000000000004AAA,false,{LEAD},{SELLER},2026-01-06T10:00:00.000Z,Rejection_Reason__c,,Duplicate
""",
    "salesforce/user/a.csv": f"""Id,FirstName,LastName,Email,Department,UserType,IsActive,SystemModstamp
{SELLER},Sam,Seller,sam@us.example,Sales,Standard,true,2026-01-01T00:00:00.000Z
""",
    "salesforce/task/a.csv": """Id,WhoId,Subject,Status,IsClosed,OwnerId,Type,CallType,CallDisposition,IsDeleted,CreatedDate,CompletedDateTime,SystemModstamp
00T000000000001AAA,00Q5g00000AbCdEEAV,Call,Completed,true,0055g0000000002AAA,Call,Outbound,Left message,false,2026-01-06T08:00:00.000Z,2026-01-06T09:30:00.000Z,2026-01-06T09:30:00.000Z
00T000000000002AAA,00Q5g00000AbCdEEAV,Call,Completed,true,0055g0000000002AAA,Call,Inbound,,false,2026-01-06T08:00:00.000Z,,2026-01-06T09:30:00.000Z
00T000000000003AAA,00Q5g00000AbCdEEAV,Email: hello,Completed,true,0055g0000000002AAA,,,,false,2026-01-07T08:00:00.000Z,,2026-01-07T09:30:00.000Z
00T000000000004AAA,00Q5g00000AbCdEEAV,Prepare offer,Not Started,false,0055g0000000002AAA,Other,,,false,2026-01-07T08:00:00.000Z,,2026-01-07T09:30:00.000Z
00T000000000005AAA,00Q5g00000AbCdEEAV,Call,Completed,true,0055g0000000002AAA,Call,Outbound,,true,2026-01-06T08:00:00.000Z,,2026-01-08T09:30:00.000Z
""",
    "salesforce/event/a.csv": """Id,WhoId,Subject,OwnerId,Type,IsDeleted,ActivityDateTime,CreatedDate,SystemModstamp
00U000000000001AAA,00Q5g00000AbCdEEAV,Demo,0055g0000000002AAA,Meeting,false,2026-02-01T14:00:00.000Z,2026-01-20T08:00:00.000Z,2026-01-20T08:00:00.000Z
00U000000000002AAA,00Q5g00000AbCdEEAV,Demo,0055g0000000002AAA,Meeting,false,2026-07-01T14:00:00.000Z,2026-05-20T08:00:00.000Z,2026-05-20T08:00:00.000Z
""",
    "salesforce/campaign/a.csv": """Id,Name,Type,StartDate,EndDate,ActualCost,IsDeleted,SystemModstamp
701000000000001AAA,Spring Webinar,Webinar,2026-01-01,2026-02-01,1500,false,2026-01-01T00:00:00.000Z
""",
    "salesforce/campaign_member/a.csv": """Id,CampaignId,LeadId,ContactId,Status,HasResponded,FirstRespondedDate,IsDeleted,CreatedDate,SystemModstamp
00v000000000001AAA,701000000000001AAA,00Q5g00000AbCdEEAV,,Attended,true,2026-01-20,false,2026-01-10T00:00:00.000Z,2026-01-20T00:00:00.000Z
00v000000000002AAA,701000000000001AAA,,003000000000001AAA,Responded,true,,false,2026-01-10T08:00:00.000Z,2026-01-20T00:00:00.000Z
00v000000000003AAA,701000000000001AAA,00Q5g00000AbCdEEAV,,Sent,false,,false,2026-01-10T00:00:00.000Z,2026-01-20T00:00:00.000Z
""",
    "salesforce/opportunity_history/a.csv": """Id,OpportunityId,CreatedById,CreatedDate,StageName,Amount,CloseDate,IsDeleted
008000000000001AAA,006000000000001AAA,0055g0000000002AAA,2026-03-01T00:00:00.000Z,Prospecting,100,2026-04-01,false
008000000000002AAA,006000000000001AAA,0055g0000000002AAA,2026-03-02T00:00:00.000Z,Closed Won,120.50,2026-03-02,false
""",
    "hubspot/contact/a.jsonl": "\n".join(
        json.dumps(contact)
        for contact in (
            {
                "id": "101",
                "properties": {
                    "email": "Ada@Engines.example",
                    "firstname": "Ada",
                    "lastname": "Byron",
                    "lifecyclestage": "marketingqualifiedlead",
                    "hs_lead_status": "NEW",
                    "createdate": "2026-01-01T09:00:00.000Z",
                    "lastmodifieddate": "2026-01-09T09:00:00.000Z",
                    "hs_merged_object_ids": "102;103",
                    "salesforceleadid": LEAD,
                    "hubspot_owner_id": "900",
                },
                "createdAt": "2026-01-01T09:00:00.000Z",
                "updatedAt": "2026-01-09T09:00:00.000Z",
                "archived": False,
            },
            {
                "id": "104",
                "properties": {
                    "email": "grace@navy.example",
                    "lifecyclestage": None,
                    "hs_lead_status": "OPEN",
                    "createdate": "1767258000000",
                    "hs_v2_date_entered_lead": "2026-01-01T09:00:00.000Z",
                    "hs_v2_date_entered_marketingqualifiedlead": "2026-01-03T09:00:00.000Z",
                },
                "archived": True,
            },
        )
    )
    + "\n",
    "hubspot/contact_property_history/a.csv": """contact_id,timestamp,source,name,value,source_id
101,2026-01-01 09:00:00,FORM,lifecyclestage,lead,
101,2026-01-05 09:00:00,AUTOMATION_PLATFORM,lifecyclestage,marketingqualifiedlead,
101,1767520800000,CRM_UI,hs_lead_status,NEW,userId:77
101,2026-01-06 09:00:00,CRM_UI,hubspot_owner_id,900,userId:77
""",
    "hubspot/owner/a.csv": """id,userId,email,firstName,lastName,type,archived
900,77,olga@us.example,Olga,Owner,PERSON,false
""",
    "hubspot/company/a.csv": """id,property_name,property_domain,property_numberofemployees,property_createdate,is_deleted
501,Engines,engines.example,250,2026-01-01 09:00:00,false
""",
    "hubspot/deal/a.csv": """deal_id,property_dealname,deal_pipeline_stage_id,deal_pipeline_id,property_amount,property_closedate,property_createdate,property_hs_salesforceopportunityid,is_deleted
701,Engine,55501,default,1000.00,2026-03-31 10:00:00,2026-02-01 09:00:00,006000000000001,false
702,Spare parts,appointmentscheduled,default,,,2026-02-01 09:00:00,,false
703,Engine (copy),55501,default,1000.00,2026-03-31 10:00:00,2026-02-01 09:00:00,,false
""",
    "hubspot/merged_deal/a.csv": "deal_id,merged_deal_id\n701,703\n",
    "hubspot/pipeline_stage/a.csv": """stage_id,pipeline_id,label,closed_won,is_closed
55501,default,Signed,true,true
appointmentscheduled,default,Meeting booked,false,false
""",
    "hubspot/deal_stage/a.csv": """deal_id,value,date_entered,_fivetran_start,_fivetran_end,_fivetran_active
701,appointmentscheduled,2026-02-01 09:00:00,2026-02-01 09:00:00,2026-03-31 10:00:00,false
701,55501,2026-03-31 10:00:00,2026-03-31 10:00:00,2050-01-01 00:00:00,true
""",
    "hubspot/deal_contact/a.csv": "contact_id,deal_id\n101,701\n",
    "hubspot/deal_company/a.csv": "company_id,deal_id,type_id\n500,701,341\n501,701,5\n",
    "hubspot/engagement/a.csv": """id,type,hs_timestamp,hubspot_owner_id,contact_id,hs_call_direction,hs_call_status,hs_meeting_outcome
801,CALL,2026-01-10T09:00:00Z,900,101,OUTBOUND,COMPLETED,
802,INCOMING_EMAIL,2026-01-11T09:00:00Z,,101,,,
803,MEETING,2026-01-12T09:00:00Z,900,101,,,NO_SHOW
""",
    "hubspot/form_submission/a.csv": """contact_id,timestamp,form_id,conversion_id,page_url,title
101,2026-01-01 09:00:00,f-1,c-1,https://us.example/demo?utm_source=google&utm_medium=cpc&utm_campaign=spring%20sale,Demo request
101,2026-01-02 09:00:00,f-1,c-2,https://us.example/demo,Demo request
""",
    "hubspot/email_event/a.csv": """id,type,created,recipient,email_campaign_id,filtered_event
e-1,CLICK,2026-01-03 09:00:00,ADA@engines.example,77,false
e-2,OPEN,2026-01-03 09:00:00,ada@engines.example,77,false
e-3,CLICK,2026-01-03 09:00:00,ada@engines.example,77,true
""",
    "marketo/lead/a.csv": f"""id,email,firstName,lastName,company,leadStatus,leadScore,leadSource,createdAt,updatedAt,sfdcLeadId
1,ada@engines.example,Ada,Byron,Engines,MQL,55,Web,2026-01-01T00:00:00Z,2026-01-05T00:00:00Z,{LEAD}
9,gone@engines.example,Gone,Lead,Engines,New,,Web,2026-01-01T00:00:00Z,2026-01-05T00:00:00Z,
""",
    "marketo/activity/a.csv": """marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,attributes
g-1,1,2026-01-02T00:00:00Z,2,,1004,Contact form,"{""Referrer URL"":""https://us.example/?utm_source=linkedin&utm_medium=paid"",""Webpage ID"":1}"
g-2,1,2026-01-03T00:00:00Z,11,,7,Spring.01 Invite,"{""Link"":""https://us.example/webinar""}"
g-3,1,2026-01-04T00:00:00Z,13,,230,Lead Status,"{""Old Value"":""New"",""New Value"":""MQL"",""Source"":""Web form""}"
g-4,1,2026-01-04T00:00:00Z,22,,231,Lead Score,"[{""name"":""Old Value"",""value"":""40""},{""name"":""New Value"",""value"":55}]"
g-5,1,2026-01-05T00:00:00Z,32,,1,,"{""Merge IDs"":""[5, 6]"",""Master Updated"":false}"
g-6,9,2026-01-06T00:00:00Z,37,,9,,"{}"
g-7,1,2026-01-06T00:00:00Z,10,,7,Spring.01 Invite,"{}"
g-8,1,2026-01-07T00:00:00Z,104,,1,Spring Webinar,"{""New Status"":""Attended"",""Success"":true}"
""",
    "google_ads/campaign_daily/1.csv": """date,campaign_id,campaign_name,currency_code,device,cost_micros,impressions,clicks
2026-01-01,11,Search,EUR,MOBILE,1500000,100,10
2026-01-01,11,Search,EUR,DESKTOP,2000001,50,5
""",
    # A restated day: the later file's figure replaces the earlier one of its row.
    "google_ads/campaign_daily/2.csv": """date,campaign_id,campaign_name,currency_code,device,cost_micros,impressions,clicks
2026-01-01,11,Search,EUR,DESKTOP,2500000,60,6
""",
    "google_ads/campaign/1.csv": "id,name,start_date,updated_at\n11,Search renamed,2026-01-01,2026-01-05 00:00:00\n",
    "linkedin_ads/campaign_daily/1.csv": """day,campaign_id,cost_in_usd,cost_in_local_currency,impressions,clicks
2026-01-01,21,12.34,11.11,1000,20
""",
    "meta_ads/campaign_daily/1.csv": """date_start,campaign_id,campaign_name,account_currency,spend,impressions,clicks
2026-01-01,31,Retargeting,USD,9.99,500,7
""",
    "microsoft_ads/campaign_daily/1.csv": """TimePeriod,CampaignId,CampaignName,CurrencyCode,DeviceType,Network,Impressions,Clicks,Spend
1/31/2026,41,Bing,USD,Computer,Search,10,1,0.50
1/31/2026,41,Bing,USD,Tablet,Search,20,2,0.75
""",
    "ga4/session/1.csv": f"""client_id,user_id,session_start,source,medium,campaign,content,landing_page
c.1,,2026-01-01T08:00:00Z,google,cpc,Search,,/pricing
c.1,ADA@engines.example,2026-01-02T08:00:00Z,(direct),(none),,,/
c.2,{LEAD},2026-01-02T08:00:00Z,google,organic,,,/
""",
    # The same session again, in a later file: one touch.
    "ga4/session/2.csv": """client_id,user_id,session_start,source,medium,campaign,content,landing_page
c.1,,2026-01-01T08:00:00Z,google,cpc,Search,,/pricing?again
""",
    "ga4/event/1.jsonl": "\n".join(
        json.dumps(event)
        for event in (
            {
                "event_date": "20260103",
                "event_timestamp": "1767430801000000",
                "event_name": "page_view",
                "user_pseudo_id": "c.9",
                "event_params": [
                    {"key": "ga_session_id", "value": {"string_value": None, "int_value": "777"}},
                    {"key": "source", "value": {"string_value": "linkedin"}},
                    {"key": "medium", "value": {"string_value": "paid"}},
                    {"key": "page_location", "value": {"string_value": "https://us.example/b"}},
                ],
            },
            {
                "event_date": "20260103",
                "event_timestamp": "1767430800000000",
                "event_name": "session_start",
                "user_pseudo_id": "c.9",
                "event_params": [
                    {"key": "ga_session_id", "value": {"int_value": 777}},
                    {"key": "ga_session_number", "value": {"int_value": 2}},
                    {"key": "page_location", "value": {"string_value": "https://us.example/a"}},
                ],
                "traffic_source": {"source": "google", "medium": "organic", "name": "(organic)"},
            },
        )
    )
    + "\n",
}


def write_extracts(landing_zone: Path) -> None:
    for name, text in EXTRACTS.items():
        path = landing_zone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
