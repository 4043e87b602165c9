// Variables, and ops that change them.
#include <algorithm>

#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

/// An optimizer's update: variables and gradient of one shape, scalars in
/// between.
Input hyperparameter(const std::string& name) {
  if (name == "global_step") return axis(3);
  return scalar(name == "lr_power" ? -0.5 : 0.25);
}

void add_update(Samples& samples, const OpDef& op) {
  for (const Dims& dims : {Dims{2, 3}, Dims{0, 3}, Dims{67}}) {
    std::vector<Input> inputs;
    for (const ArgDef& arg : op.inputs) {
      if (arg.type == resource)
        inputs.push_back(variable(dims));
      else if (arg.name == "grad" || arg.name == "delta")
        inputs.push_back(random(dims, -1, 1));
      else
        inputs.push_back(hyperparameter(arg.name));
    }
    samples.of(op.name).add(inputs);
  }
}

/// Three rows of a table of four, one of them twice.
void add_row_update(Samples& samples, const OpDef& op) {
  std::vector<Input> inputs;
  for (const ArgDef& arg : op.inputs) {
    if (arg.type == resource)
      inputs.push_back(variable({4, 2}));
    else if (arg.name == "grad")
      inputs.push_back(random({3, 2}, -1, 1));
    else if (arg.name == "indices")
      inputs.push_back(ints({3, 1, 3}));
    else
      inputs.push_back(hyperparameter(arg.name));
  }
  samples.of(op.name).add(inputs);
}

void add_scatter_samples(Samples& samples) {
  for (const char* op : {"ResourceScatterAdd",
                         "ResourceScatterDiv",
                         "ResourceScatterMax",
                         "ResourceScatterMin",
                         "ResourceScatterMul",
                         "ResourceScatterSub",
                         "ResourceScatterUpdate"})
    samples.of(op)
        .add({variable({4, 2}, 5, 8), ints({3, 1, 3}), random({3, 2}, 1, 3)})
        .add({variable({4, 2}, 5, 8), axis(2), random({2}, 1, 3)})
        .add({variable({4, 2}, 5, 8), ints({}), random({0, 2})});
  for (const char* op : {"ResourceScatterNdAdd",
                         "ResourceScatterNdMax",
                         "ResourceScatterNdMin",
                         "ResourceScatterNdSub",
                         "ResourceScatterNdUpdate"})
    samples.of(op)
        .add({variable({4, 2}, 5, 8),
              ints({3, 1}, Dims{2, 1}),
              random({2, 2}, 1, 3)})
        .add({variable({2, 2}, 5, 8),
              ints({1, 0, 0, 1}, Dims{2, 2}),
              random({2}, 1, 3)});
  samples.of("ResourceStridedSliceAssign")
      .add({variable({3, 4}, 5, 8),
            ints({2, 0}),
            ints({0, 3}),
            ints({-1, 2}),
            random({2, 2})});
}

/// Sessions turn them into the ops above: tests/graph/v1_test.cc.
void add_ref_samples(Samples& samples) {
  for (const OpDef* op : OpRegistry::global().all()) {
    if (op->name.starts_with("Ref")) continue;  // control flow
    auto is_ref = [](const ArgDef& arg) { return arg.is_ref; };
    if (std::none_of(op->inputs.begin(), op->inputs.end(), is_ref)) continue;
    std::vector<Input> inputs;
    for (const ArgDef& arg : op->inputs) {
      bool counts = arg.name == "indices" || arg.name == "begin" ||
                    arg.name == "end" || arg.name == "strides";
      inputs.push_back(counts ? ints({1}, Dims{1}) : random({4}));
    }
    samples.of(op->name).add(inputs, kNotRunnable);
  }
  for (const char* op : {"Variable", "VariableV2"})
    samples.of(op).add(std::vector<Input>{},
                       {{"dtype", float32}, {"shape", Shape({2})}},
                       kNotRunnable);
}

}  // namespace

void add_state_samples(Samples& samples) {
  add_ref_samples(samples);
  samples.of("VarHandleOp")
      .add(std::vector<Input>{},
           {{"dtype", float32}, {"shape", Shape({2})}},
           kHasEffects);
  samples.of("VarIsInitializedOp").add(variable({2}));
  samples.of("VariableShape").add(variable({2, 3})).add(variable({}));
  samples.of("ReadVariableOp").add(variable({2, 3})).add(variable({}));
  for (const char* op :
       {"AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"})
    samples.of(op)
        .add({variable({2, 3}, 5, 8), random({2, 3})})
        .add({variable({}, 5, 8), scalar(2)})
        .add({variable({0}), random({0})});
  samples.of("DestroyResourceOp").add(variable({2}), kHasEffects);
  samples.of("ResourceGather")
      .add({variable({3, 2}), ints({2, 0, 2})})
      .add({variable({3, 2}), ints({})});
  samples.of("ResourceGatherNd")
      .add({variable({3, 2}), ints({2, 0}, Dims{2, 1})});
  add_scatter_samples(samples);
  for (const OpDef* op : OpRegistry::global().all())
    if (op->name.starts_with("ResourceApply") ||
        op->name == "_TernResourceApplyAdam")
      add_update(samples, *op);
  for (const OpDef* op : OpRegistry::global().all())
    if (op->name.starts_with("ResourceSparseApply"))
      add_row_update(samples, *op);
  samples.of("_TernResourceSparseApplyAdam")
      .add({variable({4, 2}, 5, 8),
            variable({4, 2}, 5, 8),
            variable({4, 2}, 5, 8),
            scalar(0.25),
            scalar(0.25),
            scalar(0.25),
            scalar(0.25),
            random({3, 2}, -1, 1),
            ints({3, 1, 3})});
}

}  // namespace tern
