"""The AWS of the cases with `@aws`: a moto server with two accounts and three regions, and what it answered, kept.

The answers are recorded once, so that the replay needs no Python: `answers.json.gz` has them by who asks, where, and for
what. `made.json` has answers that moto cannot give (refusals, attributes that it does not know); they come first.
"""

import gzip
import hashlib
import http.client
import http.server
import json
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse

HOME = pathlib.Path(__file__).resolve().parent / "aws"
ANSWERS = HOME / "answers.json.gz"
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
OTHER_ROLE = "arn:aws:iam::222222222222:role/inventory"
# Parameters that do not change what is asked for.
NOISE = {"Version", "MaxResults", "MaxRecords", "RoleSessionName"}


def key_of(method, path, headers, body):
    """Who asks, where, and for what; the replay in Rust makes the same."""
    found = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", ""))
    who, region, service = found.groups() if found else ("-", "-", "-")
    target = headers.get("X-Amz-Target")
    if target:
        wanted = target + " " + json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    elif method == "GET":
        wanted = path
    else:
        filters, rest = {}, []
        for name, value in urllib.parse.parse_qsl(body.decode(), keep_blank_values=True):
            part = re.match(r"(?:Filters?\.)(?:Filter\.)?(\d+)\.(Name|Values?)", name)
            if part:
                filters.setdefault(part[1], []).append(("0" if part[2] == "Name" else "1") + value)
            elif name not in NOISE and (name, value) != ("Filters", ""):
                rest.append(f"{name}={value}")
        rest += ["Filter:" + ",".join(sorted(one)) for one in filters.values()]
        wanted = "&".join(sorted(rest))
    return f"{who} {region} {service} {wanted}"


class Answers:
    """Recorded answers; what is missing is asked from moto, where there is one."""

    def __init__(self, moto=None):
        self.moto = moto
        self.lock = threading.Lock()
        self.made = json.loads((HOME / "made.json").read_text()) if (HOME / "made.json").exists() else []
        self.known, self.bodies = {}, {}
        if moto is None:
            stored = json.loads(gzip.decompress(ANSWERS.read_bytes()))
            self.known, self.bodies = stored["answers"], stored["bodies"]

    def get(self, method, path, headers, body):
        key = key_of(method, path, headers, body)
        for one in self.made:
            if key.startswith(one["starts"]):
                text = (HOME / one["file"]).read_text() if "file" in one else one.get("body", "")
                return one.get("status", 200), text.encode()
        with self.lock:
            if key not in self.known:
                if self.moto is None:
                    raise RuntimeError(f"not recorded: {key}")
                status, answer = self.ask(method, path, headers, body)
                name = hashlib.sha256(answer).hexdigest()[:16]
                self.bodies[name] = answer.decode()
                self.known[key] = [status, name]
            status, name = self.known[key]
        return status, self.bodies[name].encode()

    def ask(self, method, path, headers, body):
        connection = http.client.HTTPConnection(self.moto, timeout=900)
        kept = {name: value for name, value in headers.items() if name.lower() not in ("connection", "accept-encoding")}
        connection.request(method, path, body=body, headers=kept)
        answer = connection.getresponse()
        text = answer.read()
        if text.lstrip()[:1] == b"<":
            text = re.sub(rb">\s+<", b"><", text)
        return answer.status, text

    def keep(self):
        stored = json.dumps({"answers": self.known, "bodies": self.bodies}, sort_keys=True, indent=0)
        ANSWERS.write_bytes(gzip.compress(stored.encode(), 9, mtime=0))


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, text = self.server.answers.get(self.command, self.path, self.headers, body)
        except Exception as error:
            status, text = 400, f"<Response><Error><Code>Recording</Code><Message>{error}</Message></Error></Response>".encode()
        self.send_response(status)
        kind = "application/x-amz-json-1.1" if text[:1] == b"{" else "text/xml"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def serve(answers):
    """Starts the server that the cases see."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = answers
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start_moto(programs):
    """Starts a moto server and fills it; returns its process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [programs / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    try:
        subprocess.run([programs / "python", __file__, f"http://127.0.0.1:{port}"], check=True)
    except BaseException:
        process.terminate()
        raise
    return process, f"127.0.0.1:{port}"


# The world itself.

IMAGE = "ami-12c6146b"


def tags(**named):
    return [{"Key": key, "Value": value} for key, value in named.items()]


def start(ec2, count, tag_list, **more):
    spec = [{"ResourceType": "instance", "Tags": tag_list}] if tag_list else []
    ids = []
    while len(ids) < count:
        many = min(25, count - len(ids))
        answer = ec2.run_instances(ImageId=IMAGE, MinCount=many, MaxCount=many, TagSpecifications=spec, **more)
        ids += [instance["InstanceId"] for instance in answer["Instances"]]
    return ids


def special(ec2, region):
    """Instances with what is rare, of the fleet `special`."""
    def one(*tag_list, **more):
        return start(ec2, 1, [*tags(Fleet="special"), *tag_list], **more)[0]

    groups = [
        ec2.create_security_group(GroupName=name, Description=f"for {name}")["GroupId"] for name in ("front", "back-end")]
    first = one(*tags(Name="web-1", role="web", env="prod", ansible="{{ not_a_template }}"), InstanceType="t3.micro",
                SecurityGroupIds=groups, KeyName="operator", Monitoring={"Enabled": True})
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=first, AllocationId=address["AllocationId"])
    second = one(*tags(Name="web 2", role="web", env="test"), {"Key": "a:b/c", "Value": "x:y"}, {"Key": "empty", "Value": ""},
                 {"Key": "With Space", "Value": "two words"}, InstanceType="t3.large", EbsOptimized=True)
    one(*tags(Name="db-1", role="db", env="prod", Owner="dba@example.com", number="42"), InstanceType="r5.large",
        Placement={"Tenancy": "dedicated", "AvailabilityZone": region + "b"}, UserData="#!/bin/sh\n")
    # Two of the same name.
    one(*tags(Name="twin", role="app", env="prod"))
    one(*tags(Name="twin", role="app", env="test"))
    start(ec2, 1, tags(Fleet="special"))
    stopped = one(*tags(Name="stopped", role="db"))
    ec2.stop_instances(InstanceIds=[stopped])
    gone = one(*tags(Name="gone", role="db"))
    ec2.terminate_instances(InstanceIds=[gone])
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    card = ec2.create_network_interface(SubnetId=subnet, Description="second", Groups=groups[:1])["NetworkInterface"]
    ec2.attach_network_interface(
        InstanceId=second, NetworkInterfaceId=card["NetworkInterfaceId"], DeviceIndex=1)


def fleet(ec2, region, count):
    """Ordinary instances, in batches."""
    kinds = [("web", "t3.micro"), ("app", "m5.large"), ("db", "r5.xlarge"), ("cache", "c5.large")]
    for n, (role, kind) in enumerate(kinds):
        many = count // len(kinds) + (count % len(kinds) if n == 0 else 0)
        ids = start(ec2, many, tags(Fleet="many", role=role, env=("prod", "test")[n % 2]), InstanceType=kind)
        for at, instance in enumerate(ids[:5]):
            ec2.create_tags(Resources=[instance], Tags=tags(Name=f"{role}-{region}-{at}", Fleet="few"))


def databases(rds, prefix):
    for name, engine, more in (
            ("orders", "postgres", {"MultiAZ": True, "Tags": tags(env="prod", owner="shop")}),
            ("users", "mysql", {"Tags": tags(env="test")}), ("logs", "mariadb", {"EngineVersion": "10.6.10"})):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{prefix}-{name}", Engine=engine, DBInstanceClass="db.t3.medium", AllocatedStorage=20,
            MasterUsername="root", MasterUserPassword="hunter2-not-real", **more)
    rds.create_db_cluster(
        DBClusterIdentifier=f"{prefix}-cluster", Engine="aurora-postgresql", MasterUsername="root",
        MasterUserPassword="hunter2-not-real", DatabaseName="main", Tags=tags(env="prod", kind="cluster"))
    rds.stop_db_instance(DBInstanceIdentifier=f"{prefix}-logs")


def zones(route53, addresses):
    zone = route53.create_hosted_zone(Name="example.org.", CallerReference="1")["HostedZone"]["Id"]
    changes = [{"Action": "CREATE", "ResourceRecordSet": {
        "Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}}
        for name, kind, value in addresses]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def fill(url):
    import boto3
    import botocore.config

    patient = botocore.config.Config(read_timeout=900, retries={"max_attempts": 1})
    own = {"aws_access_key_id": "AKIAONE", "aws_secret_access_key": "x"}
    role = boto3.client("sts", region_name="us-east-1", endpoint_url=url, **own).assume_role(
        RoleArn=OTHER_ROLE, RoleSessionName="fill")["Credentials"]
    other = {
        "aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"],
        "aws_session_token": role["SessionToken"]}
    for account, counts in ((own, (700, 500, 300)), (other, (300, 150, 50))):
        for region, count in zip(REGIONS, counts):
            def client(name):
                return boto3.client(name, region_name=region, endpoint_url=url, config=patient, **account)

            n_special = 0
            if account is own or region == "eu-west-1":
                if region != "ap-southeast-2":
                    special(client("ec2"), region)
                    n_special = 8
            fleet(client("ec2"), region, count - n_special)
            if region != "ap-southeast-2":
                databases(client("rds"), f"{'one' if account is own else 'two'}-{region}")
    ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=url, config=patient, **own)
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["web-1", "db-1"]}])
    found = {tag["Value"]: instance for reservation in found["Reservations"] for instance in reservation["Instances"]
             for tag in instance["Tags"] if tag["Key"] == "Name"}
    zones(boto3.client("route53", region_name="us-east-1", endpoint_url=url, **own), [
        ("www.example.org.", "A", found["web-1"]["PublicIpAddress"]),
        ("front.example.org.", "CNAME", found["web-1"]["PublicDnsName"]),
        ("db.example.org.", "CNAME", found["db-1"]["PublicDnsName"]),
    ])


if __name__ == "__main__":
    import sys

    fill(sys.argv[1])
