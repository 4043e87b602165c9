// tensordot: transposes and reshapes around one matrix product.

#include <algorithm>
#include <numeric>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/linalg.h"

namespace tern {
namespace {

using Axes = std::vector<std::int64_t>;

/// Whether a Reshape can be told these dimensions: it finds one unknown
/// dimension, but not beside a dimension of size 0.
bool is_reshapeable(const Axes& dims) {
  auto unknown = std::count(dims.begin(), dims.end(), -1);
  return unknown == 0 ||
         (unknown == 1 && std::count(dims.begin(), dims.end(), 0) == 0);
}

std::int64_t product_of(const Shape& shape, const Axes& axes) {
  std::int64_t product = 1;
  for (std::int64_t axis : axes) {
    std::int64_t dim = shape[static_cast<int>(axis)];
    if (dim < 0) return -1;
    product *= dim;
  }
  return product;
}

Tensor int_vector(const Axes& values) { return Tensor(values); }

/// The dimensions of x along `axes`, as an int64 vector read at run time.
Tensor dims_along(const Tensor& x, const Axes& axes) {
  Tensor dims = raw<"Shape">(x, {{"out_type", int64}});
  return raw<"GatherV2">(dims, int_vector(axes), Tensor(Axes{0}, Shape()));
}

/// One operand: its axes split into free and contracted ones.
struct Operand {
  Tensor x;
  Axes free;
  Axes contracted;

  Operand(const Tensor& tensor, Axes axes, const char* name) : x(tensor) {
    int rank = x.shape().rank();
    if (rank < 0)
      throw InvalidArgumentError(
          "tensordot: the rank of ", name, " must be known");
    for (std::int64_t& axis : axes) {
      if (axis < -rank || axis >= rank)
        throw InvalidArgumentError("tensordot: axis ",
                                   axis,
                                   " of ",
                                   name,
                                   " is outside its rank, shape ",
                                   x.shape().debug_string());
      if (axis < 0) axis += rank;
    }
    contracted = std::move(axes);
    for (std::int64_t i = 0; i < rank; ++i)
      if (std::find(contracted.begin(), contracted.end(), i) ==
          contracted.end())
        free.push_back(i);
    if (free.size() + contracted.size() != static_cast<std::size_t>(rank))
      throw InvalidArgumentError(
          "tensordot: an axis of ", name, " is given twice");
  }

  /// As a matrix: [free, contracted], or the reverse order.
  Tensor matrix(bool free_first) const {
    const Axes& rows = free_first ? free : contracted;
    const Axes& columns = free_first ? contracted : free;
    Axes order = rows;
    order.insert(order.end(), columns.begin(), columns.end());
    Tensor ordered = x;
    if (!std::is_sorted(order.begin(), order.end()))
      ordered = raw<"Transpose">(x, int_vector(order));
    if (rows.size() == 1 && columns.size() == 1) return ordered;
    Axes dims = {product_of(x.shape(), rows), product_of(x.shape(), columns)};
    if (is_reshapeable(dims)) return raw<"Reshape">(ordered, int_vector(dims));
    return raw<"Reshape">(
        ordered,
        raw<"Pack">(Tensors{runtime_product(rows), runtime_product(columns)}));
  }

  Tensor runtime_product(const Axes& axes) const {
    return raw<"Prod">(dims_along(x, axes), int_vector({0}));
  }
};

Tensor contract(const Operand& a, const Operand& b) {
  if (a.contracted.size() != b.contracted.size())
    throw InvalidArgumentError(
        "tensordot: different numbers of axes are contracted: ",
        a.contracted.size(),
        " of a, ",
        b.contracted.size(),
        " of b");
  for (std::size_t i = 0; i < a.contracted.size(); ++i) {
    std::int64_t dim_a = a.x.shape()[static_cast<int>(a.contracted[i])];
    std::int64_t dim_b = b.x.shape()[static_cast<int>(b.contracted[i])];
    if (dim_a >= 0 && dim_b >= 0 && dim_a != dim_b)
      throw InvalidArgumentError("Matrix size-incompatible: In[0]: ",
                                 a.x.shape().debug_string(),
                                 ", In[1]: ",
                                 b.x.shape().debug_string(),
                                 " (tensordot over dimensions ",
                                 dim_a,
                                 " and ",
                                 dim_b,
                                 ")");
  }
  Tensor product = raw<"MatMul">(a.matrix(true), b.matrix(false));
  if (a.free.size() == 1 && b.free.size() == 1) return product;

  Axes dims;
  for (std::int64_t axis : a.free)
    dims.push_back(a.x.shape()[static_cast<int>(axis)]);
  for (std::int64_t axis : b.free)
    dims.push_back(b.x.shape()[static_cast<int>(axis)]);
  if (is_reshapeable(dims)) return raw<"Reshape">(product, int_vector(dims));
  Tensor shape = raw<"ConcatV2">(
      Tensors{dims_along(a.x, a.free), dims_along(b.x, b.free), Tensor(0)});
  return raw<"Reshape">(product, shape);
}

/// A literal operand takes the other's dtype before it is taken apart.
std::pair<Tensor, Tensor> same_dtype(const Tensor& a, const Tensor& b) {
  if (a.is_weak()) return {a.as_dtype(b.dtype()), b};
  if (b.is_weak()) return {a, b.as_dtype(a.dtype())};
  return {a, b};
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, int axes) {
  int rank_a = a.shape().rank();
  int rank_b = b.shape().rank();
  if (axes == 1 && rank_a == 2 && rank_b == 2) return matmul(a, b);
  if (axes < 0 || axes > rank_a || axes > rank_b)
    throw InvalidArgumentError("tensordot: cannot contract ",
                               axes,
                               " dimensions of shapes ",
                               a.shape().debug_string(),
                               " and ",
                               b.shape().debug_string());
  Axes last(static_cast<std::size_t>(axes));
  Axes first(static_cast<std::size_t>(axes));
  std::iota(last.begin(), last.end(), rank_a - axes);
  std::iota(first.begin(), first.end(), 0);
  return tensordot(a, b, Ints(last), Ints(first));
}

Tensor tensordot(const Tensor& a,
                 const Tensor& b,
                 const Ints& a_axes,
                 const Ints& b_axes) {
  auto [x, y] = same_dtype(a, b);
  return contract(Operand(x, a_axes.values(), "a"),
                  Operand(y, b_axes.values(), "b"));
}

}  // namespace tern
