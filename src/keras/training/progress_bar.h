#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "tern/keras/callbacks.h"

namespace tern::keras {

/// Keras 2's progress text: a bar rewritten in place (verbose 1), or one line
/// an epoch (verbose 2).
class ProgressBar {
 public:
  ProgressBar(std::int64_t target, int verbose);

  /// After `current` of `target` steps. `finalize` ends the line.
  void update(std::int64_t current, const Logs& logs, bool finalize);

 private:
  void draw(std::int64_t current, const Logs& logs, bool finalize, double now);
  void print_line(std::int64_t current, const Logs& logs, double now);
  double seconds_per_step(std::int64_t current, double now);

  std::int64_t target_;
  int verbose_;
  double start_;
  double last_update_ = 0;
  std::optional<double> after_first_step_;
  std::size_t width_ = 0;  // characters of the last bar
};

}  // namespace tern::keras
