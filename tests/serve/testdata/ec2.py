"""The inventory of networks, as boto3 reads and changes it."""
from serving import *

ec2 = client("ec2")

vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "red"}]}])["Vpc"]
equal((vpc["CidrBlock"], vpc["IsDefault"], vpc["Tags"]), ("10.7.0.0/16", False, [{"Key": "team", "Value": "red"}]))
ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["VpcId"]])
by = lambda name, *values: [{"Name": name, "Values": list(values)}]
equal([v["VpcId"] for v in ec2.describe_vpcs(Filters=by("tag:team", "red"))["Vpcs"]], [vpc["VpcId"]])
zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
assert zones and all(z.startswith(REGION) for z in zones), zones
subnets = [ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=f"10.7.{i}.0/24", AvailabilityZone=zones[0])["Subnet"] for i in range(7)]
refused("InvalidSubnet.Conflict", "", ec2.create_subnet, VpcId=vpc["VpcId"], CidrBlock="10.7.0.0/25")
refused("InvalidVpcID.NotFound", "vpc-0000000000000000f", ec2.describe_vpcs, VpcIds=["vpc-0000000000000000f"])

# Pages.
pages = list(ec2.get_paginator("describe_subnets").paginate(Filters=by("vpc-id", vpc["VpcId"]), PaginationConfig={"PageSize": 5}))
equal(sorted(s["SubnetId"] for p in pages for s in p["Subnets"]), sorted(s["SubnetId"] for s in subnets))
assert len(pages) == 2, pages

# Groups and their rules.
group = ec2.create_security_group(VpcId=vpc["VpcId"], GroupName="db", Description="databases")["GroupId"]
rule = dict(IpProtocol="tcp", FromPort=5432, ToPort=5432, IpRanges=[{"CidrIp": "10.7.0.0/16", "Description": "inside"}])
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
refused("InvalidPermission.Duplicate", "", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])
shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
equal((shown["IpPermissions"][0]["FromPort"], shown["IpPermissions"][0]["IpRanges"]), (5432, rule["IpRanges"]))
ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
equal(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"], [])

# Interfaces, tags, and what is in use.
nic = ec2.create_network_interface(SubnetId=subnets[0]["SubnetId"], Groups=[group], Description="d")["NetworkInterface"]
equal((nic["VpcId"], [g["GroupId"] for g in nic["Groups"]]), (vpc["VpcId"], [group]))
refused("DependencyViolation", "", ec2.delete_security_group, GroupId=group)
ec2.create_tags(Resources=[nic["NetworkInterfaceId"], group], Tags=[{"Key": "stage", "Value": "test"}])
tags = ec2.describe_tags(Filters=by("resource-id", nic["NetworkInterfaceId"]))["Tags"]
equal([(t["Key"], t["Value"], t["ResourceType"]) for t in tags], [("stage", "test", "network-interface")])
ec2.delete_tags(Resources=[nic["NetworkInterfaceId"]], Tags=[{"Key": "stage"}])
equal(ec2.describe_tags(Filters=by("resource-id", nic["NetworkInterfaceId"]))["Tags"], [])

# A VPC endpoint.
made = ec2.create_vpc_endpoint(VpcId=vpc["VpcId"], VpcEndpointType="Interface", ServiceName=f"com.amazonaws.{REGION}.dms", SubnetIds=[subnets[0]["SubnetId"]], SecurityGroupIds=[group])["VpcEndpoint"]
equal((made["ServiceName"], made["State"].lower()), (f"com.amazonaws.{REGION}.dms", "available"))
assert f"com.amazonaws.{REGION}.dms" in ec2.describe_vpc_endpoint_services()["ServiceNames"]
equal(ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["Unsuccessful"], [])

# All goes again.
ec2.delete_network_interface(NetworkInterfaceId=nic["NetworkInterfaceId"])
ec2.delete_security_group(GroupId=group)
for s in subnets:
    ec2.delete_subnet(SubnetId=s["SubnetId"])
ec2.delete_vpc(VpcId=vpc["VpcId"])
refused("InvalidVpcID.NotFound", "", ec2.delete_vpc, VpcId=vpc["VpcId"])
try:
    ec2.describe_vpcs(DryRun=True)
except botocore.exceptions.ClientError as e:
    equal(e.response["Error"]["Code"], "DryRunOperation")
print("ec2: ok")
