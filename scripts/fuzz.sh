#!/usr/bin/env bash
# fuzz.sh - run every fuzz target of the project for a time.
#
#   usage: fuzz.sh TIME          e.g.: fuzz.sh 20s
#
# Go fuzzes one target at a time. What a target finds stays in its testdata/fuzz, as a seed for "go test".
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s} found=0 bad=()

while read -r package target; do
	found=$((found + 1))
	echo "== $package $target"
	go test -run='^$' -fuzz="^$target\$" -fuzztime="$time" "$package" || bad+=("$package $target")
done < <(go test -list '^Fuzz' -json ./... | sed -n 's/.*"Package":"\([^"]*\)".*"Output":"\(Fuzz[A-Za-z0-9_]*\)\\n".*/\1 \2/p')

echo "$found fuzz targets, ${#bad[@]} failed"
for b in "${bad[@]}"; do echo "  failed: $b"; done
[ "$found" -gt 0 ] && [ ${#bad[@]} -eq 0 ]
