#!/usr/bin/env bash
# Checks that every C++ file is formatted by clang-format 16; --fix formats them.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then
    mode=(-i)
fi
find src apps tests -type f \( -name '*.cpp' -o -name '*.h' \) -print0 |
    xargs -0 -r clang-format-16 "${mode[@]}"
