#pragma once

#include <cstdint>

namespace tern::kernels {

/// Elements that are computed when they are asked for, by any thread.
class ElementProducer {
 public:
  virtual ~ElementProducer() = default;
  /// Elements [begin, end), row-major, to `to`.
  virtual void produce(std::int64_t begin,
                       std::int64_t end,
                       void* to) const = 0;
  /// Elements worth a thread.
  virtual std::int64_t grain() const = 0;
};

}  // namespace tern::kernels
