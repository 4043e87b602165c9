#pragma once

#include <optional>

/// What is done to graphs before they run. Each pass gives the same results
/// as without it, and can be turned off by name, as with
/// tf.config.optimizer.
namespace tern::config::optimizer {

/// A switch a pass: true and false turn it on and off, unset leaves it as it
/// is. All passes are on at first. TensorFlow's names where it has the pass.
struct ExperimentalOptions {
  /// Everything off: graphs run as they were traced or imported.
  std::optional<bool> disable_meta_optimizer = {};
  /// Keeps what neither an output nor an effect needs.
  std::optional<bool> disable_model_pruning = {};
  /// Puts the nodes of called functions in the place of the calls.
  std::optional<bool> function_optimization = {};
  /// Computes once what is known before running.
  std::optional<bool> constant_folding = {};
  /// Computes once what is asked for several times.
  std::optional<bool> common_subgraph_elimination = {};
  /// Takes out what does nothing: x * 1, -(-x), reshapes of reshapes.
  std::optional<bool> arithmetic_optimization = {};
  /// Merges transposes and moves them out of the way of one another.
  std::optional<bool> layout_optimizer = {};
  /// Replaces groups of ops by one that does the same: a matrix product with
  /// its bias and activation, a batch normalization with fixed statistics.
  std::optional<bool> remapping = {};
  /// Runs elementwise ops that follow one another in one pass over memory.
  std::optional<bool> elementwise_fusion = {};
};

/// Holds for functions and graphs that have not run yet. Thread-safe.
///
///     config::optimizer::set_experimental_options({.remapping = false});
void set_experimental_options(const ExperimentalOptions& options);

/// All switches, each of them set.
ExperimentalOptions get_experimental_options();

}  // namespace tern::config::optimizer
