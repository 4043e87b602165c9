#pragma once

#include <string>

/// Where the time and the memory of functions and sessions go.
namespace tern::profiler {

struct ProfilerOptions {
  /// Also notes how much memory tensors hold after each node.
  bool memory_timeline = true;
};

/// From now on notes when each node of each function and session runs, on all
/// threads. Throws AlreadyExistsError while a profile is being taken.
void start(ProfilerOptions options = {});

/// Ends the profile and writes it as a Chrome trace (JSON), which
/// chrome://tracing and ui.perfetto.dev show: a row a thread, nested where one
/// node runs a function, and a graph of the bytes in use. Throws
/// FailedPreconditionError when none was started, and what the file system
/// refuses; the profile has ended all the same.
void stop(const std::string& path);

/// Ends the profile and forgets it. Nothing where none was started.
void discard() noexcept;

}  // namespace tern::profiler
