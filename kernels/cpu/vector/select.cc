#include "kernels/cpu/select.h"

namespace tern {
namespace kernels {
namespace {

struct SixteenBytes {
  std::uint64_t parts[2];
};

KernelFunction select_by_size(std::size_t size) {
  switch (size) {
    case 1:
      return select_kernel<std::uint8_t>;
    case 2:
      return select_kernel<std::uint16_t>;
    case 4:
      return select_kernel<std::uint32_t>;
    case 8:
      return select_kernel<std::uint64_t>;
    default:
      return select_kernel<SixteenBytes>;
  }
}

}  // namespace
}  // namespace kernels

void register_select_kernels(KernelRegistry& registry) {
  for (const char* op : {"Select", "SelectV2"})
    for (DType dtype : {float16,
                        bfloat16,
                        float32,
                        float64,
                        int8,
                        int16,
                        int32,
                        int64,
                        uint8,
                        uint16,
                        uint32,
                        uint64,
                        bool_,
                        complex64,
                        complex128})
      registry.add(op, {{"T", dtype}}, kernels::select_by_size(dtype.size()));
}

}  // namespace tern
