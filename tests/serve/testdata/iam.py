"""Users, groups, roles and policies, and what they let their holders do."""
import base64, csv, io, urllib.parse
from serving import *

iam = client("iam")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}})
DMS = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "dms.amazonaws.com"}, "Action": "sts:AssumeRole"}})

# Users, and pages of them.
user = iam.create_user(UserName="Ann", Path="/people/", Tags=[{"Key": "team", "Value": "red"}])["User"]
equal(user["Arn"], arn("user", "people/Ann"))
assert user["UserId"].startswith("AIDA")
refused("EntityAlreadyExists", "User with name ann already exists.", iam.create_user, UserName="ann")
refused("NoSuchEntity", "The user with name nobody cannot be found.", iam.get_user, UserName="nobody")
refused("ValidationError", "", iam.create_user, UserName="a b")
equal(iam.get_user(UserName="ann")["User"]["Tags"], [{"Key": "team", "Value": "red"}])
equal(iam.get_user()["User"]["Arn"], WHO["Arn"])
for i in range(7):
    iam.create_user(UserName=f"many-{i}", Path="/many/")
pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/many/", PaginationConfig={"PageSize": 3}))
equal([len(p["Users"]) for p in pages], [3, 3, 1])
equal([u["UserName"] for p in pages for u in p["Users"]], [f"many-{i}" for i in range(7)])
refused("ValidationError", "Invalid Marker", iam.list_users, Marker="!")
for i in range(7):
    iam.delete_user(UserName=f"many-{i}")
equal(iam.list_users(PathPrefix="/many/")["Users"], [])

# Keys: two for a user, active or not, gone when deleted.
key = iam.create_access_key(UserName="Ann")["AccessKey"]
spare = iam.create_access_key(UserName="Ann")["AccessKey"]
refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", iam.create_access_key, UserName="Ann")
equal({k["AccessKeyId"] for k in iam.list_access_keys(UserName="Ann")["AccessKeyMetadata"]}, {key["AccessKeyId"], spare["AccessKeyId"]})
ann = client("iam", key)
equal(client("sts", key).get_caller_identity()["Arn"], user["Arn"])
equal(iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"], "sts")
equal(iam.get_access_key_last_used(AccessKeyId=spare["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"], "N/A")
iam.update_access_key(UserName="Ann", AccessKeyId=spare["AccessKeyId"], Status="Inactive")
refused("InvalidClientTokenId", "", client("sts", spare).get_caller_identity)
iam.update_access_key(UserName="Ann", AccessKeyId=spare["AccessKeyId"], Status="Active")
client("sts", spare).get_caller_identity()
refused("NoSuchEntity", "cannot be found", iam.delete_access_key, UserName="admin", AccessKeyId=spare["AccessKeyId"])
iam.delete_access_key(UserName="Ann", AccessKeyId=spare["AccessKeyId"])
refused("InvalidClientTokenId", "", client("sts", spare).get_caller_identity)

# Nothing is allowed until a policy says so, and a Deny wins.
no = f"User: {user['Arn']} is not authorized to perform: iam:ListUsers because no identity-based policy allows the iam:ListUsers action"
refused("AccessDenied", no, ann.list_users)
iam.put_user_policy(UserName="Ann", PolicyName="read", PolicyDocument=doc(allow(["iam:List*", "iam:Get*"])))
ann.list_users()
ann.get_user()
refused("AccessDenied", f"is not authorized to perform: iam:CreateUser on resource: {arn('user', 'x')} because no identity-based policy allows the iam:CreateUser action", ann.create_user, UserName="x")
equal(iam.get_user_policy(UserName="Ann", PolicyName="read")["PolicyDocument"]["Statement"][0]["Action"], ["iam:List*", "iam:Get*"])
equal(iam.list_user_policies(UserName="Ann")["PolicyNames"], ["read"])
iam.put_user_policy(UserName="Ann", PolicyName="stop", PolicyDocument=doc(deny("iam:ListRoles")))
refused("AccessDenied", "is not authorized to perform: iam:ListRoles with an explicit deny in an identity-based policy", ann.list_roles)
iam.delete_user_policy(UserName="Ann", PolicyName="stop")
ann.list_roles()
refused("NoSuchEntity", "The user policy with name stop cannot be found.", iam.get_user_policy, UserName="Ann", PolicyName="stop")

# Policies are checked when they are written, and the answer says where.
for text, want in {
    "{": "Syntax errors in policy. line 1:",
    doc({"Effect": "Allow", "Action": "Describe", "Resource": "*"}): "Statement[0].Action: Actions/Conditions must be prefaced by a vendor",
    doc(allow("dms:*", Condition={"streq": {"aws:x": "y"}})): "Statement[0].Condition.streq: Invalid Condition type : streq.",
    doc(allow("dms:*", "endpoint/*")): 'Resource endpoint/* must be in ARN format or "*".',
    doc({**allow("dms:*"), "Principal": "*"}): "Policy document should not specify a principal.",
}.items():
    refused("MalformedPolicyDocument", want, iam.put_user_policy, UserName="Ann", PolicyName="bad", PolicyDocument=text)
    refused("MalformedPolicyDocument", want, iam.create_policy, PolicyName="bad", PolicyDocument=text)
refused("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user Ann", iam.put_user_policy, UserName="Ann", PolicyName="long", PolicyDocument=doc(allow(["dms:" + "x" * 100 + str(i) for i in range(30)])))
refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", iam.create_policy, PolicyName="long", PolicyDocument=doc(allow(["dms:" + "x" * 100 + str(i) for i in range(80)])))

# Groups.
iam.create_group(GroupName="dba")
iam.put_group_policy(GroupName="dba", PolicyName="make", PolicyDocument=doc(allow("iam:CreateUser", arn("user", "temp/*"))))
iam.add_user_to_group(GroupName="dba", UserName="Ann")
ann.create_user(UserName="t", Path="/temp/")
refused("AccessDenied", "iam:CreateUser", ann.create_user, UserName="t2")
iam.delete_user(UserName="t")
equal([g["GroupName"] for g in iam.list_groups_for_user(UserName="Ann")["Groups"]], ["dba"])
equal([u["UserName"] for u in iam.get_group(GroupName="dba")["Users"]], ["Ann"])
iam.update_group(GroupName="dba", NewGroupName="dbas")
ann.create_user(UserName="t", Path="/temp/")
iam.delete_user(UserName="t")
refused("DeleteConflict", "must remove users from group first.", iam.delete_group, GroupName="dbas")
equal(iam.get_group_policy(GroupName="dbas", PolicyName="make")["PolicyName"], "make")

# Managed policies and their versions.
policy = iam.create_policy(PolicyName="tasks", Path="/team/", Description="d", PolicyDocument=doc(allow("iam:ListGroups")), Tags=[{"Key": "a", "Value": "b"}])["Policy"]
equal(policy["Arn"], arn("policy", "team/tasks"))
iam.attach_user_policy(UserName="Ann", PolicyArn=policy["Arn"])
iam.delete_user_policy(UserName="Ann", PolicyName="read")
ann.list_groups()
refused("AccessDenied", "iam:ListUsers", ann.list_users)
v2 = iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=doc(allow("iam:ListUsers"), deny("iam:ListGroups")))["PolicyVersion"]
equal((v2["VersionId"], v2["IsDefaultVersion"]), ("v2", False))
ann.list_groups()
iam.set_default_policy_version(PolicyArn=policy["Arn"], VersionId="v2")
ann.list_users()
refused("AccessDenied", "with an explicit deny in an identity-based policy: " + policy["Arn"], ann.list_groups)
for _ in range(3):
    iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=doc(allow("iam:*")))
refused("LimitExceeded", "A managed policy can have up to 5 versions.", iam.create_policy_version, PolicyArn=policy["Arn"], PolicyDocument=doc(allow("iam:*")))
equal([v["VersionId"] for v in iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]], ["v5", "v4", "v3", "v2", "v1"])
equal([len(p["Versions"]) for p in iam.get_paginator("list_policy_versions").paginate(PolicyArn=policy["Arn"], PaginationConfig={"PageSize": 2})], [2, 2, 1])
refused("DeleteConflict", "Cannot delete the default version of a policy.", iam.delete_policy_version, PolicyArn=policy["Arn"], VersionId="v2")
equal(iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"]["Statement"][0]["Action"], "iam:ListGroups")
refused("DeleteConflict", "Cannot delete a policy attached to entities.", iam.delete_policy, PolicyArn=policy["Arn"])
equal([u["UserName"] for u in iam.list_entities_for_policy(PolicyArn=policy["Arn"])["PolicyUsers"]], ["Ann"])
shown = iam.get_policy(PolicyArn=policy["Arn"])["Policy"]
equal((shown["AttachmentCount"], shown["DefaultVersionId"], shown["Tags"]), (1, "v2", [{"Key": "a", "Value": "b"}]))
equal([p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]], ["tasks"])
assert "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole" in [p["Arn"] for p in iam.list_policies(Scope="AWS")["Policies"]]
refused("NoSuchEntity", "does not exist or is not attachable.", iam.attach_user_policy, UserName="Ann", PolicyArn=arn("policy", "none"))
refused("InvalidInput", "AWS's own", iam.delete_policy, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
refused("PolicyNotAttachable", "", iam.attach_user_policy, UserName="Ann", PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AWSDMSServerlessServiceRolePolicy")

# Boundaries.
iam.attach_user_policy(UserName="Ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
iam.detach_user_policy(UserName="Ann", PolicyArn=policy["Arn"])
iam.put_user_permissions_boundary(UserName="Ann", PermissionsBoundary=policy["Arn"])
refused("AccessDenied", "because no permissions boundary allows the iam:ListRoles action", ann.list_roles)
refused("AccessDenied", "with an explicit deny in a permissions boundary: " + policy["Arn"], ann.list_groups)
ann.list_users()
equal(iam.get_user(UserName="Ann")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"], policy["Arn"])
refused("DeleteConflict", "attached to entities", iam.delete_policy, PolicyArn=policy["Arn"])
iam.delete_user_permissions_boundary(UserName="Ann")
ann.list_groups()
iam.detach_user_policy(UserName="Ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

# Roles: who may assume one, and what it may do.
role = iam.create_role(RoleName="ops", AssumeRolePolicyDocument=TRUST, Description="o", MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "red"}])["Role"]
equal(role["AssumeRolePolicyDocument"], json.loads(TRUST))
refused("AccessDenied", "sts:AssumeRole", client("sts", key).assume_role, RoleArn=role["Arn"], RoleSessionName="s1")
iam.put_user_policy(UserName="Ann", PolicyName="assume", PolicyDocument=doc(allow("sts:AssumeRole", role["Arn"])))
session = client("sts", key).assume_role(RoleArn=role["Arn"], RoleSessionName="s1")["Credentials"]
ops = client("iam", session)
refused("AccessDenied", f"User: arn:aws:sts::{ACCOUNT}:assumed-role/ops/s1 is not authorized to perform: iam:ListRoles", ops.list_roles)
iam.put_role_policy(RoleName="ops", PolicyName="own", PolicyDocument=doc(allow("iam:GetRole", "*", Condition={"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}})))
equal(ops.get_role(RoleName="ops")["Role"]["MaxSessionDuration"], 7200)
iam.create_role(RoleName="dms-vpc-role", AssumeRolePolicyDocument=DMS)
refused("AccessDenied", "iam:GetRole on resource: " + arn("role", "dms-vpc-role"), ops.get_role, RoleName="dms-vpc-role")
narrow = client("sts", key).assume_role(RoleArn=role["Arn"], RoleSessionName="s1", Policy=doc(allow("iam:ListUsers")))["Credentials"]
refused("AccessDenied", "because no session policy allows the iam:GetRole action", client("iam", narrow).get_role, RoleName="ops")
assert "LastUsedDate" in iam.get_role(RoleName="ops")["Role"]["RoleLastUsed"]
for name in ["AmazonDMSVPCManagementRole", "AmazonDMSCloudWatchLogsRole", "AmazonDMSRedshiftS3Role"]:
    iam.attach_role_policy(RoleName="dms-vpc-role", PolicyArn="arn:aws:iam::aws:policy/service-role/" + name)
equal(len(iam.list_attached_role_policies(RoleName="dms-vpc-role", PathPrefix="/service-role/")["AttachedPolicies"]), 3)
equal(iam.list_attached_role_policies(RoleName="dms-vpc-role", PathPrefix="/other/")["AttachedPolicies"], [])
refused("AccessDenied", "sts:AssumeRole", sts.assume_role, RoleArn=arn("role", "dms-vpc-role"), RoleSessionName="s1")
refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn("user", "ghost")}"', iam.update_assume_role_policy, RoleName="ops",
        PolicyDocument=TRUST.replace(f'"{ACCOUNT}"', f'"{arn("user", "ghost")}"'))
refused("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.", iam.create_role, RoleName="x", AssumeRolePolicyDocument=TRUST.replace("sts:AssumeRole", "dms:*"))
refused("MalformedPolicyDocument", "Has prohibited field Resource", iam.create_role, RoleName="x", AssumeRolePolicyDocument=doc({**allow("sts:AssumeRole"), "Principal": "*"}))
iam.update_role(RoleName="ops", Description="new", MaxSessionDuration=3600)
equal(iam.update_role_description(RoleName="ops", Description="newer")["Role"]["Description"], "newer")
refused("DeleteConflict", "must detach all policies first.", iam.delete_role, RoleName="dms-vpc-role")
refused("DeleteConflict", "must delete policies first.", iam.delete_role, RoleName="ops")

# Tags, whose keys do not mind their case.
iam.tag_role(RoleName="ops", Tags=[{"Key": "TEAM", "Value": "blue"}, {"Key": "x", "Value": ""}])
equal(iam.list_role_tags(RoleName="ops")["Tags"], [{"Key": "TEAM", "Value": "blue"}, {"Key": "x", "Value": ""}])
iam.untag_role(RoleName="ops", TagKeys=["team"])
equal(iam.list_role_tags(RoleName="ops")["Tags"], [{"Key": "x", "Value": ""}])
refused("InvalidInput", "aws:", iam.tag_user, UserName="Ann", Tags=[{"Key": "aws:x", "Value": "y"}])

# Instance profiles pass roles.
iam.create_instance_profile(InstanceProfileName="p")
iam.put_user_policy(UserName="Ann", PolicyName="profiles", PolicyDocument=doc(allow("iam:AddRoleToInstanceProfile")))
refused("AccessDenied", f"is not authorized to perform: iam:PassRole on resource: {role['Arn']} because no identity-based policy allows the iam:PassRole action", ann.add_role_to_instance_profile, InstanceProfileName="p", RoleName="ops")
iam.put_user_policy(UserName="Ann", PolicyName="pass", PolicyDocument=doc(allow("iam:PassRole", role["Arn"], Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})))
ann.add_role_to_instance_profile(InstanceProfileName="p", RoleName="ops")
equal(iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Roles"][0]["RoleName"], "ops")
equal(len(iam.list_instance_profiles_for_role(RoleName="ops")["InstanceProfiles"]), 1)
refused("DeleteConflict", "must remove roles from instance profile first.", iam.delete_instance_profile, InstanceProfileName="p")
iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="ops")
iam.delete_instance_profile(InstanceProfileName="p")

# Service-linked roles are their service's.
linked = iam.create_service_linked_role(AWSServiceName="dms.amazonaws.com")["Role"]
equal(linked["Arn"], arn("role", "aws-service-role/dms.amazonaws.com/AWSServiceRoleForDMSServerless"))
refused("UnmodifiableEntity", "protected role", iam.delete_role, RoleName=linked["RoleName"])
refused("UnmodifiableEntity", "protected role", iam.put_role_policy, RoleName=linked["RoleName"], PolicyName="x", PolicyDocument=doc(allow("*")))
refused("InvalidInput", "has been taken", iam.create_service_linked_role, AWSServiceName="dms.amazonaws.com")
task = iam.delete_service_linked_role(RoleName=linked["RoleName"])["DeletionTaskId"]
equal(iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"], "SUCCEEDED")

# The simulator.
def simulated(results):
    return [(r["EvalActionName"], r["EvalResourceName"], r["EvalDecision"]) for r in results["EvaluationResults"]]

text = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [" + json.dumps(allow("dms:Describe*")) + ",\n" + json.dumps(deny("dms:DescribeEvents", Condition={"StringEquals": {"aws:username": "x"}})) + "]}"
answer = iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["dms:DescribeEndpoints", "dms:DeleteEndpoint", "dms:DescribeEvents"], ContextEntries=[{"ContextKeyName": "aws:username", "ContextKeyType": "string", "ContextKeyValues": ["x"]}])
equal(simulated(answer), [("dms:DescribeEndpoints", "*", "allowed"), ("dms:DeleteEndpoint", "*", "implicitDeny"), ("dms:DescribeEvents", "*", "explicitDeny")])
equal(answer["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyId"], "PolicyInputList.1")
equal(answer["EvaluationResults"][0]["MatchedStatements"][0]["StartPosition"], {"Line": 3, "Column": 16})
equal(iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["dms:DescribeEvents"])["EvaluationResults"][0]["MissingContextValues"], ["aws:username"])
fence = doc(allow("*"), deny("*", Condition={"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}))
answer = iam.simulate_custom_policy(PolicyInputList=[fence], ActionNames=["dms:DeleteEndpoint"], ResourceArns=[f"arn:aws:dms:{REGION}:{ACCOUNT}:endpoint:E", f"arn:aws:dms:{REGION}:999999999999:endpoint:E"])
equal([r["EvalResourceDecision"] for r in answer["EvaluationResults"][0]["ResourceSpecificResults"]], ["allowed", "explicitDeny"])
equal(answer["EvaluationResults"][0]["MissingContextValues"], [])
answer = iam.simulate_principal_policy(PolicySourceArn=user["Arn"], ActionNames=["iam:PassRole", "iam:CreateUser"], ResourceArns=[role["Arn"], arn("user", "temp/x")], ContextEntries=[{"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string", "ContextKeyValues": ["ec2.amazonaws.com"]}])
equal([[r["EvalResourceDecision"] for r in e["ResourceSpecificResults"]] for e in answer["EvaluationResults"]], [["allowed", "implicitDeny"], ["implicitDeny", "allowed"]])
equal(simulated(iam.simulate_principal_policy(PolicySourceArn=WHO["Arn"], ActionNames=["x:Y"], PermissionsBoundaryPolicyInputList=[doc(allow("iam:*"))])), [("x:Y", "*", "implicitDeny")])
# The boundary's part is its own, whatever the other policies say and whosever the resource is.
def bounded(*policies, **more):
    answer = iam.simulate_custom_policy(PolicyInputList=list(policies), PermissionsBoundaryPolicyInputList=[doc(allow("dms:*"), deny("dms:DeleteEndpoint"))], **more)
    return [r["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for r in answer["EvaluationResults"]]

equal(bounded(doc(deny("*")), ActionNames=["iam:CreateUser", "dms:DescribeEvents", "dms:DeleteEndpoint"]), [False, True, False])
equal(bounded(doc(allow("*")), ActionNames=["dms:DescribeEvents"], ResourceArns=[f"arn:aws:dms:{REGION}:999999999999:endpoint:E"]), [True])
for simulate, about in [(iam.simulate_custom_policy, {"PolicyInputList": [text]}), (iam.simulate_principal_policy, {"PolicySourceArn": user["Arn"]})]:
    refused("InvalidInput", "ResourceHandlingOption", simulate, ActionNames=["ec2:RunInstances"], ResourceHandlingOption="EC2-VPC-EBS", **about)
equal(iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"], ["aws:username"])
assert "iam:PassedToService" in iam.get_context_keys_for_principal_policy(PolicySourceArn=user["Arn"])["ContextKeyNames"]
refused("InvalidInput", "PolicyInputList.1", iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["a:b"])

# The account as a whole.
details = iam.get_account_authorization_details()
equal({u["UserName"]: u["GroupList"] for u in details["UserDetailList"]}["Ann"], ["dbas"])
equal([g["GroupName"] for g in details["GroupDetailList"]], ["dbas"])
assert {"ops", "dms-vpc-role"} <= {r["RoleName"] for r in details["RoleDetailList"]}
equal(sum(len(p[k]) for p in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}) for k in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]),
      sum(len(details[k]) for k in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]))
equal(iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["UserDetailList"], [])
summary = iam.get_account_summary()["SummaryMap"]
equal((summary["Groups"], summary["AccessKeysPerUserQuota"], summary["Policies"]), (1, 2, 1))
refused("ReportNotPresent", "", iam.get_credential_report)
equal(iam.generate_credential_report()["State"], "COMPLETE")
rows = list(csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode())))
equal((rows[0]["user"], rows[0]["arn"], rows[0]["mfa_active"], rows[0]["access_key_1_active"]), ("<root_account>", f"arn:aws:iam::{ACCOUNT}:root", "false", "false"))
assert rows[0]["user_creation_time"] <= rows[1]["user_creation_time"], rows[:2]
row = next(r for r in rows if r["user"] == "Ann")
equal((row["arn"], row["access_key_1_active"], row["access_key_2_active"], row["access_key_1_last_used_service"]), (user["Arn"], "true", "false", "iam"))
iam.create_account_alias(AccountAlias="birds")
equal(iam.list_account_aliases()["AccountAliases"], ["birds"])
refused("NoSuchEntity", "", iam.delete_account_alias, AccountAlias="fish")
iam.delete_account_alias(AccountAlias="birds")
equal(iam.list_account_aliases()["AccountAliases"], [])
equal(iam.list_mfa_devices(UserName="Ann")["MFADevices"], [])

# What there is none of is said to be none, of users that are there.
for ask in iam.get_login_profile, iam.delete_login_profile, iam.update_login_profile:
    refused("NoSuchEntity", "Login Profile for User Ann cannot be found.", ask, UserName="Ann")
    refused("NoSuchEntity", "nobody", ask, UserName="nobody")
refused("LimitExceeded", "Nobody signs in with a password here", iam.create_login_profile, UserName="Ann", Password="hunter2-hunter2")
refused("InvalidUserType" if ":assumed-role/" in WHO["Arn"] else "NoSuchEntity", "", iam.change_password, OldPassword="hunter2-a", NewPassword="hunter2-b")
for ask in iam.get_account_password_policy, iam.delete_account_password_policy:
    refused("NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found.", ask)
refused("LimitExceeded", "Nobody signs in", iam.update_account_password_policy, MinimumPasswordLength=20)
for ask, key_ in (iam.list_ssh_public_keys, "SSHPublicKeys"), (iam.list_signing_certificates, "Certificates"), (iam.list_service_specific_credentials, "ServiceSpecificCredentials"):
    equal(ask(UserName="Ann")[key_], [])
    refused("NoSuchEntity", "nobody", ask, UserName="nobody")
equal(iam.list_server_certificates()["ServerCertificateMetadataList"], [])
equal(iam.list_saml_providers()["SAMLProviderList"], [])

# Identity providers.
provider = iam.create_open_id_connect_provider(Url="https://id.example.com/x", ClientIDList=["a"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
equal(provider, arn("oidc-provider", "id.example.com/x"))
iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="b")
iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="a")
iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=provider, ThumbprintList=["b" * 40])
iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=provider, Tags=[{"Key": "k", "Value": "v"}])
shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)
equal((shown["Url"], shown["ClientIDList"], shown["ThumbprintList"], shown["Tags"]), ("id.example.com/x", ["b"], ["b" * 40], [{"Key": "k", "Value": "v"}]))
refused("EntityAlreadyExists", "", iam.create_open_id_connect_provider, Url="https://id.example.com/x", ThumbprintList=["a" * 40])
equal([p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]], [provider])
iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
refused("NoSuchEntity", "", iam.get_open_id_connect_provider, OpenIDConnectProviderArn=provider)

# Who renames or moves a user or a group needs the right to both names.
iam.put_user_policy(UserName="Ann", PolicyName="rename", PolicyDocument=doc(
    allow(["iam:UpdateUser", "iam:UpdateGroup"]), deny("iam:UpdateUser", arn("user", "admins/*")), deny("iam:UpdateGroup", [arn("group", "bosses"), arn("group", "admins/*")])))
iam.create_user(UserName="pal", Path="/people/")
for new in dict(NewPath="/admins/"), dict(NewPath="/admins/", NewUserName="pal2"):
    refused("AccessDenied", "iam:UpdateUser on resource: " + arn("user", "admins/pal"), ann.update_user, UserName="pal", **new)
for new in dict(NewGroupName="bosses"), dict(NewPath="/admins/"):
    refused("AccessDenied", "with an explicit deny", ann.update_group, GroupName="dbas", **new)
ann.update_user(UserName="pal", NewPath="/others/")
iam.put_user_policy(UserName="Ann", PolicyName="rename", PolicyDocument=doc(allow("iam:UpdateUser", arn("user", "others/*"))))
ann.update_user(UserName="pal", NewUserName="pal2")
refused("AccessDenied", arn("user", "pal2"), ann.update_user, UserName="pal2", NewPath="/")
iam.delete_user(UserName="pal2")
iam.delete_user_policy(UserName="Ann", PolicyName="rename")

# A user that is renamed keeps its key, and one that is deleted loses everything.
iam.update_user(UserName="Ann", NewUserName="Anna")
equal(client("sts", key).get_caller_identity()["Arn"], arn("user", "people/Anna"))
refused("DeleteConflict", "must delete access keys first.", iam.delete_user, UserName="Anna")
iam.delete_access_key(UserName="Anna", AccessKeyId=key["AccessKeyId"])
refused("DeleteConflict", "must remove users from group first.", iam.delete_user, UserName="Anna")
iam.remove_user_from_group(GroupName="dbas", UserName="Anna")
for name in iam.list_user_policies(UserName="Anna")["PolicyNames"]:
    refused("DeleteConflict", "must delete policies first.", iam.delete_user, UserName="Anna")
    iam.delete_user_policy(UserName="Anna", PolicyName=name)
iam.delete_user(UserName="Anna")
iam.delete_role_policy(RoleName="ops", PolicyName="own")
iam.delete_role(RoleName="ops")
refused("InvalidClientTokenId", "", ops.get_role, RoleName="ops")
print("iam: ok")
