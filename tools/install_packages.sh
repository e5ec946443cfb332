#!/usr/bin/env bash
# Installs the Debian packages that a group of tasks needs; does nothing when they are all there.
#   tools/install_packages.sh [--list] GROUP...
# Groups: build run networks demo test bench fuzz node.
set -euo pipefail

# Debian 12 is the first release with a new enough CMake, libheif and libjxl.
readonly debian_min=12

packages_of() {
    case "$1" in
        build) echo cmake ninja-build ccache g++ pkg-config \
            libarchive-dev libboost-dev libbrotli-dev libcjose-dev libcli11-dev \
            libcrypto++-dev libcurl4-openssl-dev libfmt-dev libgif-dev libheif-dev libidn2-dev \
            libjpeg-dev libjxl-dev libloc-dev libmagic-dev libmaxminddb-dev libnats-dev \
            liboath-dev libphonenumber-dev libpng-dev libpq-dev libpsl-dev libqrencode-dev \
            libseccomp-dev libsimdjson-dev \
            libsodium-dev libspdlog-dev libsqlite3-dev libssl-dev libtiff-dev \
            libtomlplusplus-dev libunistring-dev libwebp-dev libxxhash-dev nlohmann-json3-dev \
            prometheus-cpp-dev zlib1g-dev ;;
        run) echo libarchive13 libbrotli1 libcjose0 libcurl4 libfmt9 libgif7 libheif1 \
            libjpeg62-turbo libjxl0.7 libloc-database libloc1 libmagic1 libmaxminddb0 \
            libnats3.4 liboath0 libpng16-16 libpq5 libprometheus-cpp-core1.0 libqrencode4 \
            libseccomp2 libsimdjson14 libsodium23 libspdlog1.10 libsqlite3-0 libssl3 libtiff6 \
            libtomlplusplus3 libwebp7 libwebpdemux2 libxxhash0 zlib1g ;;
        # Brings the daemon tor, which Cairn does not need: docs/cli-network.md.
        networks) echo libloc-database tor-geoipdb ;;
        demo) echo mate-backgrounds gnome-backgrounds plasma-workspace-wallpapers \
            python3 python3-numpy python3-pil genisoimage libheif-examples libjxl-tools \
            p7zip-full zip ;;
        test) echo clang-16 clang-format-16 clang-tidy-16 libclang-rt-16-dev \
            lld-16 libgmock-dev libgtest-dev librapidcheck-dev cpio git glewlwyd jq nats-server \
            openssl postgresql-15 python3 python3-jsonschema python3-yaml sqlite3 strace ;;
        bench) echo hashdeep hyperfine imagemagick libbenchmark-dev libfaiss-dev \
            libloc-database openssl postgresql-15 python3-jsonschema python3-yaml wrk ;;
        fuzz) echo clang-16 libclang-rt-16-dev lld-16 python3 ;;
        node) echo nodejs npm ;;
        *)
            echo "install_packages.sh: no group '$1' among build run networks demo test bench" \
                "fuzz node" >&2
            exit 2
            ;;
    esac
}

list_only=no
if [ "${1:-}" = --list ]; then
    list_only=yes
    shift
fi
if [ $# -eq 0 ]; then
    echo "usage: tools/install_packages.sh [--list] GROUP..." \
        "(build run networks demo test bench fuzz node)" >&2
    exit 2
fi

wanted=()
for group in "$@"; do
    names=$(packages_of "$group")
    read -r -a words <<<"$names"
    wanted+=("${words[@]}")
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
if [ "$list_only" = yes ]; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

missing=("${wanted[@]}")
if command -v dpkg-query >/dev/null; then
    # One query for all; a name that dpkg has never heard of only makes it exit 1.
    installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' "${wanted[@]}" \
        2>/dev/null | sed -n 's/:[a-z0-9]* installed$//p; s/ installed$//p' | sort -u || true)
    mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}") <(printf '%s\n' "$installed"))
fi
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

system=unknown version=0
if [ -r /etc/os-release ]; then
    system=$(. /etc/os-release && echo "${ID:-unknown}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-99}")  # testing and unstable have none
fi
if ! command -v apt-get >/dev/null || [ "$system" != debian ] ||
    [ "${version%%.*}" -lt "$debian_min" ]; then
    {
        echo "Packages are missing: ${missing[*]}"
        echo "They can be installed by themselves only on Debian $debian_min or later" \
            "(this is $system $version)."
        echo "Install what corresponds to them by hand, or use a Debian $debian_min machine" \
            "or container."
    } >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        {
            echo "Packages are missing, and this user is not root and has no sudo. Run as root:"
            echo "  apt-get install --no-install-recommends ${missing[*]}"
        } >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "Installing ${#missing[@]} packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
if ! "${apt[@]}" update; then
    echo "apt-get update failed: is the network up, and is a mirror in /etc/apt/sources.list*?" >&2
    exit 1
fi
if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; then
    echo "apt-get could not install: ${missing[*]}" >&2
    echo "Its message above says why; repair that, then run the same command again." >&2
    exit 1
fi
