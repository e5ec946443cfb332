#!/usr/bin/env bash
# Checks the syntax of every shell and Python script, and that those with #! may be executed.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
while IFS= read -r -d '' file; do
    case "$(head -n 1 "$file")" in
        '#!'*python*) kind=python ;;
        '#!'*bash* | '#!'*/sh*) kind=shell ;;
        *) case "$file" in *.py) kind=module ;; *) continue ;; esac ;;
    esac
    if [ "$kind" = shell ]; then
        bash -n "$file" || status=1
    else
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" ||
            status=1
    fi
    if [ "$kind" != module ] && [ ! -x "$file" ]; then
        echo "$file: begins with #! but is not executable: chmod +x" >&2
        status=1
    fi
done < <(find tools tests .ci -type f \( -name '*.py' -o -name '*.sh' -o -name run \) -print0)
exit $status
