"""Keys, and who may use them for what."""
import base64
from serving import *

kms, iam = client("kms"), client("iam")
NEW = hasattr(kms, "rotate_key_on_demand")  # Debian's boto3 is older than these

# Before any key there are the names of AWS's.
aliases = {a["AliasName"]: a for a in kms.list_aliases()["Aliases"]}
assert "alias/aws/dms" in aliases and "TargetKeyId" not in aliases["alias/aws/dms"], aliases

meta = kms.create_key(Description="d", Tags=[{"TagKey": "team", "TagValue": "red"}])["KeyMetadata"]
key = meta["KeyId"]
equal((meta["KeyState"], meta["KeyManager"], meta["KeySpec"], meta["Arn"]), ("Enabled", "CUSTOMER", "SYMMETRIC_DEFAULT", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"))
kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
for name in [key, meta["Arn"], "alias/mine", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"]:
    equal(kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"], key)
refused("NotFoundException", "does not exist", kms.describe_key, KeyId="00000000-0000-0000-0000-000000000000")
refused("NotFoundException", "is not found", kms.describe_key, KeyId="alias/none")
refused("AlreadyExistsException", "", kms.create_alias, AliasName="alias/mine", TargetKeyId=key)
refused("InvalidAliasNameException", "", kms.create_alias, AliasName="alias/aws/x", TargetKeyId=key)
refused("UnsupportedOperationException", "RSA_2048", kms.create_key, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
refused("UnsupportedOperationException", "HMAC_256", kms.create_key, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
refused("UnsupportedOperationException", "imported material", kms.create_key, Origin="EXTERNAL")
refused("UnsupportedOperationException", "custom key stores", kms.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId="cks-1")
refused("UnsupportedOperationException", "multi-Region", kms.create_key, MultiRegion=True)

# What one seals opens with the same context alone, and names its key.
sealed = kms.encrypt(KeyId="alias/mine", Plaintext=b"hunter2", EncryptionContext={"a": "1"})["CiphertextBlob"]
opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})
equal((opened["Plaintext"], opened["KeyId"]), (b"hunter2", meta["Arn"]))
for context in [{}, {"a": "2"}, {"a": "1", "b": ""}]:
    refused("InvalidCiphertextException", "", kms.decrypt, CiphertextBlob=sealed, EncryptionContext=context)
refused("InvalidCiphertextException", "", kms.decrypt, CiphertextBlob=sealed[:-1] + bytes([sealed[-1] ^ 1]), EncryptionContext={"a": "1"})
refused("InvalidCiphertextException", "", kms.decrypt, CiphertextBlob=b"nonsense")
other = kms.create_key()["KeyMetadata"]["KeyId"]
refused("IncorrectKeyException", "", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"}, KeyId=other)
moved = kms.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext={"a": "1"}, DestinationKeyId=other)
equal(kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other)["Plaintext"], b"hunter2")
data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
equal(kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"], data["Plaintext"])
equal(len(data["Plaintext"]), 32)
equal(len(kms.decrypt(CiphertextBlob=kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=7)["CiphertextBlob"])["Plaintext"]), 7)
refused("ValidationException", "number of bytes or key spec", kms.generate_data_key, KeyId=key)
equal(len(kms.generate_random(NumberOfBytes=24)["Plaintext"]), 24)
if NEW:
    refused("DryRunOperationException", "", kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
refused("ValidationException", "", kms.encrypt, KeyId=key, Plaintext=b"x" * 4097)

# A disabled key opens nothing.
kms.disable_key(KeyId=key)
refused("DisabledException", "is disabled", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
refused("DisabledException", "is disabled", kms.encrypt, KeyId=key, Plaintext=b"x")
equal(kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"], False)
kms.enable_key(KeyId=key)
kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})

# Rotation gives new material; what was sealed before still opens.
if NEW:
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    equal(kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"], 90)
    kms.rotate_key_on_demand(KeyId=key)
    equal([r["RotationType"] for r in kms.list_key_rotations(KeyId=key)["Rotations"]], ["ON_DEMAND"])
    equal(len(kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]), 2)
    equal(kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})["Plaintext"], b"hunter2")
    assert kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"][17:49] != sealed[17:49], "the new material seals"
else:
    kms.enable_key_rotation(KeyId=key)
equal(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], True)
kms.disable_key_rotation(KeyId=key)
equal(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], False)

# Who may: the key's policy must allow, or hand the decision to IAM.
iam.create_user(UserName="kate")
kate_key = iam.create_access_key(UserName="kate")["AccessKey"]
kate = client("kms", kate_key)
KATE = arn("user", "kate")
denied = f"User: {KATE} is not authorized to perform: kms:Decrypt on resource: {meta['Arn']} because no "
refused("AccessDeniedException", denied + "identity-based policy allows the kms:Decrypt action", kate.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
iam.put_user_policy(UserName="kate", PolicyName="p", PolicyDocument=doc(allow("kms:Decrypt", meta["Arn"], Condition={"StringEquals": {"kms:EncryptionContext:a": "1"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a"]}})))
kate.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})
refused("AccessDeniedException", "kms:Decrypt", kate.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "2"})
refused("AccessDeniedException", "kms:Encrypt", kate.encrypt, KeyId=key, Plaintext=b"x")
default = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
admin_only = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": WHO["Arn"]}, "Action": "kms:*", "Resource": "*"}})
kms.put_key_policy(KeyId=key, PolicyName="default", Policy=admin_only)
refused("AccessDeniedException", denied + "resource-based policy allows the kms:Decrypt action", kate.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
refused("MalformedPolicyDocumentException", "will not allow you to update the key policy in the future", kms.put_key_policy, KeyId=key, PolicyName="default", Policy=admin_only.replace(WHO["Arn"], KATE))
refused("MalformedPolicyDocumentException", "Statement.Action", kms.put_key_policy, KeyId=key, PolicyName="default", Policy=admin_only.replace("kms:*", "kms"))

# Grants.
grant = kms.create_grant(KeyId=key, GranteePrincipal=KATE, RetiringPrincipal=KATE, Operations=["Decrypt"], Constraints={"EncryptionContextSubset": {"a": "1"}})
kate.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})
refused("AccessDeniedException", "", kate.decrypt, CiphertextBlob=sealed, EncryptionContext={"b": "1"})
refused("AccessDeniedException", "", kate.describe_key, KeyId=key)
equal([g["GrantId"] for g in kms.list_grants(KeyId=key)["Grants"]], [grant["GrantId"]])
equal(len(kms.list_retirable_grants(RetiringPrincipal=KATE)["Grants"]), 1)
kate.retire_grant(GrantToken=grant["GrantToken"])
refused("AccessDeniedException", "", kate.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
grant = kms.create_grant(KeyId=key, GranteePrincipal=KATE, Operations=["DescribeKey", "Encrypt"])
kate.describe_key(KeyId=key)
refused("AccessDeniedException", "kms:RetireGrant", kate.retire_grant, KeyId=meta["Arn"], GrantId=grant["GrantId"])
kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
refused("AccessDeniedException", "", kate.describe_key, KeyId=key)
refused("ValidationException", "CreateGrant", kms.create_grant, KeyId=key, GranteePrincipal=KATE, Operations=["Sign"])
kms.put_key_policy(KeyId=key, PolicyName="default", Policy=default)

# Aliases, tags, descriptions, pages.
kms.update_alias(AliasName="alias/mine", TargetKeyId=other)
equal(kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"], other)
equal([a["AliasName"] for a in kms.list_aliases(KeyId=other)["Aliases"]], ["alias/mine"])
equal([len(p["Aliases"]) for p in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 2})], [2, 2, 1])
equal([len(p["Keys"]) for p in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1})], [1, 1, 1, 1])
refused("InvalidMarkerException", "", kms.list_keys, Marker="!!")
kms.tag_resource(KeyId=key, Tags=[{"TagKey": "x", "TagValue": "y"}])
kms.untag_resource(KeyId=key, TagKeys=["team"])
equal(kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "x", "TagValue": "y"}])
kms.update_key_description(KeyId=key, Description="new")
equal(kms.describe_key(KeyId=key)["KeyMetadata"]["Description"], "new")
equal(kms.list_key_policies(KeyId=key)["PolicyNames"], ["default"])
kms.delete_alias(AliasName="alias/mine")

# Deletion waits, and can be taken back.
refused("ValidationException", "", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=3)
equal(kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["KeyState"], "PendingDeletion")
refused("KMSInvalidStateException", "is pending deletion", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
refused("KMSInvalidStateException", "is pending deletion", kms.enable_key, KeyId=key)
kms.cancel_key_deletion(KeyId=key)
refused("DisabledException", "", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "1"})
kms.enable_key(KeyId=key)
equal(kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})["Plaintext"], b"hunter2")
print("kms: ok")
