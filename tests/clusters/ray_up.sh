#!/usr/bin/env bash
# `ray up`, `ray submit` and `ray down` with clusters/local.yaml, for real: an sshd on loopback.
#
#   unshare --pid --mount --net --fork --mount-proc bash tests/clusters/ray_up.sh FOLDER PYTHON
#
# as root, with sshd and rsync. `ray up` and `ray down` end every Ray process they see by name, so
# this refuses to run where it sees anybody else's. PYTHON is one that the project is installed
# for: there is no network in here to install it again.
set -euo pipefail
[[ $(id -u) == 0 && $$ == 1 ]] || { echo "run this by unshare, as its first lines say"; exit 2; }

repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath "$1")
python=$2
home=$folder/home
export HOME=$home TMPDIR=$folder RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token
unset PYTHONPATH
mkdir -p "$home/.ssh" "$folder/ray"

echo "== a machine of its own"
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /tmp/ray
mount --bind "$folder/ray" /tmp/ray
sed -E "s#^(root:[^:]*:[^:]*:[^:]*:[^:]*):[^:]*:.*#\1:$home:/bin/bash#" /etc/passwd > "$folder/passwd"
mount --bind "$folder/passwd" /etc/passwd

echo "== an environment that clusters/install.sh finds ready"
environment=$home/querycurve-env
"$python" -m venv --without-pip "$environment"
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
own=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$home/querycurve" "$packages" > "$own/project.pth"
for command in ray:ray.scripts.scripts querycurve:orchestrator.cli.main; do
  printf '#!%s\nfrom %s import main\nmain()\n' "$environment/bin/python" "${command#*:}" \
    > "$environment/bin/${command%:*}"
done
chmod +x "$environment"/bin/{ray,querycurve}
cat "$repository/pyproject.toml" "$repository/constraints.txt" | sha256sum > "$environment/.installed"
touch "$home/.querycurve"
export PATH=$environment/bin:$PATH

echo "== sshd on loopback"
ssh-keygen -q -t ed25519 -N '' -f "$home/.ssh/id_ed25519"
ssh-keygen -q -t ed25519 -N '' -f "$folder/host_key"
cp "$home/.ssh/id_ed25519.pub" "$home/.ssh/authorized_keys"
/usr/sbin/sshd -f /dev/null -h "$folder/host_key" -E "$folder/sshd.log" \
  -o ListenAddress=127.0.0.1 -o StrictModes=no -o UsePAM=no -o PidFile=none \
  -o AuthorizedKeysFile="$home/.ssh/authorized_keys"

sed -E -e 's#head_ip: [^ ]*#head_ip: 127.0.0.1#' -e 's#worker_ips: \[[^]]*\]#worker_ips: []#' \
  -e 's#ssh_user: [^ ]*#ssh_user: root#' -e "s#/shared/#$folder/#" \
  "$repository/clusters/local.yaml" > "$folder/local.yaml"

grid=(run demo --no-tracking --set budget=100 --set seeds=[1] --set evaluation.points=2
  --set datasets=[pocket_dots] --set methods=[zero_shot,zip])

cd "$repository"
ray get-auth-token --generate > /dev/null
echo "== ray up"
ray up --yes --no-config-cache "$folder/local.yaml"
echo "== ray submit"
ray submit --no-config-cache "$folder/local.yaml" run_benchmark.py -- "${grid[@]}"
echo "== ray job submit, with nothing left to do"
ray job submit --address http://127.0.0.1:8265 -- querycurve "${grid[@]}"
echo "== ray down"
ray down --yes "$folder/local.yaml"
sleep 1
echo "== Ray processes that are left: $(pgrep -fc 'raylet|gcs_server' || true)"
