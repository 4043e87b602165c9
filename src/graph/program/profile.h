#pragma once

#include <chrono>
#include <string>

namespace tern::profiler {

using Clock = std::chrono::steady_clock;

/// Whether nodes are to be noted.
bool is_active();

/// Notes a node that ran on this thread from `start` until now.
void note(const std::string& op,
          const std::string& node,
          Clock::time_point start);

}  // namespace tern::profiler
