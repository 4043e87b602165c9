#include <vector>

#include "kernels/cpu/axis_split.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "ops/kernel.h"

namespace tern {
namespace {

/// Of one axis: how far its elements move towards the end, less than its size.
std::vector<std::int64_t> shift_of_axes(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  std::vector<std::int64_t> shifts(static_cast<std::size_t>(shape.rank()));
  const auto given = c.host_ints(1), axes = c.host_ints(2);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto axis = static_cast<std::size_t>(
        axes[i] < 0 ? axes[i] + shape.rank() : axes[i]);
    const std::int64_t size = shape[static_cast<int>(axis)];
    if (size == 0) continue;
    const std::int64_t sum = shifts[axis] + given[i] % size;
    shifts[axis] = (sum % size + size) % size;
  }
  return shifts;
}

/// Rows of the innermost axis that moves are copied in two parts; where a row
/// goes depends on the axes before it.
void roll(KernelContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output();
  if (output.num_elements() == 0) return;
  const Shape& shape = input.shape();
  const std::vector<std::int64_t> shifts = shift_of_axes(c);
  int last = shape.rank() - 1;
  while (last > 0 && shifts[static_cast<std::size_t>(last)] == 0) --last;
  const kernels::AxisSplit split = kernels::split_at(shape, last);
  const std::int64_t shift = shifts[static_cast<std::size_t>(last)];
  const RowCopier copy_head(input.dtype(), (split.size - shift) * split.inner);
  const RowCopier copy_tail(input.dtype(), shift * split.inner);
  const std::size_t element = input.dtype().size();
  const char* from = static_cast<const char*>(input.raw_data());
  char* to = static_cast<char*>(output.mutable_data());
  const std::int64_t row = split.size * split.inner;
  const auto bytes = [&](std::int64_t elements) {
    return static_cast<std::size_t>(elements) * element;
  };
  parallel_for(
      split.outer,
      std::max<std::int64_t>(1, 32768 / row),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          std::int64_t rest = i, target = 0, stride = 1;
          for (int d = last - 1; d >= 0; --d) {
            const std::int64_t at = rest % shape[d];
            rest /= shape[d];
            target +=
                (at + shifts[static_cast<std::size_t>(d)]) % shape[d] * stride;
            stride *= shape[d];
          }
          const char* source = from + bytes(i * row);
          char* place = to + bytes(target * row);
          copy_head(source, 0, place + bytes(shift * split.inner), 0);
          copy_tail(
              source + bytes((split.size - shift) * split.inner), 0, place, 0);
        }
      });
}

}  // namespace

void register_roll_kernels(KernelRegistry& registry) {
  registry.add("Roll", {}, roll);
}

}  // namespace tern
