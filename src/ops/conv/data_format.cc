// Dimensions and vectors of one data format in the order of another.

#include <string>

#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void check_formats(const InferContext& c) {
  for (const char* name : {"src_format", "dst_format"}) {
    const std::string& format = c.attr<std::string>(name);
    if (format.size() != 4 && format.size() != 5)
      throw InvalidArgumentError(name[0] == 's' ? "Source" : "Destination",
                                 " format must be of length 4 or 5, received ",
                                 name,
                                 " = ",
                                 format);
  }
}

void infer_dim_map(InferContext& c) {
  check_formats(c);
  same_as_input(c);
}

/// Vectors of all dimensions or of the spatial ones; pairs have two columns.
void infer_vec_permute(InferContext& c) {
  check_formats(c);
  const std::string& source = c.attr<std::string>("src_format");
  const std::string& target = c.attr<std::string>("dst_format");
  for (char letter : source)
    if (source.size() != target.size() ||
        target.find(letter) == std::string::npos)
      throw InvalidArgumentError(
          "Destination and source format must determine a permutation, got ",
          source,
          " and ",
          target);
  const Shape& x = c.input(0);
  c.set_output(0, x);
  if (!x.has_rank()) return;
  if (x.rank() != 1 && x.rank() != 2)
    throw InvalidArgumentError(
        "input must be a vector or 2D tensor, but got shape ",
        x.debug_string());
  auto full = static_cast<std::int64_t>(source.size());
  if (x[0] >= 0 && x[0] != full && x[0] != full - 2)
    throw InvalidArgumentError(
        x.rank() == 1 ? "1D input must be of size "
                      : "First dimension of 2D input must be of size ",
        full - 2,
        " or ",
        full,
        ", but got shape ",
        x.debug_string());
  if (x.rank() == 2 && x[1] >= 0 && x[1] != 2)
    throw InvalidArgumentError(
        "Second dimension of 2D input must be of size 2, but got shape ",
        x.debug_string());
}

void add_op(OpRegistry& registry, const char* name, InferFunction infer) {
  registry.add(name)
      .input("x: T")
      .output("y: T")
      .attr("T: {int32, int64} = DT_INT32")
      .attr("src_format: string = 'NHWC'")
      .attr("dst_format: string = 'NCHW'")
      .infer(std::move(infer));
}

}  // namespace

void register_data_format_ops(OpRegistry& registry) {
  add_op(registry, "DataFormatDimMap", infer_dim_map);
  add_op(registry, "DataFormatVecPermute", infer_vec_permute);
}

}  // namespace tern
