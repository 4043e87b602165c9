#pragma once

#include <string>
#include <vector>

#include "tern/keras/model.h"

namespace tern::keras {

/// What compile says of one output of a model.
struct CompiledOutput {
  std::string name;
  Loss loss;
  double loss_weight = 1;
  /// As given, "accuracy" by that name.
  std::vector<Metric> given_metrics, given_weighted_metrics;
  /// Resolved at the first batch.
  std::vector<Metric> metrics, weighted_metrics;
  Metric loss_tracker;  // where there are several outputs with losses
};

/// Hands losses, weights and metrics to the outputs of these names: by name,
/// by position, or one loss and all metrics for each. Throws
/// InvalidArgumentError for other names and numbers.
std::vector<CompiledOutput> compile_outputs(
    const CompileOptions& options, const std::vector<std::string>& names);

/// The tensors for the outputs, of targets or weights given by position or by
/// name; undefined where there are none.
Tensors for_outputs(const Nest& given,
                    const std::vector<CompiledOutput>& outputs,
                    const char* what);

}  // namespace tern::keras
