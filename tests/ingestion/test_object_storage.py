"""A landing zone under an `s3://` prefix, against an S3 server of the test's own."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from handoff.errors import HandoffError
from handoff.settings import Settings
from ingestion.landing import ObjectStore
from ingestion.load import load
from tests.ingestion.lab import Zone

HEADER = "Id,Email\n"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    resource = boto3.resource("s3", endpoint_url=f"http://{endpoint}", region_name="us-east-1")
    made = resource.create_bucket(Bucket="company-extracts")
    made.objects.all().delete()
    return made


@pytest.fixture
def remote(zone: Zone, bucket: Any, endpoint: str) -> Settings:
    return Settings(
        home=zone.home,
        extracts=f"s3://{bucket.name}/landing?endpoint_override={endpoint}&scheme=http&region=us-east-1",
        sources=zone.sources,
        as_of=zone.as_of,
    )


def put(bucket: Any, key: str, body: str) -> None:
    bucket.put_object(Key=f"landing/{key}", Body=body.encode())


def test_files_of_a_prefix_are_loaded_once(
    zone: Zone, bucket: Any, remote: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "crm/lead/a.csv", HEADER + "1,x\n2,y,z\n")
    put(bucket, "crm/lead/it's [1]*.jsonl", '{"Id": 3}\n')
    put(bucket, "crm/lead/b.csv", HEADER + '4,"x')
    put(bucket, "crm/lead/c.csv.part", HEADER)
    put(bucket, "crm/lead/.d.csv", HEADER)
    put(bucket, "crm/lead/2026/e.csv", HEADER)
    put(bucket, "crm/lead/../../f.csv", HEADER)
    bucket.put_object(Key="elsewhere/crm/lead/g.csv", Body=b"Id\n9\n")
    report = load(remote, zone.con)
    assert zone.rows("native_id, _line") == [("1", 2), ("3", 1)]
    assert zone.malformed() == [(3, "2,y,z")]
    assert len(report.refused) == 3, "the cut file, and the two that lie elsewhere"

    monkeypatch.setattr(ObjectStore, "FRESH_SECONDS", -1)
    assert not load(remote, zone.con).new
    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "fetched", None)
        assert not load(remote, zone.con).new, "a known file is not fetched again"


def test_bytes_replaced_within_the_same_second_are_seen(zone: Zone, bucket: Any, remote: Settings) -> None:
    put(bucket, "crm/lead/a.csv", HEADER + "1,x\n")
    load(remote, zone.con)
    put(bucket, "crm/lead/a.csv", HEADER + "2,x\n")
    load(remote, zone.con)
    assert zone.rows("native_id") == [("1",), ("2",)]


def test_an_empty_prefix_and_a_missing_bucket(zone: Zone, bucket: Any, remote: Settings) -> None:
    with pytest.raises(HandoffError, match=r"missing|empty"):
        load(remote, zone.con)
    missing = remote.model_copy(update={"extracts": remote.extracts.replace(bucket.name, "no-such-bucket")})
    with pytest.raises(HandoffError, match=r"HANDOFF_EXTRACTS|AWS_REGION"):
        load(missing, zone.con)


def test_other_addresses_are_refused(zone: Zone) -> None:
    with pytest.raises(HandoffError, match="only folders and s3"):
        load(Settings(home=zone.home, extracts="ftp://x/y", sources=zone.sources), zone.con)
