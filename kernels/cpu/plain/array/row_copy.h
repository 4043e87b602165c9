#pragma once

#include <cstdint>
#include <cstring>

#include "tern/core/buffer.h"
#include "tern/core/dtype.h"

namespace tern {

/// Copies rows of `elements` elements of any dtype. Rows of the sizes of one
/// number are moved as such: a call of memcpy would cost more than the row.
class RowCopier {
 public:
  RowCopier(DType dtype, std::int64_t elements)
      : dtype_(dtype),
        elements_(elements),
        bytes_(static_cast<std::size_t>(elements) * dtype.size()) {}

  std::size_t bytes() const { return bytes_; }

  /// Row `j` of `to` becomes row `i` of `from`.
  void operator()(const void* from,
                  std::int64_t i,
                  void* to,
                  std::int64_t j) const {
    const char* source =
        static_cast<const char*>(from) + static_cast<std::size_t>(i) * bytes_;
    char* target =
        static_cast<char*>(to) + static_cast<std::size_t>(j) * bytes_;
    if (dtype_.is_object())
      return copy_elements(dtype_, target, source, elements_);
    switch (bytes_) {
      case 0:
        return;
      case 1:
        return move<1>(source, target);
      case 2:
        return move<2>(source, target);
      case 4:
        return move<4>(source, target);
      case 8:
        return move<8>(source, target);
      case 16:
        return move<16>(source, target);
      default:
        std::memcpy(target, source, bytes_);
    }
  }

  /// Makes row `j` of `to` zeros; objects there are left as they are made.
  void clear(void* to, std::int64_t j) const {
    if (!dtype_.is_object() && bytes_ > 0)
      std::memset(static_cast<char*>(to) + static_cast<std::size_t>(j) * bytes_,
                  0,
                  bytes_);
  }

 private:
  template <std::size_t N>
  static void move(const char* from, char* to) {
    std::memcpy(to, from, N);
  }

  DType dtype_;
  std::int64_t elements_;
  std::size_t bytes_;
};

}  // namespace tern
