// transpose.cc: permutations of axes.

#include <numeric>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// The permutation with its axes counted from the front. Throws unless it
/// names each axis once.
std::vector<std::int64_t> checked_permutation(std::vector<std::int64_t> perm) {
  const auto n = static_cast<std::int64_t>(perm.size());
  std::vector<bool> seen(perm.size(), false);
  for (std::int64_t& axis : perm) {
    if (axis < -n || axis >= n)
      throw InvalidArgumentError(axis, " is out of range [0 .. ", n, ")");
    if (axis < 0) axis += n;
    seen[static_cast<std::size_t>(axis)] = true;
  }
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (!seen[i]) {
      std::string list;
      for (std::int64_t axis : perm)
        list += (list.empty() ? "" : ",") + std::to_string(axis);
      throw InvalidArgumentError(i, " is missing from {", list, "}.");
    }
  return perm;
}

void transposed(InferContext& c) {
  const Shape& x = c.input(0);
  const Shape& perm_shape = c.with_rank(1, 1);
  const auto perm = c.value_as_ints(1);
  int rank = x.rank();
  if (perm_shape.has_rank() && perm_shape[0] >= 0) {
    if (x.has_rank() && perm_shape[0] != x.rank())
      throw InvalidArgumentError("transpose expects a vector of size ",
                                 x.rank(),
                                 ". But input(1) is a vector of size ",
                                 perm_shape[0]);
    rank = static_cast<int>(perm_shape[0]);
  }
  if (rank < 0) return c.set_output(0, Shape::unknown());
  Shape result = Shape::unknown_dims(rank);
  if (perm) {
    const std::vector<std::int64_t> axes = checked_permutation(*perm);
    if (x.has_rank())
      for (int i = 0; i < rank; ++i)
        result.set_dim(i,
                       x[static_cast<int>(axes[static_cast<std::size_t>(i)])]);
  }
  c.set_output(0, std::move(result));
}

Tensor inverse(const Tensor& perm) {
  const auto known = known_ints(perm);
  if (!known) return raw<"InvertPermutation">(perm);
  const std::vector<std::int64_t> axes = checked_permutation(*known);
  std::vector<std::int64_t> places(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    places[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
  return index_vector(places, perm.dtype());
}

template <detail::FixedString Op>
void transpose_back(GradContext& g) {
  g.set(0, raw<Op>(g.dy(), inverse(g.input(1))));
}

}  // namespace

void register_transpose_ops(OpRegistry& registry) {
  registry.add("Transpose")
      .input("x: T")
      .input("perm: Tperm")
      .output("y: T")
      .attr("T: type")
      .attr("Tperm: {int32, int64} = DT_INT32")
      .host("perm")
      .infer(transposed)
      .grad(transpose_back<"Transpose">)
      .grad_reads({"perm"});

  registry.add("ConjugateTranspose")
      .input("x: T")
      .input("perm: Tperm")
      .output("y: T")
      .attr("T: type")
      .attr("Tperm: {int32, int64} = DT_INT32")
      .host("perm")
      .infer(transposed)
      .grad(transpose_back<"ConjugateTranspose">)
      .grad_reads({"perm"});

  registry.add("InvertPermutation")
      .input("x: T")
      .output("y: T")
      .attr("T: {int32, int64} = DT_INT32")
      .host("x")
      .infer([](InferContext& c) { c.set_output(0, c.with_rank(0, 1)); })
      .no_grad()
      .traits(kHostOnly)
      .host_output("y");
}

Tensor transpose(const Tensor& a, const TransposeOptions& options) {
  Tensor perm;
  if (options.perm.is_given()) {
    perm = index_vector(options.perm.values());
  } else if (a.shape().has_rank()) {
    std::vector<std::int64_t> reversed(
        static_cast<std::size_t>(a.shape().rank()));
    std::iota(reversed.rbegin(), reversed.rend(), 0);
    perm = index_vector(reversed);
  } else {
    Tensor last = raw<"Sub">(raw<"Rank">(a), constant(1, int32));
    perm = raw<"Range">(last, constant(-1, int32), constant(-1, int32));
  }
  if (options.conjugate) return raw<"ConjugateTranspose">(a, perm);
  return raw<"Transpose">(a, perm);
}

}  // namespace tern
