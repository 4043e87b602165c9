#pragma once

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace tern {

/// While it lives, the calling thread reads and writes subnormal numbers as 0,
/// as TensorFlow's kernels do: they would slow some loops a hundredfold. Does
/// nothing on other processors than x86.
class [[maybe_unused]] FlushSubnormals {
 public:
#ifdef __SSE2__
  FlushSubnormals() : saved_(_mm_getcsr()) {
    if ((saved_ & kFlush) != kFlush) _mm_setcsr(saved_ | kFlush);
  }
  ~FlushSubnormals() {
    if ((saved_ & kFlush) != kFlush) _mm_setcsr(saved_);
  }
  FlushSubnormals(const FlushSubnormals&) = delete;

 private:
  /// Results to zero and operands as zero.
  static constexpr unsigned kFlush = 0x8000 | 0x0040;
  unsigned saved_;
#endif
};

}  // namespace tern
