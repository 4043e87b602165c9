#!/usr/bin/env bash
# From a fresh checkout to a trained model: installs what Tern needs, builds
# the library and one example, and lets it learn to tell clothes apart.
#
#   tools/quickstart.sh [epochs]      (default 20)
set -euo pipefail
cd "$(dirname "$0")/.."
epochs=${1-20}
data=/usr/share/datasets/fashion-mnist

say() { printf '\n== %s\n' "$*"; }

say "1/4 Installing the Debian packages that are missing"
tools/install_deps.sh --users

say "2/4 Configuring a release build in build/"
if [ -f build/CMakeCache.txt ]; then
  cmake -B build  # keeps the choices of the build that is there
else
  cmake -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DTERN_BUILD_TESTS=OFF -DTERN_BUILD_BENCHMARKS=OFF
fi

say "3/4 Building libtern and the example examples/mnist (some minutes)"
cmake --build build -j 2 --target mnist

say "4/4 Training on Fashion-MNIST: 60,000 pictures of clothes, 10 kinds"
echo "The program reads $data,"
echo "trains a small network, saves it, loads it again and predicts with both."
build/bin/mnist --data "$data" --epochs "$epochs" --save build/mnist.h5

say "Done"
echo "Next: read examples/mnist/main.cc, or README.md for your own project."
