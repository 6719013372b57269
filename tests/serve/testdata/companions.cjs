// IAM, KMS and EC2 as the JavaScript SDK calls them.
const assert = require("assert");
const at = (name) => require(process.env.MODULES + "/@aws-sdk/client-" + name);
const { IAMClient, CreateUserCommand, GetUserCommand, DeleteUserCommand, paginateListUsers } = at("iam");
const { KMSClient, CreateKeyCommand, EncryptCommand, DecryptCommand, DisableKeyCommand, paginateListKeys } = at("kms");
const { EC2Client, CreateVpcCommand, DescribeVpcsCommand, DeleteVpcCommand, CreateSecurityGroupCommand, DeleteSecurityGroupCommand } = at("ec2");
const config = { endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1 };

async function refused(name, call) {
  await assert.rejects(call, (e) => { assert.strictEqual(e.name, name, e.message); return true; });
}

async function iam() {
  const api = new IAMClient(config);
  const names = ["ann", "bob", "cid"];
  for (const UserName of names) await api.send(new CreateUserCommand({ UserName, Tags: [{ Key: "team", Value: "red" }] }));
  await refused("EntityAlreadyExistsException", () => api.send(new CreateUserCommand({ UserName: "ann" })));
  const { User } = await api.send(new GetUserCommand({ UserName: "ann" }));
  assert.deepStrictEqual(User.Tags, [{ Key: "team", Value: "red" }]);
  assert(User.CreateDate instanceof Date);
  const listed = [];
  for await (const page of paginateListUsers({ client: api, pageSize: 2 }, {})) listed.push(...page.Users.map((u) => u.UserName));
  assert.deepStrictEqual(listed, ["admin", ...names]);
  for (const UserName of names) await api.send(new DeleteUserCommand({ UserName }));
  await refused("NoSuchEntityException", () => api.send(new GetUserCommand({ UserName: "ann" })));
}

async function kms() {
  const api = new KMSClient(config);
  const { KeyMetadata } = await api.send(new CreateKeyCommand({ Description: "d" }));
  const KeyId = KeyMetadata.KeyId, EncryptionContext = { a: "1" };
  const { CiphertextBlob } = await api.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("hunter2"), EncryptionContext }));
  const { Plaintext } = await api.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  assert.strictEqual(Buffer.from(Plaintext).toString(), "hunter2");
  await refused("InvalidCiphertextException", () => api.send(new DecryptCommand({ CiphertextBlob })));
  await api.send(new CreateKeyCommand({}));
  const listed = [];
  for await (const page of paginateListKeys({ client: api, pageSize: 1 }, {})) listed.push(...page.Keys.map((k) => k.KeyId));
  assert(listed.includes(KeyId) && new Set(listed).size === listed.length && listed.length >= 2, listed);
  await api.send(new DisableKeyCommand({ KeyId }));
  await refused("DisabledException", () => api.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })));
}

async function ec2() {
  const api = new EC2Client(config);
  const { Vpc: { VpcId } } = await api.send(new CreateVpcCommand({ CidrBlock: "10.8.0.0/16" }));
  const { Vpcs } = await api.send(new DescribeVpcsCommand({ Filters: [{ Name: "cidr", Values: ["10.8.0.0/16"] }] }));
  assert.deepStrictEqual(Vpcs.map((v) => [v.VpcId, v.IsDefault]), [[VpcId, false]]);
  const { GroupId } = await api.send(new CreateSecurityGroupCommand({ VpcId, GroupName: "g", Description: "d" }));
  await refused("InvalidGroup.Duplicate", () => api.send(new CreateSecurityGroupCommand({ VpcId, GroupName: "g", Description: "d" })));
  await api.send(new DeleteSecurityGroupCommand({ GroupId }));
  await api.send(new DeleteVpcCommand({ VpcId }));
  await refused("InvalidVpcID.NotFound", () => api.send(new DescribeVpcsCommand({ VpcIds: [VpcId] })));
}

(async () => {
  for (const drive of [iam, kms, ec2]) { await drive(); console.log(drive.name + ": ok"); }
})().catch((e) => { console.error(e); process.exit(1); });
