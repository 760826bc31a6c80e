#!/usr/bin/env bash
# What the documents and comments refer to exists: cited works, tests that guard invariants, linked files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
complain() {
    echo "$1" >&2
    failed=1
}

# Cited works: `name1234` in the sources must be a key of docs/references.bib.
keys=$(grep -oE '^@[a-z]+\{[a-z]+[0-9]{4}[a-z]?,' docs/references.bib | sed -E 's/.*\{(.*),/\1/')
repeated=$(sort <<<"$keys" | uniq -d)
[ -z "$repeated" ] || complain "docs/references.bib has more than one entry for: $repeated"
# shellcheck disable=SC2016  # backticks of Markdown
cited=$(grep -rohE '`[a-z]+(1[89]|20)[0-9]{2}[a-z]?`' --include='*.rs' --include='*.md' crates docs experiments |
    tr -d '`' | sort -u)
for key in $cited; do
    grep -qx "$key" <<<"$keys" ||
        complain "docs/references.bib lacks $key, cited in: $(grep -rlF "\`$key\`" crates docs experiments | tr '\n' ' ')"
done

# Tests: `crates/…/file.rs::name` in a document must be a function of that file.
named=$(grep -rohE 'crates/[a-z_/]+\.rs::[a-z_0-9]+' --include='*.md' docs ./*.md | sort -u)
for test in $named; do
    file=${test%%::*}
    if [ ! -f "$file" ]; then
        complain "a document names $test, but there is no file $file"
    elif ! grep -qE "fn ${test##*::}\b" "$file"; then
        complain "a document names $test, but $file has no such function"
    fi
done

# Files: relative links in documents must lead somewhere.
while IFS=: read -r document link; do
    target=${link#*](}
    target=${target%)}
    target=${target%%#*}
    case $target in
    '' | http://* | https://*) ;;
    *) [ -e "$(dirname "$document")/$target" ] || complain "$document links to $target, which does not exist" ;;
    esac
done < <(grep -roE '\]\([^) ]+\)' --include='*.md' docs experiments results/README.md ./*.md)

echo "$(wc -w <<<"$cited") cited works, $(wc -w <<<"$named") named tests"
exit "$failed"
