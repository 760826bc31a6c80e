#!/usr/bin/env bash
# Nothing below `runner` prints, reads the clock or the environment, or seeds a generator from the machine. Tests may.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

forbidden='\<e?print(ln)?!|\<dbg!|\<env::(var|vars|args|current_dir|temp_dir)|Instant::now|SystemTime|\<rand::(rng|random)\>|from_os_rng|ThreadRng|OsRng'
failed=0
while read -r file; do
    # A file ends where its tests begin.
    found=$(awk '/^mod tests \{/ { exit } { print FNR ": " $0 }' "$file" | grep -E "$forbidden" | grep -vE '^[0-9]+: *//' || true)
    if [ -n "$found" ]; then
        printf '%s:\n%s\n' "$file" "$found" >&2
        failed=1
    fi
done < <(find crates/*/src -name '*.rs' ! -path 'crates/runner/*' ! -name tests.rs | sort)

# The instruction set is decided in one place and passed on as a value.
detected=$(grep -rlF 'Level::detect()' crates/*/src | grep -vE '^crates/(linalg/src/kernels/mod|runner/src/simd)\.rs$|/tests\.rs$' || true)
for file in $detected; do
    if awk '/^ *mod tests \{/ { exit } { print }' "$file" | grep -qF 'Level::detect()'; then
        echo "$file detects the instruction set; let it be told" >&2
        failed=1
    fi
done
exit "$failed"
