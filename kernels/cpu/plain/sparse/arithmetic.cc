// Sums, extremes, products and softmax of sparse tensors.

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

void check_same_shape(const SparseInput& a, const SparseInput& b) {
  if (a.shape() != b.shape())
    throw InvalidArgumentError("Operands' shapes do not match: got ",
                               Shape(a.shape()).debug_string(),
                               " and ",
                               Shape(b.shape()).debug_string());
}

/// Entries of two sparse tensors at one place; -1 for none.
struct Pair {
  std::int64_t a, b;
};

/// The union of the places of two tensors, each in row-major order.
std::vector<Pair> merged(const SparseInput& a, const SparseInput& b) {
  std::vector<Pair> pairs;
  std::int64_t i = 0, j = 0;
  while (i < a.count() || j < b.count()) {
    int order = i == a.count()   ? 1
                : j == b.count() ? -1
                                 : compare_indices(a.index(i), b.index(j));
    pairs.push_back({order <= 0 ? i : -1, order >= 0 ? j : -1});
    i += order <= 0;
    j += order >= 0;
  }
  return pairs;
}

std::span<const std::int64_t> place_of(const Pair& pair,
                                       const SparseInput& a,
                                       const SparseInput& b) {
  return pair.a >= 0 ? a.index(pair.a) : b.index(pair.b);
}

template <class W>
W at_or_zero(const std::vector<W>& values, std::int64_t i) {
  return i < 0 ? W() : values[static_cast<std::size_t>(i)];
}

/// Sums of two entries whose magnitude is below the threshold are left out.
void add(KernelContext& c) {
  SparseInput a(c, 0), b(c, 3);
  check_same_shape(a, b);
  const double threshold = wide_values<double>(c.input(6))[0];
  visit_wide(a.values().dtype(), [&]<class W>(W) {
    auto a_values = wide_values<W>(a.values());
    auto b_values = wide_values<W>(b.values());
    std::vector<W> sums;
    SparseBuilder built(a.rank());
    for (const Pair& pair : merged(a, b)) {
      W sum = at_or_zero(a_values, pair.a) + at_or_zero(b_values, pair.b);
      double magnitude;
      if constexpr (std::is_unsigned_v<W>)
        magnitude = static_cast<double>(sum);
      else
        magnitude = static_cast<double>(std::abs(sum));
      const bool both = pair.a >= 0 && pair.b >= 0;
      if (both && magnitude < threshold) continue;
      sums.push_back(sum);
      built.add(place_of(pair, a, b));
    }
    c.set_output(0, built.indices());
    c.set_output(1,
                 tensor_of_values(a.values().dtype(), {built.count()}, sums));
  });
  c.set_output(2, int64_vector(a.shape()));
}

/// Each input entry gets the gradient of the sum at its place, if it is there.
void add_grad(KernelContext& c) {
  const Tensor& gradient = c.input(0);
  auto rows = [&](int i) {
    if (c.input(i).shape().rank() != 2)
      throw InvalidArgumentError("Input indices should be a matrix, got shape ",
                                 c.input(i).shape().debug_string());
    return c.input(i).shape()[0];
  };
  const std::int64_t rank = rows(3) >= 0 ? c.input(3).shape()[1] : 0;
  if (gradient.num_elements() != rows(3) || rows(1) < 0 || rows(2) < 0 ||
      c.input(1).shape()[1] != rank || c.input(2).shape()[1] != rank)
    throw InvalidArgumentError(
        "The gradient and the indices of a sum do not go together");
  auto index = [&](const Indices& all, std::int64_t k) {
    return std::span(all).subspan(static_cast<std::size_t>(k * rank),
                                  static_cast<std::size_t>(rank));
  };
  const Indices sum = integers_of(c.input(3));
  visit_wide(gradient.dtype(), [&]<class W>(W) {
    const auto dy = wide_values<W>(gradient);
    for (int input : {1, 2}) {
      const Indices places = integers_of(c.input(input));
      std::vector<W> result(static_cast<std::size_t>(rows(input)));
      std::int64_t next = 0;
      for (std::int64_t k = 0; k < rows(input); ++k) {
        while (next < rows(3) &&
               compare_indices(index(sum, next), index(places, k)) < 0)
          ++next;
        if (next < rows(3) &&
            compare_indices(index(sum, next), index(places, k)) == 0)
          result[static_cast<std::size_t>(k)] =
              dy[static_cast<std::size_t>(next)];
      }
      c.set_output(input - 1,
                   tensor_of_values(gradient.dtype(), {rows(input)}, result));
    }
  });
}

struct Maximum {
  template <class W>
  W operator()(W a, W b) const {
    return b > a ? b : a;
  }
};
struct Minimum {
  template <class W>
  W operator()(W a, W b) const {
    return b < a ? b : a;
  }
};

template <class Extreme>
void extreme(KernelContext& c) {
  SparseInput a(c, 0), b(c, 3);
  check_same_shape(a, b);
  visit_wide(a.values().dtype(), [&]<class W>(W) {
    if constexpr (std::is_arithmetic_v<W>) {
      auto a_values = wide_values<W>(a.values());
      auto b_values = wide_values<W>(b.values());
      std::vector<W> result;
      SparseBuilder built(a.rank());
      for (const Pair& pair : merged(a, b)) {
        result.push_back(Extreme()(at_or_zero(a_values, pair.a),
                                   at_or_zero(b_values, pair.b)));
        built.add(place_of(pair, a, b));
      }
      c.set_output(0, built.indices());
      c.set_output(
          1, tensor_of_values(a.values().dtype(), {built.count()}, result));
    } else {
      throw UnimplementedError("complex numbers have no order");
    }
  });
}

/// The element of a dense tensor of `shape` that a sparse entry meets when the
/// dense tensor is broadcast to the sparse one's shape.
std::int64_t broadcast_place(std::span<const std::int64_t> index,
                             const Shape& shape) {
  std::int64_t place = 0;
  const std::size_t skipped =
      index.size() - static_cast<std::size_t>(shape.rank());
  for (int d = 0; d < shape.rank(); ++d)
    place = place * shape[d] +
            (shape[d] == 1 ? 0 : index[skipped + static_cast<std::size_t>(d)]);
  return place;
}

struct Add {
  template <class W>
  W operator()(W a, W b) const {
    return a + b;
  }
};
struct Multiply {
  template <class W>
  W operator()(W a, W b) const {
    return a * b;
  }
};
struct Divide {
  template <class W>
  W operator()(W a, W b) const {
    if constexpr (std::is_integral_v<W>) {
      if (b == W(0)) throw InvalidArgumentError("Integer division by zero");
      if constexpr (std::is_signed_v<W>)
        if (b == W(-1)) return W(0) - a;
    }
    return a / b;
  }
};

template <class Op>
void cwise(KernelContext& c) {
  SparseInput sparse(c, 0);
  const Tensor& dense = c.input(3);
  const Shape& shape = dense.shape();
  if (shape.rank() > sparse.rank())
    throw InvalidArgumentError(
        "SparseDenseBinaryOpShared broadcasts dense to "
        "sparse only; got incompatible shapes: [",
        Shape(sparse.shape()).debug_string(),
        "] vs. [",
        shape.debug_string(),
        "]");
  for (int d = 1; d <= shape.rank(); ++d) {
    const std::int64_t dim =
        sparse.shape()[sparse.shape().size() - static_cast<std::size_t>(d)];
    if (shape[-d] != 1 && shape[-d] != dim)
      throw InvalidArgumentError(
          "SparseDenseBinaryOpShared broadcasts dense "
          "to sparse only; got incompatible shapes: [",
          Shape(sparse.shape()).debug_string(),
          "] vs. [",
          shape.debug_string(),
          "]");
  }
  visit_wide(dense.dtype(), [&]<class W>(W) {
    auto values = wide_values<W>(sparse.values());
    auto others = wide_values<W>(dense);
    for (std::int64_t k = 0; k < sparse.count(); ++k) {
      W& value = values[static_cast<std::size_t>(k)];
      value = Op()(value,
                   others[static_cast<std::size_t>(
                       broadcast_place(sparse.index(k), shape))]);
    }
    set_values(std::span<const W>(values), c.output());
  });
}

void add_to_dense(KernelContext& c) {
  SparseInput sparse(c, 0);
  const Tensor& dense = c.input(3);
  if (!(dense.shape() == Shape(sparse.shape())))
    throw InvalidArgumentError("Dimensions of sparse and dense differ: ",
                               Shape(sparse.shape()).debug_string(),
                               " vs. ",
                               dense.shape().debug_string());
  visit_wide(dense.dtype(), [&]<class W>(W) {
    auto values = wide_values<W>(sparse.values());
    auto result = wide_values<W>(dense);
    for (std::int64_t k = 0; k < sparse.count(); ++k)
      result[static_cast<std::size_t>(
          broadcast_place(sparse.index(k), dense.shape()))] +=
          values[static_cast<std::size_t>(k)];
    set_values(std::span<const W>(result), c.output());
  });
}

/// Softmax over the entries of each row of the last dimension; places without
/// an entry do not take part.
void softmax(KernelContext& c) {
  SparseInput sparse(c, 0);
  if (sparse.rank() < 2)
    throw InvalidArgumentError(
        "Expected input shape to be at least of rank 2, got ", sparse.rank());
  auto values = wide_values<double>(sparse.values());
  const std::vector<std::int64_t> order = row_major_order(sparse);
  auto row_of = [&](std::int64_t k) {
    return sparse.index(k).first(static_cast<std::size_t>(sparse.rank()) - 1);
  };
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    double largest = -std::numeric_limits<double>::infinity();
    for (; end < order.size() &&
           compare_indices(row_of(order[end]), row_of(order[begin])) == 0;
         ++end)
      largest = std::max(largest, values[static_cast<std::size_t>(order[end])]);
    double sum = 0;
    for (std::size_t k = begin; k < end; ++k) {
      double& value = values[static_cast<std::size_t>(order[k])];
      value = std::exp(value - largest);
      sum += value;
    }
    for (std::size_t k = begin; k < end; ++k)
      values[static_cast<std::size_t>(order[k])] /= sum;
    begin = end;
  }
  set_values(std::span<const double>(values), c.output());
}

/// Where entries go when some axes are reduced.
struct Reduction {
  std::vector<bool> reduced;
  Indices shape;  // without reduced axes, or with 1 in their place

  Reduction(const SparseInput& sparse, const Indices& axes, bool keep_dims)
      : reduced(sparse.shape().size(), axes.empty()) {
    const auto rank = static_cast<std::int64_t>(sparse.rank());
    for (std::int64_t axis : axes) {
      if (axis < -rank || axis >= rank)
        throw InvalidArgumentError("Invalid reduction dimension ",
                                   axis,
                                   ", for input with ",
                                   rank,
                                   " dimensions.");
      reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
    }
    for (std::size_t d = 0; d < reduced.size(); ++d) {
      if (!reduced[d])
        shape.push_back(sparse.shape()[d]);
      else if (keep_dims)
        shape.push_back(1);
    }
    keeps_ = keep_dims;
  }
  Indices place(std::span<const std::int64_t> index) const {
    Indices at;
    for (std::size_t d = 0; d < reduced.size(); ++d) {
      if (!reduced[d])
        at.push_back(index[d]);
      else if (keeps_)
        at.push_back(0);
    }
    return at;
  }

 private:
  bool keeps_ = false;
};

/// Groups of entries that are reduced to one, by place.
template <class W, class Op>
std::vector<std::pair<Indices, W>> reduced_entries(const SparseInput& sparse,
                                                   const Reduction& reduction) {
  auto values = wide_values<W>(sparse.values());
  std::vector<std::pair<Indices, W>> entries;
  for (std::int64_t k = 0; k < sparse.count(); ++k)
    entries.emplace_back(reduction.place(sparse.index(k)),
                         values[static_cast<std::size_t>(k)]);
  std::stable_sort(
      entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return compare_indices(a.first, b.first) < 0;
      });
  std::size_t kept = 0;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (kept > 0 && entries[kept - 1].first == entries[k].first)
      entries[kept - 1].second =
          Op()(entries[kept - 1].second, entries[k].second);
    else
      entries[kept++] = entries[k];
  }
  entries.resize(kept);
  return entries;
}

template <class Op>
void reduce(KernelContext& c, bool to_sparse) {
  SparseInput sparse(c, 0);
  const bool keep_dims = c.attr<bool>("keep_dims");
  Reduction reduction(sparse, c.host_ints(3), keep_dims);
  const DType dtype = sparse.values().dtype();
  visit_wide(dtype, [&]<class W>(W) {
    if constexpr (std::is_arithmetic_v<W> || std::is_same_v<Op, Add>) {
      auto entries = reduced_entries<W, Op>(sparse, reduction);
      if (to_sparse) {
        SparseBuilder built(static_cast<int>(reduction.shape.size()));
        std::vector<W> values;
        for (const auto& [at, value] : entries) {
          built.add(at);
          values.push_back(value);
        }
        c.set_output(0, built.indices());
        c.set_output(1, tensor_of_values(dtype, {built.count()}, values));
        c.set_output(2, int64_vector(reduction.shape));
        return;
      }
      const Shape shape(reduction.shape);
      Tensor& output = c.allocate_output(0, shape);
      std::vector<W> all(static_cast<std::size_t>(output.num_elements()));
      for (const auto& [at, value] : entries)
        all[static_cast<std::size_t>(broadcast_place(at, shape))] = value;
      set_values(std::span<const W>(all), output);
    } else {
      throw UnimplementedError("complex numbers have no order");
    }
  });
}

}  // namespace

void register_sparse_arithmetic_kernels(KernelRegistry& registry) {
  registry.add("SparseAdd", {}, add);
  registry.add("SparseAddGrad", {}, add_grad);
  registry.add("SparseSparseMaximum", {}, extreme<Maximum>);
  registry.add("SparseSparseMinimum", {}, extreme<Minimum>);
  registry.add("SparseDenseCwiseAdd", {}, cwise<Add>);
  registry.add("SparseDenseCwiseMul", {}, cwise<Multiply>);
  registry.add("SparseDenseCwiseDiv", {}, cwise<Divide>);
  registry.add("SparseTensorDenseAdd", {}, add_to_dense);
  registry.add("SparseSoftmax", {}, softmax);
  registry.add(
      "SparseReduceSum", {}, [](KernelContext& c) { reduce<Add>(c, false); });
  registry.add("SparseReduceSumSparse", {}, [](KernelContext& c) {
    reduce<Add>(c, true);
  });
  registry.add("SparseReduceMax", {}, [](KernelContext& c) {
    reduce<Maximum>(c, false);
  });
  registry.add("SparseReduceMaxSparse", {}, [](KernelContext& c) {
    reduce<Maximum>(c, true);
  });
}

}  // namespace tern
