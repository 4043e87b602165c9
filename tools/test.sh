#!/usr/bin/env bash
# Everything that CI runs: installs, checks, builds, tests. Goes on after a
# failure where it can, and fails at the end. A second run without changes
# builds nothing.
#
#   tools/test.sh            all steps
#   tools/test.sh STEP...    these alone: install format layers build unit
#                            vectors consumer docs tour examples asan tsan
#
# $TERN_SHARED (default ../shared) holds the vectors and the API tour; without it
# their steps are skipped, in CI they fail.
set -uo pipefail
cd "$(dirname "$0")/.."
shared=${TERN_SHARED-../shared}
[ -d "$shared" ] && shared=$(cd "$shared" && pwd)
export TERN_SHARED=$shared
jobs=${TERN_JOBS-$(nproc)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step_install() { tools/install_deps.sh; }
step_format() { tools/check_format; }
step_layers() { tools/check_layers; }

step_build() {
  cmake -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DTERN_WERROR=ON \
    -DTERN_BUILD_TESTS=ON -DTERN_BUILD_TOOLS=ON -DTERN_BUILD_EXAMPLES=ON \
    -DTERN_BUILD_BENCHMARKS=ON &&
    cmake --build build -j "$jobs"
}

step_unit() { ctest --test-dir build -j "$jobs" --output-on-failure; }

# Results of TensorFlow itself, replayed from files.
step_vectors() {
  local name archive unpacked failed=0
  for name in ops tf_graphs keras; do
    archive=$shared/vectors/$name.tar.xz
    unpacked=build/vectors/$name
    if [ ! -f "$archive" ]; then
      if [ "${CI-}" = true ]; then
        echo "$archive: no such file"
        return 1
      fi
      echo "skipped: $archive is not there (\$TERN_SHARED)"
      continue
    fi
    if ! cmp -s <(cksum < "$archive") "$unpacked/cksum"; then
      rm -rf "$unpacked"
      mkdir -p "$unpacked" && tar -xJf "$archive" -C "$unpacked" &&
        cksum < "$archive" > "$unpacked/cksum" || return 1
    fi
    build/bin/golden_vectors "$unpacked" || failed=1
  done
  return $failed
}

# A user's project, built from an empty folder against an installed Tern.
step_consumer() {
  local prefix=$scratch/prefix project=$scratch/project
  cmake --install build --prefix "$prefix" > "$scratch/install.log" || return 1
  cp -r examples/consumer "$project"
  cmake -S "$project" -B "$project/build" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix" &&
    cmake --build "$project/build" && "$project/build/consumer" || return 1
  # The same with nothing but pkg-config and a compiler.
  local pc
  pc=$(dirname "$(find "$prefix" -name tern.pc)")
  # shellcheck disable=SC2046
  ${CXX-c++} -std=c++20 "$project/main.cc" -o "$project/by_pkg_config" \
    $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs tern) \
    -Wl,-rpath,"$(PKG_CONFIG_PATH=$pc pkg-config --variable=libdir tern)" &&
    "$project/by_pkg_config"
}

# The C++ of the guides in docs/ compiles and does what it says.
step_docs() { tools/check_docs build; }

# The programs of the API tour compile and print what they should.
step_tour() { tools/check_tour build; }

# The patches that CONTRIBUTING.md shows still apply, build and run.
step_examples() { tools/check_worked_examples build; }

sanitized() {  # preset [targets]
  local preset=$1
  shift
  cmake --preset "$preset" -DTERN_BUILD_TOOLS=OFF -DTERN_BUILD_EXAMPLES=OFF &&
    cmake --build "build/$preset" -j "$jobs" ${@:+--target "$@"}
}

step_asan() {
  sanitized asan &&
    ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1 \
      UBSAN_OPTIONS=print_stacktrace=1 \
      ctest --test-dir build/asan -j "$jobs" --output-on-failure
}

# The test files that start threads.
step_tsan() {
  local files programs entries
  files=$(grep -rlE --include='*_test.cc' \
    'std::(thread|jthread|async)\b|\bparallel_for\b|\[threads\]' tests)
  programs=$(cut -d/ -f2 <<< "$files" | sort -u | sed 's/^/test_/')
  entries=$(sed -E 's|^tests/([^/]*)/(.*/)?([^/]*)\.cc$|\1/\3|' <<< "$files" |
    paste -sd '|')
  # shellcheck disable=SC2086
  sanitized tsan $programs &&
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
      ctest --test-dir build/tsan -j "$jobs" --output-on-failure \
      --no-tests=error -R "^($entries)\$"
}

steps=("$@")
[ $# -gt 0 ] ||
  steps=(install format layers build vectors consumer docs tour examples asan tsan
    unit)

failed=()
summary=
for step in "${steps[@]}"; do
  if ! declare -F "step_$step" > /dev/null; then
    echo "test.sh: no step \"$step\"" >&2
    exit 2
  fi
  printf '\n== %s\n' "$step"
  begin=$SECONDS
  if [[ $step =~ ^(unit|vectors|consumer|docs|tour|examples)$ && " ${failed[*]-} " == *" build "* ]]
  then
    echo "not run: the build failed"
    result=failed
  elif "step_$step"; then
    result=passed
  else
    result=failed
  fi
  [ $result = passed ] || failed+=("$step")
  summary+=$(printf '%-9s %s, %d s' "$step" $result $((SECONDS - begin)))$'\n'
done

printf '\n== summary\n%s' "$summary"
if [ ${#failed[@]} -gt 0 ]; then
  echo "test.sh: failed: ${failed[*]}"
  exit 1
fi
echo "test.sh: all passed"
