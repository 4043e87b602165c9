#include "ops/grad_context.h"

#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern {

Tensor Gradient::to_tensor() const {
  if (is_none()) return {};
  if (is_dense()) return dense();
  const IndexedSlices& sparse = slices();
  if (!sparse.dense_shape.defined())
    throw InvalidArgumentError(
        "Tensor conversion requested for IndexedSlices without dense_shape");
  Tensor rows =
      raw<"StridedSlice">(Tensors{sparse.dense_shape,
                                  Tensor(std::vector<std::int32_t>{0}),
                                  Tensor(std::vector<std::int32_t>{1}),
                                  Tensor(std::vector<std::int32_t>{1})},
                          {{"shrink_axis_mask", 1}});
  return raw<"UnsortedSegmentSum">(sparse.values, sparse.indices, rows);
}

Gradient add_gradients(const std::vector<Gradient>& parts) {
  if (parts.size() == 1) return parts[0];
  std::vector<Gradient> some;
  bool all_sparse = true;
  for (const Gradient& part : parts) {
    if (part.is_none()) continue;
    all_sparse = all_sparse && part.is_sparse();
    some.push_back(part);
  }
  if (some.empty()) return {};
  if (some.size() == 1) return some[0];
  if (all_sparse) {
    Tensors values, indices;
    for (const Gradient& part : some) {
      values.push_back(part.slices().values);
      indices.push_back(part.slices().indices);
    }
    bool mixed = false;
    for (const Tensor& i : indices)
      mixed = mixed || !(i.dtype() == indices[0].dtype());
    if (mixed)
      for (Tensor& i : indices) i = raw<"Cast">(i, {{"DstT", int64}});
    Tensor axis = Tensor::from_literal(0);
    values.push_back(axis);
    indices.push_back(axis);
    return IndexedSlices{raw<"ConcatV2">(values),
                         raw<"ConcatV2">(indices),
                         some[0].slices().dense_shape};
  }
  Tensors dense;
  for (const Gradient& part : some) dense.push_back(part.to_tensor());
  if (dense.size() == 2 && !(dense[0].dtype() == variant))
    return raw<"AddV2">(dense[0], dense[1]);
  return raw<"AddN">(dense);
}

GradContext::GradContext(const OpDef& op,
                         const Attrs& attrs,
                         std::span<const Tensor> inputs,
                         std::span<const Tensor> outputs,
                         std::span<const Gradient> output_gradients,
                         const std::vector<bool>& needs)
    : op_(op),
      attrs_(attrs),
      inputs_(inputs),
      outputs_(outputs),
      output_gradients_(output_gradients),
      needs_(needs),
      gradients_(inputs.size()) {}

Tensor GradContext::dy(int i) const {
  const Gradient& gradient = output_gradients_[static_cast<std::size_t>(i)];
  if (!gradient.is_none()) return gradient.to_tensor();
  return raw<"ZerosLike">(output(i));
}

void GradContext::set(int i, Gradient gradient) {
  if (i < 0 || i >= num_inputs())
    throw InternalError(
        "gradient of ", op_.name, " sets input ", i, " of ", num_inputs());
  gradients_[static_cast<std::size_t>(i)] = std::move(gradient);
}

const AttrValue& GradContext::attr_value(std::string_view name) const {
  auto i = static_cast<std::size_t>(op_.attr_index(name));
  if (i < attrs_.size() && attrs_[i].is_set()) return attrs_[i];
  if (completed_.empty())
    completed_ = CallSignature::complete(op_, inputs_, attrs_);
  return completed_[i];
}

}  // namespace tern
