#!/usr/bin/env bash
# The allowed direction between crates (docs/ARCHITECTURE.md), checked on the resolved graph of normal and build
# dependencies. Dev-dependencies may point anywhere: tests of `mixture` use `datasets`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# crate: packages that must not be reachable from it.
forbidden() {
    cat <<'TABLE'
linalg:   em laws kmeans mixture latent datasets records report runner rayon polars csv serde_json statrs kuva
em:       laws kmeans mixture latent datasets records report runner polars csv serde_json statrs kuva
laws:     kmeans mixture latent datasets records report runner polars csv
kmeans:   laws mixture latent datasets records report runner polars csv statrs kuva
mixture:  laws latent datasets records report runner polars csv statrs kuva
latent:   laws datasets records report runner polars csv kuva
datasets: laws kmeans mixture latent records report runner polars statrs kuva
records:  laws kmeans mixture latent datasets report runner csv statrs kuva
report:   laws kmeans mixture latent datasets runner csv
runner:   laws stats_alloc
TABLE
}

# What only the program may use: configuration, command line, progress, errors without a type.
only_runner="anyhow clap indicatif toml annotate-snippets schemars"

failed=0
while IFS=: read -r crate packages; do
    # Names only; `cargo tree -i` is of no use here: it fails when it finds nothing.
    reachable=$(cargo tree --locked -p "$crate" -e normal,build --prefix none -f '{p}' | awk '{print $1}' | sort -u)
    if [ "$crate" != runner ]; then packages="$packages $only_runner"; fi
    for package in $packages; do
        if grep -qx -- "$package" <<<"$reachable"; then
            echo "$crate must not depend on $package:" >&2
            cargo tree --locked -p "$crate" -e normal,build -i "$package" >&2 || true
            failed=1
        fi
    done
    echo "$crate: $(wc -w <<<"$packages") forbidden packages"
done < <(forbidden)

# A crate without a row in the table would go unchecked.
members=$(cargo metadata --locked --no-deps --format-version 1 | grep -oE '"name":"[a-z]+","version":"[^"]*","id"' |
    cut -d'"' -f4 | sort -u)
for member in $members; do
    if ! forbidden | grep -q "^$member:"; then
        echo "$member has no row in .ci/dependency_directions.sh: add what it must not depend on" >&2
        failed=1
    fi
done
exit "$failed"
