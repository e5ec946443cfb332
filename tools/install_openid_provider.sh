#!/usr/bin/env bash
# Puts the identity provider of the end-to-end tests, a package of npm with what it needs, into
# build/openid_provider. The lock file fixes each by its digest. Does nothing when they are there.
set -euo pipefail

cd "$(dirname "$0")/.."
readonly from=tests/e2e/openid_provider to=build/openid_provider
if cmp -s $from/package-lock.json $to/installed.json; then
    exit 0
fi
command -v npm >/dev/null || tools/install_packages.sh node
mkdir -p $to
cp $from/package.json $from/package-lock.json $to
# None of them needs a script to be installed; one that wants one is not to get it.
if ! (cd $to && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
    echo "npm could not install the packages of $from: is a registry reached from here?" >&2
    exit 1
fi
cp $to/package-lock.json $to/installed.json
