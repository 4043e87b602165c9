// Whole processes, from their start to their end.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

namespace {

/// A program built beside this one.
std::string program(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

/// Runs it to its end, its output thrown away: this program's own is figures.
/// Whether it succeeded.
bool run(std::string path) {
  char* arguments[] = {path.data(), nullptr};
  pid_t child = 0;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  int refused =
      posix_spawn(&child, path.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (refused) return false;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

void first_result(benchmark::State& state) {
  std::string path = program("first_result");
  for (auto _ : state) {
    auto start = std::chrono::steady_clock::now();
    if (!run(path)) {
      state.SkipWithError("first_result does not run");
      break;
    }
    std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    state.SetIterationTime(passed.count());
  }
}
BENCHMARK(first_result)
    ->Name("proc/first_result")
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
