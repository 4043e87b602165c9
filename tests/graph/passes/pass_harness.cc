#include "graph/passes/pass_harness.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "graph/passes/optimize.h"
#include "graph/program/program.h"
#include "graph/tracer.h"

namespace tern::pass_test {

using config::optimizer::ExperimentalOptions;
using config::optimizer::get_experimental_options;
using config::optimizer::set_experimental_options;

OptionsScope::OptionsScope(const ExperimentalOptions& options)
    : saved_(get_experimental_options()) {
  set_experimental_options(options);
}

OptionsScope::~OptionsScope() { set_experimental_options(saved_); }

ExperimentalOptions all_off() {
  return {.disable_meta_optimizer = false,
          .disable_model_pruning = true,
          .function_optimization = false,
          .constant_folding = false,
          .common_subgraph_elimination = false,
          .arithmetic_optimization = false,
          .layout_optimizer = false,
          .remapping = false,
          .elementwise_fusion = false};
}

GraphFunctionPtr trace(const std::vector<TensorSpec>& specs, const Body& body) {
  Tracer tracer("test");
  TraceScope scope(tracer);
  Tensors symbols;
  for (const TensorSpec& spec : specs)
    symbols.push_back(tracer.add_argument(spec));
  GraphFunctionPtr function = tracer.finish(body(symbols));
  REQUIRE(tracer.captured().empty());
  return function;
}

OpCounts ops_that_run(const GraphFunction& function) {
  OpCounts counts;
  for (int id : execution_order(function)) {
    const std::string& op = function.graph().node(id).op->name;
    if (op != "Const" && op != "Placeholder") ++counts[op];
  }
  return counts;
}

bool same_bits(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i].dtype() == b[i].dtype()) || !(a[i].shape() == b[i].shape()) ||
        std::memcmp(a[i].raw_data(), b[i].raw_data(), a[i].num_bytes()) != 0)
      return false;
  return true;
}

namespace {

Tensors run(const std::vector<TensorSpec>& specs,
            const Body& body,
            const Tensors& inputs,
            const ExperimentalOptions& options) {
  OptionsScope scope(options);
  return trace(specs, body)->program().run(inputs);
}

}  // namespace

OpCounts ops_left(const Tensors& inputs, const Body& body) {
  std::vector<TensorSpec> known, unknown;
  for (const Tensor& input : inputs) {
    known.emplace_back(input.shape(), input.dtype());
    unknown.emplace_back(Shape::unknown_dims(input.shape().rank()),
                         input.dtype());
  }
  for (const auto& specs : {known, unknown})
    CHECK(same_bits(run(specs, body, inputs, all_off()),
                    run(specs, body, inputs, {})));
  GraphFunctionPtr optimized = optimize(*trace(known, body));
  REQUIRE(optimized != nullptr);
  return ops_that_run(*optimized);
}

}  // namespace tern::pass_test
