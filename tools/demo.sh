#!/usr/bin/env bash
# The main job on sample data: makes the data when needed, imports a hash list, scans, reports.
#   tools/demo.sh BIN_DIR DEMO_DIR
# Only DEMO_DIR is written; the user's own lists, cases and settings are not touched.
set -euo pipefail

bin=$(realpath "$1")
mkdir -p "$2"
demo=$(realpath "$2")
tools=$(dirname "$(realpath "$0")")
export XDG_DATA_HOME=$demo/user/data XDG_CONFIG_HOME=$demo/user/config
export XDG_STATE_HOME=$demo/user/state XDG_CACHE_HOME=$demo/user/cache
mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME"

options=(--pictures 24 --alterations demo)
recipe=$(cat "$tools"/make_sample.py "$tools"/sample_*.py "$tools"/sample_originals.txt |
    sha256sum | cut -d ' ' -f 1)
stamp="$recipe ${options[*]}"
if [ "$(cat "$demo/sample.stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "Making the sample data (once) ..."
    rm -f "$demo/sample.stamp"
    "$tools/make_sample.py" "$demo/sample" "${options[@]}"
    echo "$stamp" >"$demo/sample.stamp"
fi

echo "Making a hash list of the $(find "$demo/sample/originals_for_list" -type f | wc -l) originals ..."
"$bin/cairn" fingerprint --json "$demo"/sample/originals_for_list/*.jpg |
    "$tools/make_list.py" >"$demo/list.json"
"$bin/cairn" list import "$demo/list.json" --name demo

# Each run starts a new case, so that the report speaks of one scan.
rm -rf "$demo/case"
status=0
"$bin/cairn" scan "$demo/sample/evidence" --list demo --case "$demo/case" \
    --report "$demo/report.html" --json >"$demo/findings.json" || status=$?
# 3: not all covered, as it must be with broken and encrypted files in the sample.
if [ "$status" -ne 1 ] && [ "$status" -ne 3 ]; then
    echo "demo: the scan ended with exit code $status; its messages above say why" >&2
    exit "$status"
fi

echo
echo "What was found of the altered copies, beside what the PDQ study measured:"
"$tools/check_sample.py" "$demo/findings.json" "$demo/sample/manifest.json"
echo
echo "The report: $demo/report.html"
