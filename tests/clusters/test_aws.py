"""`clusters/gpu.yaml` against a mock EC2: Ray's own code asks for the right machines.

A mock takes any image and never runs out of capacity; what AWS would say to those isn't tested. It
offers a few families of machines, as Ray asks for the facts of each one on offer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.ec2.models.instance_types import InstanceTypeBackend
from ray.autoscaler._private.aws.config import bootstrap_aws
from ray.autoscaler._private.aws.node_provider import AWSNodeProvider
from ray.autoscaler._private.util import prepare_config
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig
from ray.autoscaler.v2.scheduler import ResourceDemandScheduler, SchedulingRequest
from ray.autoscaler.v2.utils import ResourceRequestUtil

from clusters import aws_account

CLUSTERS = Path(__file__).parent.parent.parent / "clusters"
BUCKET, HOME = "querycurve-test", "203.0.113.7/32"
OFFERED = ("m6i.", "g5.", "c7i.")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The cluster file as Ray completes it, in an account that was prepared for it."""
    home = tmp_path_factory.mktemp("home")
    (home / ".ssh").mkdir()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        offered = [o for o in InstanceTypeBackend.instance_types if o.name.startswith(OFFERED)]
        patch.setattr(InstanceTypeBackend, "instance_types", offered)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("HOME", str(home))
        for _ in range(2):  # the second time changes nothing
            aws_account.main([BUCKET, "--region", "us-west-2", "--ssh-from", HOME])
        document = yaml.safe_load((CLUSTERS / "gpu.yaml").read_text())
        prepared = AWSNodeProvider.fillout_available_node_types_resources(prepare_config(document))
        yield bootstrap_aws(prepared)


def launched(config: dict[str, Any], node_type: str) -> dict[str, Any]:
    """What EC2 was asked for when Ray launches a node of a type."""
    provider = AWSNodeProvider(config["provider"], config["cluster_name"])
    node = config["available_node_types"][node_type]["node_config"]
    (created,) = provider.create_node(dict(node), {}, 1)
    described = boto3.client("ec2", "us-west-2").describe_instances(InstanceIds=[created])
    instance: dict[str, Any] = described["Reservations"][0]["Instances"][0]
    return instance


def test_ray_asks_for_the_right_machines(config: dict[str, Any]) -> None:
    head, spot, demand = (launched(config, name) for name in ("head", "gpu_spot", "gpu_on_demand"))
    assert head["InstanceType"] == "m6i.large"
    assert spot["InstanceType"] == demand["InstanceType"] == "g5.xlarge"
    assert spot["InstanceLifecycle"] == "spot"
    assert "InstanceLifecycle" not in head
    assert "InstanceLifecycle" not in demand
    for worker in (spot, demand):
        assert worker["IamInstanceProfile"]["Arn"].endswith("/querycurve-worker"), "no S3 without"
    assert head["IamInstanceProfile"]["Arn"].endswith("/querycurve-head")


def test_ray_knows_what_a_worker_has(config: dict[str, Any]) -> None:
    resources = config["available_node_types"]["gpu_spot"]["resources"]
    assert resources["GPU"] == 1
    assert resources["CPU"] == 4
    assert config["available_node_types"]["head"]["resources"]["CPU"] == 0


def test_ray_leaves_the_rules_of_the_security_group_alone(config: dict[str, Any]) -> None:
    instance = launched(config, "head")
    (group,) = instance["SecurityGroups"]
    assert group["GroupName"] == "querycurve"
    ec2 = boto3.client("ec2", "us-west-2")
    (found,) = ec2.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
    assert [r["CidrIp"] for p in found["IpPermissions"] for r in p["IpRanges"]] == [HOME]


def test_nodes_may_use_one_bucket_and_only_the_head_may_start_machines(
    config: dict[str, Any],
) -> None:
    iam = boto3.client("iam")
    rights = {
        name: iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]["Statement"]
        for name in (aws_account.HEAD, aws_account.WORKER)
    }
    for statements in rights.values():
        on = {s["Resource"] for s in statements if s["Action"][0].startswith("s3:")}
        assert on == {f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"}
    actions = {name: {a for s in found for a in s["Action"]} for name, found in rights.items()}
    assert "ec2:RunInstances" in actions[aws_account.HEAD]
    assert not any(a.startswith(("ec2:", "iam:")) for a in actions[aws_account.WORKER])


@pytest.mark.parametrize(
    ("availability", "launched_type"),
    [({}, "gpu_spot"), ({"gpu_spot": 0.0}, "gpu_on_demand")],
    ids=["spot can be had", "spot has just failed"],
)
def test_actors_that_wait_for_a_gpu_bring_workers(
    config: dict[str, Any], availability: dict[str, float], launched_type: str
) -> None:
    actor = ResourceRequestUtil.make({"CPU": 1, "GPU": 0.5})
    types = AutoscalingConfig(config, skip_content_hash=True).get_node_type_configs()
    reply = ResourceDemandScheduler().schedule(
        SchedulingRequest(
            disable_launch_config_check=False,
            node_type_configs=types,
            max_num_nodes=config["max_workers"],
            resource_requests=ResourceRequestUtil.group_by_count([actor] * 16),
            recoverable_resource_availabilities=availability,
        )
    )
    assert {request.instance_type: request.count for request in reply.to_launch} == {
        launched_type: 8
    }
