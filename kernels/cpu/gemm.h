#pragma once

#include "kernels/common/matrix_products.h"

namespace tern::kernels {

/// Matrix products on the calling thread alone, for kernels that cut their
/// work themselves; set by those of the selected instruction set. All matrices
/// are contiguous.
struct Gemm {
  void (*f32)(const MatrixProduct& p,
              const float* a,
              const float* b,
              float* c) = nullptr;
  void (*f64)(const MatrixProduct& p,
              const double* a,
              const double* b,
              double* c) = nullptr;
};
Gemm& gemm();

}  // namespace tern::kernels
