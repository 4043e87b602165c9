#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Vectors worth a thread of their own.
constexpr std::int64_t kGrain = 4096;

template <class T>
void cross(KernelContext& c) {
  const T* a = c.in<T>(0).data();
  const T* b = c.in<T>(1).data();
  T* product = c.out<T>().data();
  parallel_for(c.output().num_elements() / 3,
               kGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = 3 * begin; i < 3 * end; i += 3)
                   for (int j = 0; j < 3; ++j) {
                     std::int64_t next = i + (j + 1) % 3,
                                  last = i + (j + 2) % 3;
                     using namespace kernels;
                     product[i + j] = static_cast<T>(Sub()(
                         Mul()(a[next], b[last]), Mul()(a[last], b[next])));
                   }
               });
}

}  // namespace

void register_cross_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    registry.add("Cross", {{"T", dtype_of<T>}}, cross<T>);
  });
}

}  // namespace tern
