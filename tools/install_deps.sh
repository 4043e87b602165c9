#!/usr/bin/env bash
# Installs the Debian packages that Tern is built, tested and checked with.
# Does nothing, and needs no network, when all are there.
#
#   tools/install_deps.sh           everything that tools/test.sh needs
#   tools/install_deps.sh --users   what building and using Tern needs
set -euo pipefail

users=(
  # compiler and build
  binutils ccache cmake g++ ninja-build pkg-config
  # required
  libeigen3-dev libprotobuf-dev protobuf-compiler zlib1g-dev
  # optional: TERN_WITH_X
  libcli11-dev libdnnl-dev libfarmhash-dev libgif-dev libhdf5-dev libjpeg-dev libpng-dev
  libre2-dev libsnappy-dev libutf8proc-dev nlohmann-json3-dev
  # the data of tools/quickstart.sh
  dataset-fashion-mnist
)
developers=(
  catch2 clang-format git libbenchmark-dev python3 xz-utils
)

case "${1-}" in
  "") packages=("${users[@]}" "${developers[@]}") ;;
  --users) packages=("${users[@]}") ;;
  *) echo "usage: tools/install_deps.sh [--users]" >&2; exit 2 ;;
esac

if ! command -v apt-get > /dev/null; then
  echo "install_deps: this system has no apt-get. Install what these Debian" \
    "packages hold: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install_deps: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "install_deps: neither root nor sudo; please have installed:" \
      "${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
install() {
  "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
}
echo "install_deps: installing ${missing[*]}"
# The package lists may be absent or old: fetched only if it fails without.
if ! install; then
  echo "install_deps: fetching the package lists, then once more"
  "${as_root[@]}" apt-get update -q
  install
fi
