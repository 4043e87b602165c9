// Sets along the last dimension, and distances between sequences.

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

template <class W>
using Groups = std::map<Indices, std::set<W>>;

/// Strings as they are, numbers as int64: sorted, equal ones once.
template <class W>
std::vector<W> set_values_of(const Tensor& values) {
  if constexpr (std::is_same_v<W, std::string>) {
    auto texts = values.values<std::string>();
    return {texts.begin(), texts.end()};
  } else {
    return wide_values<W>(values);
  }
}

/// The sets of an operand, by the indices of their group, and the shape of
/// all groups.
template <class W>
struct Operand {
  Groups<W> groups;
  Indices shape;
};

template <class W>
Operand<W> sparse_operand(const KernelContext& c, int i) {
  SparseInput sparse(c, i);
  if (sparse.rank() < 2)
    throw InvalidArgumentError("Shape rank ", sparse.rank(), " < 2");
  Operand<W> operand;
  operand.shape.assign(sparse.shape().begin(), sparse.shape().end() - 1);
  auto values = set_values_of<W>(sparse.values());
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    auto index = sparse.index(k);
    operand.groups[Indices(index.begin(), index.end() - 1)].insert(
        values[static_cast<std::size_t>(k)]);
  }
  return operand;
}

/// As SparseInput does for sparse tensors whose order matters.
void check_order(const KernelContext& c, int i) {
  if (c.op().find_attr("validate_indices") < 0 ||
      !c.attr<bool>("validate_indices"))
    return;
  SparseInput sparse(c, i);
  for (std::int64_t k = 1; k < sparse.count(); ++k)
    if (compare_indices(sparse.index(k - 1), sparse.index(k)) > 0)
      throw InvalidArgumentError("indices[", k, "] is out of order");
}

template <class W>
Operand<W> dense_operand(const Tensor& dense) {
  if (dense.shape().rank() < 2)
    throw InvalidArgumentError("Shape rank ", dense.shape().rank(), " < 2");
  Operand<W> operand;
  operand.shape = dense.shape().slice(0, dense.shape().rank() - 1).to_vector();
  auto values = set_values_of<W>(dense);
  const std::int64_t width = dense.shape()[-1];
  Indices at(operand.shape.size(), 0);
  for (std::size_t begin = 0; begin < values.size();
       begin += static_cast<std::size_t>(width)) {
    operand.groups[at].insert(
        values.begin() + static_cast<std::ptrdiff_t>(begin),
        values.begin() + static_cast<std::ptrdiff_t>(begin) + width);
    for (std::size_t d = at.size(); d-- > 0;) {
      if (++at[d] < operand.shape[d]) break;
      at[d] = 0;
    }
  }
  return operand;
}

enum class SetOperation { kAMinusB, kBMinusA, kIntersection, kUnion };

SetOperation set_operation(const KernelContext& c) {
  const std::string& name = c.attr<std::string>("set_operation");
  if (name == "a-b") return SetOperation::kAMinusB;
  if (name == "b-a") return SetOperation::kBMinusA;
  if (name == "intersection") return SetOperation::kIntersection;
  if (name == "union") return SetOperation::kUnion;
  throw InvalidArgumentError("Invalid set_operation ", name, ".");
}

template <class W>
std::vector<W> combined(const std::set<W>& a,
                        const std::set<W>& b,
                        SetOperation operation) {
  std::vector<W> result;
  auto out = std::back_inserter(result);
  switch (operation) {
    case SetOperation::kAMinusB:
      std::set_difference(a.begin(), a.end(), b.begin(), b.end(), out);
      break;
    case SetOperation::kBMinusA:
      std::set_difference(b.begin(), b.end(), a.begin(), a.end(), out);
      break;
    case SetOperation::kIntersection:
      std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), out);
      break;
    case SetOperation::kUnion:
      std::set_union(a.begin(), a.end(), b.begin(), b.end(), out);
      break;
  }
  return result;
}

template <class W>
void set_result(KernelContext& c, const Operand<W>& a, const Operand<W>& b) {
  if (a.shape != b.shape)
    throw InvalidArgumentError("Mismatched group shapes ",
                               Shape(a.shape).debug_string(),
                               " vs ",
                               Shape(b.shape).debug_string());
  const SetOperation operation = set_operation(c);
  std::set<Indices> places;
  for (const Operand<W>* operand : {&a, &b})
    for (const auto& [place, values] : operand->groups) places.insert(place);
  auto sets_at = [](const Operand<W>& operand, const Indices& place) {
    auto it = operand.groups.find(place);
    return it == operand.groups.end() ? std::set<W>() : it->second;
  };
  SparseBuilder built(static_cast<int>(a.shape.size()) + 1);
  std::vector<W> values;
  Indices shape = a.shape;
  shape.push_back(0);
  for (Indices place : places) {
    auto found = combined(sets_at(a, place), sets_at(b, place), operation);
    place.push_back(0);
    for (const W& value : found) {
      built.add(place);
      ++place.back();
      values.push_back(value);
    }
    shape.back() =
        std::max(shape.back(), static_cast<std::int64_t>(found.size()));
  }
  c.set_output(0, built.indices());
  c.set_output(2, int64_vector(shape));
  const DType dtype = c.output_dtype(1);
  if constexpr (std::is_same_v<W, std::string>)
    c.set_output(1, Tensor(values));
  else
    c.set_output(1, tensor_of_values(dtype, {built.count()}, values));
}

/// Calls run(W()) with std::string or int64.
template <class Run>
void with_set_type(DType dtype, Run run) {
  if (dtype == string)
    run(std::string());
  else
    run(std::int64_t());
}

void dense_to_dense(KernelContext& c) {
  with_set_type(c.input(0).dtype(), [&]<class W>(W) {
    set_result(c, dense_operand<W>(c.input(0)), dense_operand<W>(c.input(1)));
  });
}

void dense_to_sparse(KernelContext& c) {
  check_order(c, 1);
  with_set_type(c.input(0).dtype(), [&]<class W>(W) {
    set_result(c, dense_operand<W>(c.input(0)), sparse_operand<W>(c, 1));
  });
}

void sparse_to_sparse(KernelContext& c) {
  check_order(c, 0);
  check_order(c, 3);
  with_set_type(c.input(1).dtype(), [&]<class W>(W) {
    set_result(c, sparse_operand<W>(c, 0), sparse_operand<W>(c, 3));
  });
}

void set_size(KernelContext& c) {
  check_order(c, 0);
  with_set_type(c.input(1).dtype(), [&]<class W>(W) {
    Operand<W> operand = sparse_operand<W>(c, 0);
    const Shape shape(operand.shape);
    Tensor& sizes = c.allocate_output(0, shape);
    auto* out = sizes.data<std::int32_t>();
    std::fill(out, out + sizes.num_elements(), 0);
    for (const auto& [place, values] : operand.groups) {
      std::int64_t at = 0;
      for (std::size_t d = 0; d < place.size(); ++d)
        at = at * operand.shape[d] + place[d];
      out[at] = static_cast<std::int32_t>(values.size());
    }
  });
}

/// Levenshtein's distance, row by row of the table.
std::int64_t distance(std::span<const std::string> a,
                      std::span<const std::string> b) {
  std::vector<std::int64_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j)
    row[j] = static_cast<std::int64_t>(j);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t change = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// Sequences by the place of their row; an element is its bytes.
std::map<Indices, std::vector<std::string>> sequences_of(
    const SparseInput& sparse) {
  std::map<Indices, std::vector<std::string>> sequences;
  const Tensor& values = sparse.values();
  for (std::int64_t k = 0; k < sparse.count(); ++k) {
    auto index = sparse.index(k);
    auto& sequence = sequences[Indices(index.begin(), index.end() - 1)];
    if (values.dtype() == string) {
      sequence.push_back(values.data<std::string>()[k]);
    } else {
      const std::size_t size = values.dtype().size();
      sequence.emplace_back(static_cast<const char*>(values.raw_data()) +
                                static_cast<std::size_t>(k) * size,
                            size);
    }
  }
  return sequences;
}

void edit_distance(KernelContext& c) {
  SparseInput hypothesis(c, 0), truth(c, 3);
  if (hypothesis.rank() != truth.rank() || truth.rank() < 2)
    throw InvalidArgumentError(
        "Expected truth_shape and hypothesis_shape to be of one rank, at least "
        "2, but got ",
        truth.rank(),
        " and ",
        hypothesis.rank());
  Shape shape;
  for (std::size_t d = 0; d + 1 < truth.shape().size(); ++d)
    shape.append(std::max(hypothesis.shape()[d], truth.shape()[d]));
  Tensor& output = c.allocate_output(0, shape);
  auto* out = output.data<float>();
  std::fill(out, out + output.num_elements(), 0.0f);
  const bool normalize = c.attr<bool>("normalize");
  auto guesses = sequences_of(hypothesis), truths = sequences_of(truth);
  for (auto* all : {&guesses, &truths})
    for (const auto& [place, unused] : *all) {
      const auto& guess = guesses[place];
      const auto& right = truths[place];
      auto result = static_cast<float>(distance(guess, right));
      if (normalize && !right.empty())
        result /= static_cast<float>(right.size());
      else if (normalize && !guess.empty())
        result = std::numeric_limits<float>::infinity();
      std::int64_t at = 0;
      for (int d = 0; d < shape.rank(); ++d)
        at = at * shape[d] + place[static_cast<std::size_t>(d)];
      out[at] = result;
    }
}

}  // namespace

void register_sets_kernels(KernelRegistry& registry) {
  registry.add("DenseToDenseSetOperation", {}, dense_to_dense);
  registry.add("DenseToSparseSetOperation", {}, dense_to_sparse);
  registry.add("SparseToSparseSetOperation", {}, sparse_to_sparse);
  registry.add("SetSize", {}, set_size);
  registry.add("EditDistance", {}, edit_distance);
}

}  // namespace tern
