#include "kernels/cpu/gemm.h"

namespace tern::kernels {

Gemm& gemm() {
  static Gemm products;
  return products;
}

}  // namespace tern::kernels
