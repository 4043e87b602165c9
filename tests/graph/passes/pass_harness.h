#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tern/core/nest.h"
#include "tern/graph/optimizer.h"

namespace tern::pass_test {

/// Sets switches of the optimizer for the life of the scope.
class OptionsScope {
 public:
  explicit OptionsScope(const config::optimizer::ExperimentalOptions& options);
  ~OptionsScope();
  OptionsScope(const OptionsScope&) = delete;

 private:
  config::optimizer::ExperimentalOptions saved_;
};

/// Every pass off, for a test to turn on what it is about.
config::optimizer::ExperimentalOptions all_off();

using Body = std::function<Tensors(const Tensors&)>;

/// The body as a graph, with arguments of these specs.
GraphFunctionPtr trace(const std::vector<TensorSpec>& specs, const Body& body);

/// How many nodes of each op run, constants and arguments left out.
using OpCounts = std::map<std::string, int>;
OpCounts ops_that_run(const GraphFunction& function);

/// The ops that are left of `body` for the specs of these inputs, through the
/// passes that are on. Checks that it gives the bits of the body as it was
/// traced: for the inputs as they are and, in graphs of unknown dimensions,
/// again.
OpCounts ops_left(const Tensors& inputs, const Body& body);

/// Whether two lists of tensors agree in dtypes, shapes and bits.
bool same_bits(const Tensors& a, const Tensors& b);

}  // namespace tern::pass_test
