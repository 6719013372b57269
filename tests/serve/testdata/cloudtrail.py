"""The trail, as boto3 looks things up in it."""
import datetime
from serving import *

# Two look-ups a second are answered, so this client asks again as boto3 does of itself.
PATIENT = CONFIG.merge(botocore.config.Config(retries={"max_attempts": 10, "mode": "standard"}))
trail, iam = boto3.client("cloudtrail", endpoint_url=URL, config=PATIENT), client("iam")
begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
for i in range(7):
    iam.create_user(UserName=f"u{i}")
refused("EntityAlreadyExists", "", iam.create_user, UserName="u0")

by = lambda key, value: [{"AttributeKey": key, "AttributeValue": value}]
events = trail.lookup_events(LookupAttributes=by("EventName", "CreateUser"))["Events"]
equal(len(events), 8)
equal([e["Username"] for e in events], ["admin"] * 8)
newest = json.loads(events[0]["CloudTrailEvent"])
equal((newest["errorCode"], newest["requestParameters"]["userName"], newest["eventSource"]), ("EntityAlreadyExists", "u0", "iam.amazonaws.com"))
equal((events[0]["ReadOnly"], events[0]["EventSource"]), ("false", "iam.amazonaws.com"))

# Pages, the newest first, each event once.
pages = list(trail.get_paginator("lookup_events").paginate(LookupAttributes=by("EventName", "CreateUser"), PaginationConfig={"PageSize": 3}))
equal([e["EventId"] for p in pages for e in p["Events"]], [e["EventId"] for e in events])
assert len(pages) >= 3, len(pages)

# Each attribute, and times.
equal(trail.lookup_events(LookupAttributes=by("EventId", events[3]["EventId"]))["Events"][0]["EventId"], events[3]["EventId"])
equal({e["EventName"] for e in trail.lookup_events(LookupAttributes=by("ResourceName", f"arn:aws:iam::{ACCOUNT}:user/u3"))["Events"]}, {"CreateUser"})
assert trail.lookup_events(LookupAttributes=by("ResourceType", "AWS::IAM::User"))["Events"]
key = os.environ.get("AWS_ACCESS_KEY_ID") or boto3.Session().get_credentials().access_key
assert trail.lookup_events(LookupAttributes=by("AccessKeyId", key), MaxResults=1)["Events"]
equal(trail.lookup_events(LookupAttributes=by("EventName", "CreateUser"), EndTime=begin)["Events"], [])
equal(len(trail.lookup_events(LookupAttributes=by("EventName", "CreateUser"), StartTime=begin)["Events"]), 8)
refused("InvalidTimeRangeException", "", trail.lookup_events, StartTime=begin, EndTime=begin - datetime.timedelta(hours=1))
refused("InvalidNextTokenException", "", trail.lookup_events, NextToken="nonsense")
print("cloudtrail: ok")
