#pragma once

#include <optional>
#include <string>

#include "tern/keras/callbacks.h"

namespace tern::keras {

/// The best value so far of one of the logs.
class Monitor {
 public:
  /// mode "auto": accuracies and AUC are better when larger, all else when
  /// smaller. Throws InvalidArgumentError, naming the callback, for a mode that
  /// is none.
  Monitor(const char* callback, std::string name, const std::string& mode);

  /// Forgets the best value.
  void reset() { best_.reset(); }
  /// The value in the logs; none, after a warning, where they lack it.
  std::optional<double> read(const Logs& logs) const;
  /// Whether the value betters the best one by more than min_delta; it is then
  /// the best one.
  bool improves(double value, double min_delta = 0);
  const std::string& name() const { return name_; }
  /// Infinite before the first value.
  double best() const;

 private:
  const char* callback_;
  std::string name_;
  bool larger_is_better_;
  std::optional<double> best_;
};

}  // namespace tern::keras
