#pragma once

#include "ops/harness/samples.h"

namespace tern::harness {

/// What a call gave: its outputs (the elements of lists in place of lists),
/// then the values of the variables that it was given.
Tensors results_of(const Tensors& outputs, const Tensors& inputs);
/// Runs the call now.
Tensors run(const OpDef& op, const Call& call);

bool same_bits(const Tensor& a, const Tensor& b);
/// Elements as numbers, real and imaginary parts in turn; none for objects.
std::vector<double> numbers(const Tensor& tensor);
/// The largest distance in units in the last place of the dtype. Where
/// `elementwise` is false, of the tensor's largest element: sums lose digits
/// of small results.
double ulp_distance(const Tensor& a, const Tensor& b, bool elementwise);

/// "float32 (2, 3)".
std::string describe(const Tensor& tensor);

}  // namespace tern::harness
