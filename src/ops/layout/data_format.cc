// data_format.cc: axes and sizes of images carried from one order of dimensions
// to another.

#include <algorithm>
#include <string>

#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Both formats name the same 4 or 5 dimensions.
void check_formats(const InferContext& c) {
  std::string from = c.attr<std::string>("src_format");
  std::string to = c.attr<std::string>("dst_format");
  if (from.size() != 4 && from.size() != 5)
    throw InvalidArgumentError(
        "Source format must be of length 4 or 5, received src_format = ", from);
  if (to.size() != 4 && to.size() != 5)
    throw InvalidArgumentError(
        "Destination format must be of length 4 or 5, received dst_format = ",
        to);
  std::string a = from, b = to;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  if (a != b || std::adjacent_find(a.begin(), a.end()) != a.end())
    throw InvalidArgumentError(
        "Destination and source format must determine a permutation, got ",
        from,
        " and ",
        to);
}

void infer_dim_map(InferContext& c) {
  check_formats(c);
  c.set_output(0, c.input(0));
}

/// One entry a dimension, or one a spatial dimension; or pairs of them.
void infer_vec_permute(InferContext& c) {
  check_formats(c);
  const Shape& x = c.input(0);
  const auto all =
      static_cast<std::int64_t>(c.attr<std::string>("src_format").size());
  if (x.has_rank()) {
    if (x.rank() != 1 && x.rank() != 2)
      throw InvalidArgumentError(
          "input must be a vector or 2D tensor, but got "
          "shape ",
          x.debug_string());
    if (x[0] >= 0 && x[0] != all && x[0] != all - 2)
      throw InvalidArgumentError(
          x.rank() == 1 ? "1D input must be of size "
                        : "First dimension of 2D input must be of size ",
          all - 2,
          " or ",
          all,
          ", but got shape ",
          x.debug_string());
    if (x.rank() == 2 && x[1] >= 0 && x[1] != 2)
      throw InvalidArgumentError(
          "Second dimension of 2D input must be of size 2, but got shape ",
          x.debug_string());
  }
  c.set_output(0, x);
}

}  // namespace

void register_data_format_ops(OpRegistry& registry) {
  registry.add("DataFormatDimMap")
      .input("x: T")
      .output("y: T")
      .attr("T: {int32, int64} = DT_INT32")
      .attr("src_format: string = 'NHWC'")
      .attr("dst_format: string = 'NCHW'")
      .infer(infer_dim_map);
  registry.add("DataFormatVecPermute")
      .input("x: T")
      .output("y: T")
      .attr("T: {int32, int64} = DT_INT32")
      .attr("src_format: string = 'NHWC'")
      .attr("dst_format: string = 'NCHW'")
      .infer(infer_vec_permute);
}

}  // namespace tern
