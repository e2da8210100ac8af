#!/usr/bin/env bash
# One run on a SLURM allocation: Ray on all of its nodes by srun, and the driver on the first.
#
#   sbatch --nodes=4 --gpus-per-node=4 clusters/slurm.sh run few_shot --store /shared/results
#
# Run sbatch in the project's folder, where `make install` has made the environment (another one:
# QUERYCURVE_ENV=FOLDER). Store, datasets and environment must be in folders that all nodes see, or
# on S3. Options of sbatch go before the script, those of querycurve after it.
#
#SBATCH --job-name=querycurve
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
set -euo pipefail

environment=${QUERYCURVE_ENV:-${SLURM_SUBMIT_DIR:-$PWD}/.venv}
[[ -x $environment/bin/querycurve ]] || {
  echo "error: $environment is not there; run 'make install' where sbatch is called, or set QUERYCURVE_ENV" >&2
  exit 2
}
export PATH=$environment/bin:$PATH

# Only who has this job's token can talk to its Ray.
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
# Decoded images and hashes are kept on each node's own disk: the home may be on a network.
local=${QUERYCURVE_LOCAL:-/tmp}
export QUERYCURVE_CACHE=${QUERYCURVE_CACHE:-$local/querycurve-$(id -un)}
export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}  # srun doesn't take it from sbatch by itself

head=${SLURMD_NODENAME:-$(hostname -s)}
nodes=${SLURM_JOB_NUM_NODES:-1}
port=$((20000 + SLURM_JOB_ID % 20000))  # jobs that share a node have ports of their own
export RAY_ADDRESS=${QUERYCURVE_HEAD_IP:-$(hostname --ip-address | tr ' ' '\n' | grep -m1 -v '^127\.\|:' || echo 127.0.0.1)}:$port
log=slurm-$SLURM_JOB_ID-ray-%N.log
ray_options=(--block "--num-cpus=$SRUN_CPUS_PER_TASK" "--temp-dir=$local/ray-$SLURM_JOB_ID")

echo "starting Ray on $nodes node(s), $RAY_ADDRESS first; what it says: $log"
srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" --output="$log" \
  env -u RAY_ADDRESS ray start --head "--node-ip-address=${RAY_ADDRESS%:*}" "--port=$port" \
  "--ray-client-server-port=$((port + 20000))" --include-dashboard=false "${ray_options[@]}" &
steps=($!)
trap 'kill "${steps[@]}" 2> /dev/null || true; wait' EXIT
patience=${QUERYCURVE_RAY_PATIENCE:-120}
for ((second = 0; ; second++)); do
  ray health-check --address "$RAY_ADDRESS" 2> /dev/null && break
  kill -0 "${steps[0]}" 2> /dev/null && ((second < patience)) || {
    echo "error: Ray did not start on $head within $patience s; see $log" >&2
    exit 1
  }
  sleep 1
done
if ((nodes > 1)); then
  srun --overlap --nodes=$((nodes - 1)) --ntasks=$((nodes - 1)) --exclude="$head" \
    --output="$log" \
    env -u RAY_ADDRESS ray start "--address=$RAY_ADDRESS" "${ray_options[@]}" &
  steps+=($!)
fi

# SLURM says TERM before it takes the nodes back: cells are saved, and the job comes again.
querycurve "$@" &
driver=$!
ended=
trap 'ended=yes; kill -TERM "$driver" 2> /dev/null || true' TERM
code=0
wait "$driver" || code=$?
if [[ $ended ]]; then  # that wait ended with the signal
  code=0
  wait "$driver" || code=$?
  echo "SLURM ends the job: what was running is saved, and the job goes back into the queue"
  scontrol requeue "$SLURM_JOB_ID" || true
fi
exit "$code"
