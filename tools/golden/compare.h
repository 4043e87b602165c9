#pragma once

#include <string>

#include "tern/core/tensor.h"
#include "tools/golden/case.h"

namespace tern::golden {

/// What tells `got` from `want`: dtype, shape, or the first element with
/// |got - want| > atol + rtol * |want| (NaN equals NaN). Empty when they
/// agree.
std::string difference(const Tensor& got,
                       const Tensor& want,
                       const Tolerance& tolerance);

/// The same where each column of the innermost matrices (eigenvectors,
/// singular vectors) may differ by a sign, complex ones by a phase.
std::string difference_up_to_sign(const Tensor& got,
                                  const Tensor& want,
                                  const Tolerance& tolerance);

/// The same where the order within the last axis is free.
std::string difference_as_sets(const Tensor& got,
                               const Tensor& want,
                               const Tolerance& tolerance);

}  // namespace tern::golden
