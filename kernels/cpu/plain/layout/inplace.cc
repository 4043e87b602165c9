#include <cstring>

#include "core/visit_dtype.h"
#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// y[j] becomes y[j] + sign v[j].
template <int Sign>
void change_row(DType dtype, void* y, const void* v, std::int64_t n) {
  visit_number(dtype, [&](auto zero) {
    using T = decltype(zero);
    using Change = std::conditional_t<(Sign > 0), kernels::Add, kernels::Sub>;
    if constexpr (std::is_same_v<T, bool>) {
      throw InvalidArgumentError("Unsupported dtype: bool");
    } else {
      using Wide =
          std::conditional_t<std::is_arithmetic_v<T> || is_complex_number<T>,
                             T,
                             float>;
      T* to = static_cast<T*>(y);
      const T* from = static_cast<const T*>(v);
      for (std::int64_t j = 0; j < n; ++j)
        to[j] = static_cast<T>(Change()(Wide(to[j]), Wide(from[j])));
    }
  });
}

/// Rows of x at `i` (modulo their number, as TensorFlow takes it) replaced by
/// those of v, or changed by them.
template <int Sign>
void update_rows(KernelContext& c) {
  const Tensor &x = c.input(0), &v = c.input(2);
  Tensor& y = c.output();
  copy_elements(x.dtype(), y.mutable_data(), x.raw_data(), x.num_elements());
  const std::vector<std::int64_t> rows = c.host_ints(1);
  if (rows.empty() || x.num_elements() == 0) return;
  const std::int64_t count = x.shape()[0];
  const std::int64_t width = x.num_elements() / count;
  const RowCopier copy(x.dtype(), width);
  if (Sign != 0 && x.dtype().is_object())
    throw InvalidArgumentError("Unsupported dtype: ", x.dtype().name());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::int64_t row = (rows[k] % count + count) % count;
    const auto index = static_cast<std::int64_t>(k);
    if (Sign == 0)
      copy(v.raw_data(), index, y.mutable_data(), row);
    else
      change_row<Sign>(
          x.dtype(),
          static_cast<char*>(y.mutable_data()) +
              static_cast<std::size_t>(row) * copy.bytes(),
          static_cast<const char*>(v.raw_data()) + k * copy.bytes(),
          width);
  }
}

/// Zeros whether asked for or not: what was in memory is nobody's business.
void empty(KernelContext& c) {
  Tensor& output = c.output();
  if (!output.dtype().is_object() && output.num_elements() > 0)
    std::memset(output.mutable_data(), 0, output.num_bytes());
}

}  // namespace

void register_inplace_kernels(KernelRegistry& registry) {
  registry.add("InplaceUpdate", {}, update_rows<0>);
  registry.add("InplaceAdd", {}, update_rows<1>);
  registry.add("InplaceSub", {}, update_rows<-1>);
  registry.add("Empty", {}, empty);
}

}  // namespace tern
