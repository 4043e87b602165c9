#pragma once

namespace tern::kernels {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// As many elements as a register of this instruction set holds, at any
/// address.
template <class T>
struct RegisterVector {
  typedef T Type __attribute__((
      vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
  static constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
};

}  // namespace tern::kernels
