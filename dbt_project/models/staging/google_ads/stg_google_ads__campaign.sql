-- Grain: one row per delivered version of an ads campaign.
{{ ads_campaign("google_ads") }}
