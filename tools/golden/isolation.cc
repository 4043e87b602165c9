#include "tools/golden/isolation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "io/system_error.h"

namespace tern::golden {
namespace {

// The worker writes one line each: "!" and a failure, "?" and a missing op,
// "." at the end of a case.

void write_line(std::FILE* stream, char kind, std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::fprintf(stream, "%c%s\n", kind, text.c_str());
}

[[noreturn]] void work(int pipe,
                       std::size_t begin,
                       std::size_t count,
                       const std::function<Result(std::size_t)>& check) {
  std::FILE* stream = ::fdopen(pipe, "w");
  for (std::size_t i = begin; i < count; ++i) {
    Result result = check(i);
    for (const auto& failure : result.failures)
      write_line(stream, '!', failure);
    for (const auto& op : result.missing_ops) write_line(stream, '?', op);
    write_line(stream, '.', "");
    std::fflush(stream);
  }
  std::fclose(stream);
  std::_Exit(0);
}

/// Reads lines until the worker ends; returns the case after the last that it
/// finished.
std::size_t listen(
    int pipe,
    std::size_t next,
    const std::function<void(std::size_t, const Result&)>& report) {
  std::FILE* stream = ::fdopen(pipe, "r");
  Result result;
  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t size; (size = ::getline(&line, &capacity, stream)) > 0;) {
    std::string text(line + 1, static_cast<std::size_t>(size) - 2);
    if (*line == '!') result.failures.push_back(text);
    if (*line == '?') result.missing_ops.push_back(text);
    if (*line == '.') report(next++, std::exchange(result, {}));
  }
  std::free(line);
  std::fclose(stream);
  return next;
}

}  // namespace

void check_isolated(
    std::size_t count,
    const std::function<Result(std::size_t)>& check,
    const std::function<void(std::size_t, const Result&)>& report) {
  std::size_t next = 0;
  while (next < count) {
    int pipe[2];
    if (::pipe(pipe) != 0) io::throw_system_error(errno, "a pipe", "make");
    ::pid_t worker = ::fork();
    if (worker < 0) io::throw_system_error(errno, "a worker", "start");
    if (worker == 0) {
      ::close(pipe[0]);
      work(pipe[1], next, count, check);
    }
    ::close(pipe[1]);
    next = listen(pipe[0], next, report);
    int status = 0;
    ::waitpid(worker, &status, 0);
    if (next == count) return;
    Result crash;
    crash.failures.push_back(WIFSIGNALED(status)
                                 ? std::string("the process died: ") +
                                       strsignal(WTERMSIG(status))
                                 : "the process ended in the middle");
    report(next++, crash);
  }
}

}  // namespace tern::golden
