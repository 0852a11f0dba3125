"""Answers `aws ec2 describe-instances` with many instances, a thousand a page as EC2 does.

pages.py PORT COUNT VPC LOG [STRANGER]. Every instance has the tag Fleet=all and a Name; the second is
stopped, the last has two interfaces and three addresses, and the one of this number is of another VPC.
What is asked for, the filters too, is written to LOG, a line for each page: moto would take 43 s for
one answer.
"""

import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = 1000
COUNT, VPC, LOG = int(sys.argv[2]), sys.argv[3], sys.argv[4]
STRANGER = int(sys.argv[5]) if len(sys.argv) > 5 else None

ADDRESS = """<item><privateIpAddress>{0}</privateIpAddress><privateDnsName>ip-{1}.ec2.internal
</privateDnsName><primary>{2}</primary></item>"""
INTERFACE = """<item><networkInterfaceId>eni-{0:017x}</networkInterfaceId><subnetId>subnet-1</subnetId>
<vpcId>{1}</vpcId><description/><ownerId>123456789012</ownerId><status>in-use</status>
<macAddress>02:dd:2c:5e:01:69</macAddress><privateIpAddress>{2}</privateIpAddress>
<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-1</groupId><groupName>hosts
</groupName></item></groupSet><attachment><attachmentId>eni-attach-1</attachmentId>
<deviceIndex>0</deviceIndex><status>attached</status><attachTime>2026-11-01T00:00:00.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination></attachment>
<privateIpAddressesSet>{3}</privateIpAddressesSet></item>"""
# The elements of the example in the EC2 API reference, DescribeInstances.
INSTANCE = """<item><reservationId>r-{0:017x}</reservationId><ownerId>123456789012</ownerId><groupSet/>
<instancesSet><item><instanceId>i-{0:017x}</instanceId><imageId>ami-bff32ccc</imageId>
<instanceState><code>{1}</code><name>{2}</name></instanceState>
<privateDnsName>ip-{0}.ec2.internal</privateDnsName><dnsName/><reason/><keyName>my-key</keyName>
<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>t3.micro</instanceType>
<launchTime>2026-11-01T00:00:00.000Z</launchTime><placement><availabilityZone>us-east-1c
</availabilityZone><groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled
</state></monitoring><subnetId>subnet-1</subnetId><vpcId>{3}</vpcId>
<privateIpAddress>{4}</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet><item>
<groupId>sg-1</groupId><groupName>hosts</groupName></item></groupSet><architecture>x86_64</architecture>
<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>
<item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1234567890abcdef0</volumeId>
<status>attached</status><attachTime>2026-11-01T00:00:00.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>
<virtualizationType>hvm</virtualizationType><clientToken>xMcwG14507example</clientToken>
<tagSet><item><key>Name</key><value>worker {0} süd</value></item><item><key>Fleet</key><value>all</value>
</item></tagSet><hypervisor>xen</hypervisor><networkInterfaceSet>{5}</networkInterfaceSet></item>
</instancesSet></item>"""
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<reservationSet>{}</reservationSet>{}</DescribeInstancesResponse>"""


def address(number):
    return f"172.31.{128 + (number >> 8)}.{number & 255}"


def interface(number, addresses, vpc):
    own = "".join(
        ADDRESS.format(a, a.replace(".", "-"), "true" if a == addresses[0] else "false")
        for a in addresses
    )
    return INTERFACE.format(number, vpc, addresses[0], own)


def instance(number):
    vpc = "vpc-other" if number == STRANGER else VPC
    state = (80, "stopped") if number == 1 else (16, "running")
    interfaces = [[address(number)]]
    if number == COUNT - 1:
        interfaces = [[address(number), address(number + 1)], [address(number + 2)]]
    text = "".join(interface(number, own, vpc) for own in interfaces)
    return INSTANCE.format(number, *state, vpc, address(number), text)


def page(start):
    """The text of a page, made once: what is measured is what reads it."""
    end = min(start + PAGE, COUNT)
    more = f"<nextToken>{end}</nextToken>" if end < COUNT else ""
    return ANSWER.format("".join(map(instance, range(start, end))), more).encode()


PAGES = {start: page(start) for start in range(0, COUNT, PAGE)}


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with open(LOG, "a") as log:
            print(sorted((k, *v) for k, v in asked.items() if k[:6] in ("Filter", "NextTo")), file=log)
        answer = PAGES[int(asked.get("NextToken", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "text/xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Pages).serve_forever()
