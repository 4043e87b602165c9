#pragma once

#include <functional>

#include "tern/core/tensor.h"

namespace tern {

// Loops over the slices of a tensor along its first dimension. Eager ones run
// in C++; in a traced function each is one op whose step is traced, and the
// number of slices need not be known. A tensor without dimensions throws
// InvalidArgumentError.

/// step(slice) for each slice in turn, for its effects on variables. In a
/// traced function, `step` runs once, to be traced.
void for_each(const Tensor& elements,
              const std::function<void(const Tensor& slice)>& step);

struct FoldOptions {
  /// What to start with; by default the first slice, which is then not folded.
  Tensor initializer = {};
};
/// Folds the slices from first to last: state = step(state, slice), and gives
/// the last state. Its dtype stays the same; differentiable.
/// foldl([](Tensor sum, Tensor x) { return sum + x; }, {1, 2, 3}) is 6.
Tensor foldl(
    const std::function<Tensor(const Tensor& state, const Tensor& slice)>& step,
    const Tensor& elements,
    const FoldOptions& options = {});
/// The same from last to first.
Tensor foldr(
    const std::function<Tensor(const Tensor& state, const Tensor& slice)>& step,
    const Tensor& elements,
    const FoldOptions& options = {});

struct MapOptions {
  /// The dtype of what `fn` gives. By default it is found by tracing `fn` once
  /// more than a loop needs.
  DType fn_output_signature = {};
};
/// fn(slice) for each slice, stacked along a new first dimension;
/// differentiable. The results must have one shape.
/// map_fn([](Tensor x) { return x * x; }, {1, 2, 3}) is [1, 4, 9].
Tensor map_fn(const std::function<Tensor(const Tensor& slice)>& fn,
              const Tensor& elements,
              const MapOptions& options = {});

struct ScanOptions {
  /// What to start with; by default the first slice, which then is the first
  /// result.
  Tensor initializer = {};
  bool reverse = false;  ///< from last to first; results stay in place
};
/// Folds the slices as foldl does and gives all states, stacked along a new
/// first dimension.
/// scan([](Tensor sum, Tensor x) { return sum + x; }, {1, 2, 3}) is [1, 3, 6].
Tensor scan(
    const std::function<Tensor(const Tensor& state, const Tensor& slice)>& step,
    const Tensor& elements,
    const ScanOptions& options = {});

}  // namespace tern
