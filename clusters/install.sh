#!/usr/bin/env bash
# Installs the project on a node of a cluster, from constraints.txt. Run again, it does nothing
# until constraints.txt or pyproject.toml change: the code itself is used where it lies.
set -euo pipefail

project=~/querycurve
environment=~/querycurve-env
wanted=$(cat "$project/pyproject.toml" "$project/constraints.txt" | sha256sum)

make_environment() {
  for python in python3.11 python3.12 python3; do
    if "$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11, 4))' 2>/dev/null; then
      "$python" -m venv "$environment"
      return
    fi
  done
  curl -LsSf https://astral.sh/uv/install.sh | sh  # brings a Python of its own
  ~/.local/bin/uv venv --seed --python 3.11 "$environment"
}

if [[ $(cat "$environment/.installed" 2>/dev/null) != "$wanted" ]]; then
  [[ -x $environment/bin/python ]] || make_environment
  "$environment/bin/python" -m pip install --quiet -c "$project/constraints.txt" -e "$project"
  echo "$wanted" > "$environment/.installed"
fi

# Ray runs every command in a login shell; `ray submit` calls plain `python` there.
login="export PATH=$environment/bin:\$PATH; source ~/.querycurve"
grep -qxF "$login" ~/.bashrc 2>/dev/null || echo "$login" >> ~/.bashrc
