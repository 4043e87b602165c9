#pragma once

#include <string>
#include <vector>

#include "tools/golden/case.h"

namespace tern::golden {

struct Result {
  /// What is wrong, one line each; empty when the case passed.
  std::vector<std::string> failures;
  /// The ops of the case that Tern lacks: then it was not run.
  std::vector<std::string> missing_ops;
};

/// Runs a case: values of all runs, gradients, or the error it must raise.
/// Anything thrown on the way is a failure of the case.
Result check(const Case& c);

}  // namespace tern::golden
