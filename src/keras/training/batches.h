#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tern/core/nest.h"
#include "tern/keras/model.h"

namespace tern::keras {

/// Inputs, targets and weights of the same number of examples, handed out in
/// batches. Weak tensors become firm, in host memory.
class Batches {
 public:
  /// Throws InvalidArgumentError when the numbers of examples differ or there
  /// are none.
  Batches(Examples examples, std::optional<std::int64_t> batch_size);

  std::int64_t examples() const { return count_; }
  std::int64_t size() const { return (count_ + batch_size_ - 1) / batch_size_; }
  /// Batch i as [x, y, weights]; parts that were not given stay so.
  Nest at(std::int64_t i) const;
  /// Puts the examples in a new random order.
  void shuffle();

  /// The last examples, for validation: the rest stays here. Throws
  /// InvalidArgumentError when one of the two would be empty.
  Examples split_off(double share);

 private:
  Examples examples_;
  std::int64_t count_ = 0;
  std::int64_t batch_size_;
  Tensor order_;  // undefined: as they are
};

}  // namespace tern::keras
