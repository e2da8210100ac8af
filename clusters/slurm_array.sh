#!/usr/bin/env bash
# Several runs on one store, a GPU each: they share the cells of a spec by leases, without a cluster.
#
#   sbatch --array=1-8 clusters/slurm_array.sh few_shot --store /shared/results
#   querycurve report few_shot --store /shared/results       # at any time; `track` fills MLflow
#
#SBATCH --job-name=querycurve
#SBATCH --gpus=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
environment=${QUERYCURVE_ENV:-${SLURM_SUBMIT_DIR:-$PWD}/.venv}
[[ -x $environment/bin/querycurve ]] || { echo "error: $environment is not there; run 'make install' where sbatch is called" >&2; exit 2; }
export PATH=$environment/bin:$PATH
export QUERYCURVE_CACHE=${QUERYCURVE_CACHE:-/tmp/querycurve-$(id -un)} RAY_USAGE_STATS_ENABLED=0
exec querycurve run "$@" --no-tracking
