#pragma once

#include "kernels/common/sliding_window.h"
#include "tern/core/tensor.h"

namespace tern {

/// A filter with zeros between its taps: a convolution with it is the dilated
/// one. Filters are [spatial…, in, out].
class DilatedFilter {
 public:
  explicit DilatedFilter(const SlidingWindow& window) : window_(window) {}

  /// `filter` itself where nothing is dilated. Its shape must be known.
  Tensor wide(const Tensor& filter) const;
  /// The shape of `wide`, int32.
  Tensor wide_shape(const Tensor& filter) const;
  /// The taps of a wide filter.
  Tensor narrow(const Tensor& wide) const;

 private:
  std::vector<std::int64_t> steps(int rank) const;
  const SlidingWindow& window_;
};

}  // namespace tern
