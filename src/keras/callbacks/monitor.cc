#include "keras/callbacks/monitor.h"

#include <cmath>
#include <iostream>
#include <limits>
#include <utility>

#include "tern/core/error.h"

namespace tern::keras {
namespace {

bool names_a_gain(const std::string& monitor) {
  for (const char* part : {"acc", "auc", "AUC"})
    if (monitor.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace

Monitor::Monitor(const char* callback,
                 std::string name,
                 const std::string& mode)
    : callback_(callback),
      name_(std::move(name)),
      larger_is_better_(mode == "max" ||
                        (mode == "auto" && names_a_gain(name_))) {
  if (mode != "auto" && mode != "min" && mode != "max")
    throw InvalidArgumentError(
        callback_,
        ": mode must be \"auto\", \"min\" or \"max\", got \"",
        mode,
        "\"");
}

std::optional<double> Monitor::read(const Logs& logs) const {
  if (logs.contains(name_)) return logs[name_];
  std::cerr << callback_ << ": \"" << name_ << "\" is not among the logs:";
  for (const auto& [name, value] : logs) std::cerr << ' ' << name;
  std::cerr << '\n';
  return {};
}

bool Monitor::improves(double value, double min_delta) {
  const double margin = std::fabs(min_delta);
  const bool better =
      larger_is_better_ ? value > best() + margin : value < best() - margin;
  if (better) best_ = value;
  return better;
}

double Monitor::best() const {
  const double infinity = std::numeric_limits<double>::infinity();
  return best_.value_or(larger_is_better_ ? -infinity : infinity);
}

}  // namespace tern::keras
