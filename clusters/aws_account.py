"""Prepares an AWS account for clusters/gpu.yaml, once; run again, it changes nothing.

    python clusters/aws_account.py BUCKET --region us-west-2 --ssh-from 203.0.113.7/32

It makes the bucket (all public access blocked), a security group that opens SSH to the given
addresses only, and one role for the head and one for the workers. Both may use this bucket and no
other; the head may also start and end machines, and hand the worker's role to them.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

GROUP = "querycurve"
HEAD, WORKER = "querycurve-head", "querycurve-worker"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bucket", help="holds store, features and datasets; made if absent")
    parser.add_argument("--region", required=True, help="as in clusters/gpu.yaml")
    parser.add_argument("--ssh-from", required=True, help="who may log in, such as 203.0.113.7/32")
    given = parser.parse_args(arguments)
    make_bucket(given.bucket, given.region)
    make_group(given.region, given.ssh_from)
    for name, statements in (
        (WORKER, [*bucket_rights(given.bucket)]),
        (HEAD, [*bucket_rights(given.bucket), *launch_rights()]),
    ):
        make_role(name, statements)
    print(f"ready: s3://{given.bucket}, security group {GROUP}, roles {HEAD} and {WORKER}")


def make_bucket(bucket: str, region: str) -> None:
    """A bucket that nobody outside the account sees."""
    s3 = boto3.client("s3", region)
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    configuration: dict[str, Any] = {"CreateBucketConfiguration": where} if where else {}
    with_absent(lambda: s3.create_bucket(Bucket=bucket, **configuration), "BucketAlreadyOwnedByYou")
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"),
            True,
        ),
    )


def make_group(region: str, ssh_from: str) -> None:
    """SSH from outside, everything among the cluster's own nodes, and nothing else."""
    ec2 = boto3.client("ec2", region)
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise SystemExit(
            f"error: {region} has no default VPC; `aws ec2 create-default-vpc` makes it"
        )
    known = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [GROUP]}])
    if known["SecurityGroups"]:
        return
    group = ec2.create_security_group(
        GroupName=GROUP, Description="Ray nodes of querycurve", VpcId=vpcs[0]["VpcId"]
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": ssh_from}],
            },
        ],
    )


def make_role(name: str, statements: list[dict[str, Any]]) -> None:
    """A role with these rights, and the instance profile that hands it to machines."""
    iam = boto3.client("iam")
    assume = [allow("sts:AssumeRole") | {"Principal": {"Service": "ec2.amazonaws.com"}}]
    exists = "EntityAlreadyExists"
    with_absent(
        lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(assume)), exists
    )
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(statements))
    with_absent(lambda: iam.create_instance_profile(InstanceProfileName=name), exists)
    if not iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def bucket_rights(bucket: str) -> list[dict[str, Any]]:
    """Reading and writing one bucket."""
    arn = f"arn:aws:s3:::{bucket}"
    return [
        allow("s3:ListBucket", "s3:GetBucketLocation", on=arn),
        allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=f"{arn}/*"),
    ]


def launch_rights() -> list[dict[str, Any]]:
    """What Ray's autoscaler does on the head."""
    return [
        allow(
            "ec2:Describe*", "ec2:RunInstances", "ec2:CreateTags", "ec2:TerminateInstances", on="*"
        ),
        allow("iam:PassRole", on=f"arn:aws:iam::*:role/{WORKER}"),
        allow("ssm:GetParameters", on="arn:aws:ssm:*::parameter/aws/service/*"),
        allow(
            "iam:CreateServiceLinkedRole",
            on="arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/*",
        ),
    ]


def allow(*actions: str, on: str | None = None) -> dict[str, Any]:
    """A statement of a policy."""
    resource = {} if on is None else {"Resource": on}
    return {"Effect": "Allow", "Action": list(actions), **resource}


def policy(statements: list[dict[str, Any]]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def with_absent(make: Any, exists: str) -> None:
    """Makes something unless it is there already."""
    try:
        make()
    except ClientError as error:
        if error.response["Error"]["Code"] != exists:
            raise


if __name__ == "__main__":
    main()
