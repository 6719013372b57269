"""Secrets, their versions and stages, and the keys that seal them."""
from serving import *

sm, kms, iam = client("secretsmanager"), client("kms"), client("iam")

made = sm.create_secret(Name="db/prod", SecretString='{"username":"u","password":"p1"}', Description="d", Tags=[{"Key": "team", "Value": "red"}])
ARN = made["ARN"]
assert ARN.startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db/prod-") and len(ARN) == len(ARN.split("prod-")[0]) + 11, ARN
for name in ["db/prod", ARN, ARN[:-7]]:
    equal(sm.get_secret_value(SecretId=name)["SecretString"], '{"username":"u","password":"p1"}')
refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", sm.get_secret_value, SecretId="none")
refused("ResourceNotFoundException", "", sm.get_secret_value, SecretId=ARN[:-6] + "AAAAAA")
refused("ResourceExistsException", "", sm.create_secret, Name="db/prod", SecretString="x")

# A new value becomes the current one, the old one the previous.
second = sm.put_secret_value(SecretId=ARN, SecretString="p2")
equal(second["VersionStages"], ["AWSCURRENT"])
equal(sm.get_secret_value(SecretId=ARN)["SecretString"], "p2")
equal(sm.get_secret_value(SecretId=ARN, VersionStage="AWSPREVIOUS")["VersionId"], made["VersionId"])
third = sm.put_secret_value(SecretId=ARN, SecretBinary=b"\x00\x01", VersionStages=["AWSPENDING"], ClientRequestToken="0" * 32)
equal(sm.get_secret_value(SecretId=ARN)["SecretString"], "p2")
equal(sm.get_secret_value(SecretId=ARN, VersionStage="AWSPENDING")["SecretBinary"], b"\x00\x01")
equal(sm.put_secret_value(SecretId=ARN, SecretBinary=b"\x00\x01", ClientRequestToken="0" * 32)["VersionId"], third["VersionId"])
refused("ResourceExistsException", "", sm.put_secret_value, SecretId=ARN, SecretString="other", ClientRequestToken="0" * 32)
refused("InvalidParameterException", "RemoveFromVersionId", sm.update_secret_version_stage, SecretId=ARN, VersionStage="AWSCURRENT", MoveToVersionId=third["VersionId"])
sm.update_secret_version_stage(SecretId=ARN, VersionStage="AWSCURRENT", MoveToVersionId=third["VersionId"], RemoveFromVersionId=second["VersionId"])
stages = sm.describe_secret(SecretId=ARN)["VersionIdsToStages"]
equal({k: sorted(v) for k, v in stages.items()}, {third["VersionId"]: ["AWSCURRENT", "AWSPENDING"], second["VersionId"]: ["AWSPREVIOUS"]})
equal(len(sm.list_secret_version_ids(SecretId=ARN, IncludeDeprecated=True)["Versions"]), 3)
equal(len(sm.list_secret_version_ids(SecretId=ARN)["Versions"]), 2)
refused("ResourceNotFoundException", "staging label: NONE", sm.get_secret_value, SecretId=ARN, VersionStage="NONE")
described = sm.describe_secret(SecretId=ARN)
equal((described["Name"], described["Description"], described["Tags"]), ("db/prod", "d", [{"Key": "team", "Value": "red"}]))
assert "p2" not in str(described)
assert "TargetKeyId" in {a["AliasName"]: a for a in kms.list_aliases()["Aliases"]}["alias/aws/secretsmanager"], "the key is made on first use"

# Who may.
iam.create_user(UserName="sam")
sam = client("secretsmanager", iam.create_access_key(UserName="sam")["AccessKey"])
refused("AccessDeniedException", f"secretsmanager:GetSecretValue on resource: {ARN[:-7]} because no identity-based policy allows", sam.get_secret_value, SecretId="db/prod")
iam.put_user_policy(UserName="sam", PolicyName="p", PolicyDocument=doc(allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:*:secret:db/prod-??????", Condition={"StringEquals": {"secretsmanager:ResourceTag/team": "red"}})))
sam.get_secret_value(SecretId="db/prod", VersionStage="AWSPREVIOUS")
sm.untag_resource(SecretId=ARN, TagKeys=["team"])
refused("AccessDeniedException", "", sam.get_secret_value, SecretId="db/prod")
grant = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": arn("user", "sam")}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}})
sm.put_resource_policy(SecretId=ARN, ResourcePolicy=grant)
sam.get_secret_value(SecretId="db/prod")
equal(json.loads(sm.get_resource_policy(SecretId=ARN)["ResourcePolicy"]), json.loads(grant))
sm.put_resource_policy(SecretId=ARN, ResourcePolicy=grant.replace("Allow", "Deny"))
refused("AccessDeniedException", "with an explicit deny in a resource-based policy", sam.get_secret_value, SecretId="db/prod")
sm.delete_resource_policy(SecretId=ARN)
refused("MalformedPolicyDocumentException", "Principal", sm.put_resource_policy, SecretId=ARN, ResourcePolicy=doc(allow("secretsmanager:*")))
refused("PublicPolicyException", "", sm.put_resource_policy, SecretId=ARN, BlockPublicPolicy=True, ResourcePolicy=doc({**allow("secretsmanager:*"), "Principal": "*"}))

# Under a customer's key: its policy is asked too, and when it is disabled nobody reads the secret.
key = kms.create_key()["KeyMetadata"]
other = sm.create_secret(Name="other", KmsKeyId=key["KeyId"], SecretString="s")["ARN"]
iam.put_user_policy(UserName="sam", PolicyName="p", PolicyDocument=doc(allow("secretsmanager:*")))
refused("AccessDeniedException", f"kms:Decrypt on resource: {key['Arn']} because no identity-based policy allows", sam.get_secret_value, SecretId="other")
iam.put_user_policy(UserName="sam", PolicyName="k", PolicyDocument=doc(allow("kms:Decrypt", key["Arn"], Condition={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": other}})))
equal(sam.get_secret_value(SecretId="other")["SecretString"], "s")
kms.disable_key(KeyId=key["KeyId"])
refused("InvalidRequestException", "is disabled", sm.get_secret_value, SecretId="other")
refused("InvalidRequestException", "is disabled", sm.put_secret_value, SecretId="other", SecretString="t")
kms.enable_key(KeyId=key["KeyId"])
equal(sm.get_secret_value(SecretId="other")["SecretString"], "s")
sm.update_secret(SecretId="other", KmsKeyId="alias/aws/secretsmanager", SecretString="t", Description="n")
equal(sm.get_secret_value(SecretId="other")["SecretString"], "t")
kms.disable_key(KeyId=key["KeyId"])
equal(sm.get_secret_value(SecretId="other")["SecretString"], "t")

# Lists.
for i in range(5):
    sm.create_secret(Name=f"many-{i}", SecretString="x")
equal([len(p["SecretList"]) for p in sm.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 3})], [3, 3, 1])
equal([s["Name"] for s in sm.list_secrets(Filters=[{"Key": "name", "Values": ["many-1", "db"]}])["SecretList"]], ["db/prod", "many-1"])
refused("InvalidNextTokenException", "", sm.list_secrets, NextToken="!")

# Deletion can be taken back within its window.
refused("InvalidParameterException", "", sm.delete_secret, SecretId=ARN, RecoveryWindowInDays=3)
sm.delete_secret(SecretId=ARN, RecoveryWindowInDays=7)
refused("InvalidRequestException", "marked for deletion", sm.get_secret_value, SecretId=ARN)
refused("InvalidRequestException", "scheduled for deletion", sm.create_secret, Name="db/prod")
assert "DeletedDate" in sm.describe_secret(SecretId=ARN)
sm.restore_secret(SecretId=ARN)
sm.get_secret_value(SecretId=ARN)
sm.delete_secret(SecretId=ARN, ForceDeleteWithoutRecovery=True)
refused("ResourceNotFoundException", "", sm.describe_secret, SecretId=ARN)
assert sm.create_secret(Name="db/prod")["ARN"] != ARN

password = sm.get_random_password(PasswordLength=20, ExcludePunctuation=True, ExcludeCharacters="abc")["RandomPassword"]
assert len(password) == 20 and password.isalnum() and not set("abc") & set(password), password
refused("InvalidParameterException", "", sm.get_random_password, PasswordLength=3)
print("secrets: ok")
