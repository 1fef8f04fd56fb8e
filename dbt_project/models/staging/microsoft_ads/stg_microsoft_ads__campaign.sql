-- Grain: one row per delivered version of an ads campaign.
{{ ads_campaign("microsoft_ads") }}
