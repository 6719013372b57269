"""What the scripts share: clients of the server under test, and refusals that must come."""
import json, os, sys
import boto3, botocore.config, botocore.exceptions

URL = os.environ["AWS_ENDPOINT_URL"]
CONFIG = botocore.config.Config(retries={"max_attempts": 0}, connect_timeout=10, read_timeout=30)


def client(service, key=None):
    """A client of a service, of the administrator or of the holder of a key."""
    more = {}
    if key:
        more = dict(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken"))
    return boto3.client(service, endpoint_url=URL, config=CONFIG, **more)


def refused(code, text, call, **arguments):
    """The call must fail with the code, and with the text in its message."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as e:
        error = e.response["Error"]
        assert error["Code"] == code, (code, error)
        assert text in error["Message"], (text, error["Message"])
        return
    raise AssertionError(f"{arguments}: want {code}")


def doc(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


sts = client("sts")
WHO = sts.get_caller_identity()
ACCOUNT = WHO["Account"]
REGION = sts.meta.region_name


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
