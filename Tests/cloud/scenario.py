"""Makes the scenario in moto: the box with two interfaces, EC2-B, and a route table that leads past
the box. Prints the numbers that moto gave out."""

import json

import boto3

ec2 = boto3.client("ec2")


def run(name, subnet, address, group=None):
    tag = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}
    instance = ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=address,
        SecurityGroupIds=[group] if group else [], TagSpecifications=[tag],
    )["Instances"][0]
    return instance["InstanceId"], instance["NetworkInterfaces"][0]["NetworkInterfaceId"]


vpc = ec2.create_vpc(CidrBlock="172.31.0.0/16")["Vpc"]["VpcId"]
own, hosts = (
    ec2.create_subnet(VpcId=vpc, CidrBlock=network)["Subnet"]["SubnetId"]
    for network in ("172.31.8.0/24", "172.31.26.0/24")
)
group = ec2.create_security_group(GroupName="nat", Description="nat", VpcId=vpc)["GroupId"]
box, eth0 = run("nat", own, "172.31.8.207", group)
eth1 = ec2.create_network_interface(
    SubnetId=own, PrivateIpAddress="172.31.8.208", Groups=[group]
)["NetworkInterface"]["NetworkInterfaceId"]
ec2.attach_network_interface(NetworkInterfaceId=eth1, InstanceId=box, DeviceIndex=1)
address = ec2.allocate_address(Domain="vpc")["AllocationId"]
ec2.associate_address(AllocationId=address, NetworkInterfaceId=eth0)
table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
ec2.associate_route_table(RouteTableId=table, SubnetId=hosts)
gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
worker, _ = run("ec2-b", hosts, "172.31.26.176")
print(
    json.dumps(
        dict(
            vpc=vpc, subnet=own, hosts=hosts, group=group, eth0=eth0, eth1=eth1, table=table,
            gateway=gateway, worker=worker,
        )
    )
)
