#!/usr/bin/env bash
# Runs every notebook from top to bottom on a results folder and writes them with their outputs:
#
#     notebooks/execute.sh results/sweep target/notebooks
#
# Packages go to target/notebooks-venv, in the versions of requirements.lock. The first cell that fails ends it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
results=$(cd "${1:?"usage: notebooks/execute.sh RESULTS OUT"}" && pwd)
mkdir -p "${2:?"usage: notebooks/execute.sh RESULTS OUT"}"
out=$(cd "$2" && pwd)
venv="$here/../target/notebooks-venv"
if ! cmp -s "$here/requirements.lock" "$venv/requirements.lock"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: -r "$here/requirements.lock"
    cp "$here/requirements.lock" "$venv/requirements.lock"
fi
for notebook in "$here"/[0-9]*.py; do
    name=$(basename "$notebook" .py)
    RESULTS=$results "$venv/bin/jupytext" --quiet --to ipynb --execute --run-path "$here" --output "$out/$name.ipynb" "$notebook" \
        2> >(grep -v IPKernelApp >&2)
    echo "$name: done"
done
