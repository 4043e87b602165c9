// inplace.cc: rows replaced or changed (in a copy: tensors do not change), and
// tensors whose elements are not filled in at once.

#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// x [N, ...], i [K], v [K, ...].
void infer_rows(InferContext& c) {
  const Shape &x = c.input(0), &i = c.input(1), &v = c.input(2);
  if (i.has_rank() && i.rank() != 1)
    throw InvalidArgumentError("i must be a vector. ", i.debug_string());
  if (x.has_rank() && v.has_rank()) {
    if (x.rank() != v.rank())
      throw InvalidArgumentError("x and v shape doesn't match (ranks differ): ",
                                 x.debug_string(),
                                 " vs. ",
                                 v.debug_string());
    if (x.rank() == 0)
      throw InvalidArgumentError("x must have at least one dimension, got ",
                                 x.debug_string());
    for (int d = 1; d < x.rank(); ++d)
      if (x[d] >= 0 && v[d] >= 0 && x[d] != v[d])
        throw InvalidArgumentError("x and v shape doesn't match at index ",
                                   d,
                                   " : ",
                                   x.debug_string(),
                                   " vs. ",
                                   v.debug_string());
    if (i.has_rank() && i[0] >= 0 && v[0] >= 0 && i[0] != v[0])
      throw InvalidArgumentError("i and x shape doesn't match at index 0: ",
                                 i.debug_string(),
                                 " vs. ",
                                 v.debug_string());
  }
  c.set_output(0, x);
}

void infer_empty(InferContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() != 1)
    throw InvalidArgumentError("shape must be a vector of int32, got shape ",
                               c.input(0).debug_string());
  if (auto dims = c.value_as_ints(0))
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
  c.set_output(0, c.value_as_partial_shape(0));
}

}  // namespace

void register_inplace_ops(OpRegistry& registry) {
  for (const char* name : {"InplaceUpdate", "InplaceAdd", "InplaceSub"})
    registry.add(name)
        .input("x: T")
        .input("i: int32")
        .input("v: T")
        .output("y: T")
        .attr("T: type")
        .host("i")
        .infer(infer_rows);
  registry.add("Empty")
      .input("shape: int32")
      .output("output: dtype")
      .attr("dtype: type")
      .attr("init: bool = false")
      .host("shape")
      .infer(infer_empty)
      .traits(kStateful);
}

}  // namespace tern
