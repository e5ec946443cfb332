#!/usr/bin/env bash
# The main job on sample data: makes the data when needed, imports a hash list, scans, reports.
#   tools/demo.sh BIN_DIR DEMO_DIR
# Only DEMO_DIR is written; the user's own lists, cases and settings are not touched.
set -euo pipefail

bin=$(realpath "$1")
mkdir -p "$2"
demo=$(realpath "$2")
tools=$(dirname "$(realpath "$0")")
# Each run starts with no lists and a new case, so that the report speaks of one scan.
rm -rf "$demo/user" "$demo/case"
export XDG_DATA_HOME=$demo/user/data XDG_CONFIG_HOME=$demo/user/config
export XDG_STATE_HOME=$demo/user/state XDG_CACHE_HOME=$demo/user/cache
mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME"

echo "Preparing the sample data ..."
"$tools/make_sample.py" "$demo/sample" --keep --pictures 24 --alterations demo
echo "Making a hash list of the originals and importing it ..."
"$bin/cairn" fingerprint --json "$demo"/sample/originals_for_list/*.jpg |
    "$tools/make_list.py" >"$demo/list.json"
"$bin/cairn" list import "$demo/list.json" --name demo

echo "Scanning ..."
status=0
"$bin/cairn" scan "$demo/sample/evidence" --list demo --case "$demo/case" \
    --report "$demo/report.html" || status=$?
# 3: not all covered, as it must be with broken and encrypted files in the sample.
if [ "$status" -ne 1 ] && [ "$status" -ne 3 ]; then
    echo "demo: the scan ended with exit code $status; its messages above say why" >&2
    exit "$status"
fi

"$bin/cairn" scan show 1 --case "$demo/case" --json >"$demo/findings.json"

echo
echo "What was found of the altered copies, beside what the PDQ study measured:"
"$tools/check_sample.py" "$demo/findings.json" "$demo/sample/manifest.json" --variants wide
echo
echo "The locked zip files open with --password-file and a file that holds: sample-password"
echo "The report: $demo/report.html"
