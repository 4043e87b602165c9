// norm.cc: norms of vectors and matrices.

#include <cmath>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern::linalg {
namespace {

/// sqrt(sum |x|²).
Tensor euclidean(const Tensor& x, const NormOptions& options) {
  return sqrt(math::real(
      reduce_sum(x * math::conj(x),
                 {.axis = options.axis, .keepdims = options.keepdims})));
}

/// sum |x|ᵖ to the power 1/p.
Tensor p_norm(const Tensor& x, double p, const NormOptions& options) {
  const ReduceOptions over{.axis = options.axis, .keepdims = options.keepdims};
  const Tensor magnitudes = abs(x);
  if (p == 1) return reduce_sum(magnitudes, over);
  if (std::isinf(p)) return reduce_max(magnitudes, over);
  return pow(reduce_sum(pow(magnitudes, p), over), 1 / p);
}

/// Column sums (p = 1) or row sums (infinity), the largest; or the largest
/// singular value (p = 2).
Tensor induced_norm(const Tensor& x, double p, const NormOptions& options) {
  const int rank = x.shape().rank();
  std::int64_t row = options.axis.values()[0];
  std::int64_t column = options.axis.values()[1];
  if (rank >= 0 && row < 0) row += rank;
  if (rank >= 0 && column < 0) column += rank;
  if (p != 2) {
    const std::int64_t summed = p == 1 ? row : column;
    const std::int64_t compared = p == 1 ? column : row;
    Tensor sums = reduce_sum(abs(x), {.axis = summed, .keepdims = true});
    Tensor result = reduce_max(sums, {.axis = compared, .keepdims = true});
    return options.keepdims ? result : squeeze(result, {row, column});
  }
  if (rank < 0)
    throw UnimplementedError(
        "the 2-norm of matrices in a tensor of unknown rank");
  // The matrices' dimensions go last.
  std::vector<std::int64_t> perm;
  for (std::int64_t d = 0; d < rank; ++d)
    if (d != row && d != column) perm.push_back(d);
  perm.push_back(row);
  perm.push_back(column);
  Tensor largest = reduce_max(
      svd(transpose(x, {.perm = perm}), {.compute_uv = false}).s, {.axis = -1});
  if (!options.keepdims) return largest;
  for (std::int64_t d : {std::min(row, column), std::max(row, column)})
    largest = expand_dims(largest, static_cast<int>(d));
  return largest;
}

}  // namespace

Tensor norm(const Tensor& tensor, const NormOptions& options) {
  const std::size_t num_axes = options.axis.values().size();
  if (options.axis.is_given() && num_axes != 1 && num_axes != 2)
    throw InvalidArgumentError(
        "'axis' must be None, an integer, or a tuple of 2 unique integers, "
        "got ",
        num_axes,
        " axes");
  const bool matrix = num_axes == 2;
  const NormOrder& ord = options.ord;
  if (ord.name == "euclidean" || (matrix && ord.name == "fro"))
    return euclidean(tensor, options);
  if (!ord.name.empty())
    throw InvalidArgumentError("'ord' must be a supported ",
                               matrix ? "matrix" : "vector",
                               " norm, got \"",
                               ord.name,
                               "\"");
  if (matrix && ord.p != 1 && ord.p != 2 && !(std::isinf(ord.p) && ord.p > 0))
    throw InvalidArgumentError(
        "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, "
        "inf], got ",
        ord.p);
  if (!(ord.p > 0))
    throw InvalidArgumentError(
        "'ord' must be a supported vector norm: a positive number, got ",
        ord.p);
  return matrix ? induced_norm(tensor, ord.p, options)
                : p_norm(tensor, ord.p, options);
}

}  // namespace tern::linalg
