#pragma once

#include <string>

#include "tern/core/tensor.h"

namespace tern {

/// message stands before the facts; `summarize` elements of each tensor are
/// shown, all for a negative number.
struct AssertOptions {
  std::string message = {};
  int summarize = 3;
};

/// Checks on values, at once or each time the traced function runs. They throw
/// InvalidArgumentError with the values that were found.
namespace debugging {

/// `condition` (a bool scalar) must be true; `data` is shown otherwise.
void Assert(const Tensor& condition, const Tensors& data, int summarize = 3);

/// Elementwise, after broadcasting.
void assert_equal(const Tensor& x, const Tensor& y, AssertOptions options = {});
void assert_none_equal(const Tensor& x,
                       const Tensor& y,
                       AssertOptions options = {});
void assert_less(const Tensor& x, const Tensor& y, AssertOptions options = {});
void assert_less_equal(const Tensor& x,
                       const Tensor& y,
                       AssertOptions options = {});
void assert_greater(const Tensor& x,
                    const Tensor& y,
                    AssertOptions options = {});
void assert_greater_equal(const Tensor& x,
                          const Tensor& y,
                          AssertOptions options = {});
void assert_non_negative(const Tensor& x, AssertOptions options = {});
void assert_positive(const Tensor& x, AssertOptions options = {});

/// The tensor (floating) itself, if it holds neither NaN nor infinity; its
/// gradient is checked likewise. Throws InvalidArgumentError "message : Tensor
/// had NaN values".
Tensor check_numerics(const Tensor& tensor, const std::string& message);

}  // namespace debugging
}  // namespace tern
