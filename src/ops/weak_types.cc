#include "ops/weak_types.h"

#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// The order in which literals alone settle on a dtype: the widest wins.
int literal_rank(DType dtype) {
  if (dtype == bool_) return 0;
  if (dtype == int32) return 1;
  if (dtype == int64) return 2;
  return 3;
}

/// The type attr (or fixed type) of each flat input.
struct InputType {
  DType fixed;
  int attr = -1;
};

InlinedVector<InputType, 4> input_types(const OpDef& op, std::size_t inputs) {
  InlinedVector<InputType, 4> types(inputs);
  std::size_t singles = 0;
  for (const ArgDef& arg : op.inputs) singles += !arg.is_variadic();
  std::size_t variadics = op.inputs.size() - singles;
  std::size_t position = 0;
  for (const ArgDef& arg : op.inputs) {
    std::size_t count = arg.is_variadic() && inputs >= singles
                            ? (inputs - singles) / variadics
                            : 1;
    for (std::size_t i = 0; i < count && position < inputs; ++i, ++position)
      types[position] = {arg.type, arg.type_attr};
  }
  return types;
}

bool is_watched(const Tensor& tensor) {
  for (Recorder* recorder : dispatch().recorders)
    if (recorder->watches(tensor)) return true;
  return false;
}

Tensor bind(const Tensor& weak, DType dtype) {
  if (weak.dtype() == dtype) return weak;
  // A watched literal must stay connected to what is computed from it.
  if (is_watched(weak)) return raw<"Cast">(weak, {{"DstT", dtype}});
  Tensor firm = weak.as_dtype(dtype);
  if (!current_interpreter()) return firm;
  // In a graph a literal is a constant, nothing that comes from outside.
  return raw<"Const">(Tensors{}, {{"dtype", dtype}, {"value", firm}});
}

}  // namespace

Tensor bind_literal(const Tensor& tensor) {
  if (!tensor.is_weak()) return tensor;
  return is_watched(tensor) ? raw<"Identity">(tensor) : tensor.clone();
}

Inputs bind_weak_inputs(const OpDef& op,
                        std::span<const Tensor> inputs,
                        const Attrs& attrs) {
  auto types = input_types(op, inputs.size());
  Inputs bound(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    bound[i] = inputs[i];
    if (!inputs[i].is_weak()) continue;
    DType target = types[i].fixed;
    int attr = types[i].attr;
    if (attr >= 0) {
      auto a = static_cast<std::size_t>(attr);
      if (a < attrs.size() && attrs[a].holds<DType>())
        target = attrs[a].get<DType>();
      for (std::size_t j = 0; j < inputs.size() && target.code == 0; ++j)
        if (types[j].attr == attr && !inputs[j].is_weak())
          target = inputs[j].dtype();
      if (target.code == 0) {
        target = inputs[i].dtype();
        for (std::size_t j = 0; j < inputs.size(); ++j)
          if (types[j].attr == attr &&
              literal_rank(inputs[j].dtype()) > literal_rank(target))
            target = inputs[j].dtype();
      }
    }
    if (target.code != 0) bound[i] = bind(inputs[i], target);
  }
  return bound;
}

}  // namespace tern
