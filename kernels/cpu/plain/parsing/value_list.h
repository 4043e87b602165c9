#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "io/example_wire.h"
#include "tern/core/tensor.h"

namespace tern {

/// Values of features of one dtype (float32, int64 or string), one after the
/// other.
class ValueList {
 public:
  explicit ValueList(DType dtype);

  DType dtype() const { return dtype_; }
  std::int64_t size() const;
  /// The values of a feature of this dtype; false where they are malformed.
  bool append(const io::FeatureBytes& feature);
  /// The elements of a tensor of this dtype.
  void append(const Tensor& tensor);

  /// All values; `shape` has as many elements.
  Tensor tensor(const Shape& shape) const;
  /// Row r is values [ends[r], ends[r + 1]), filled up to `width` with `fill`
  /// (0 or "" for an undefined one): [rows * width] elements under `shape`.
  Tensor padded(const std::vector<std::int64_t>& ends,
                std::int64_t width,
                const Tensor& fill,
                const Shape& shape) const;

 private:
  DType dtype_;
  std::variant<std::vector<float>,
               std::vector<std::int64_t>,
               std::vector<std::string>>
      values_;
};

/// Rows of values of different lengths.
struct ValueRows {
  explicit ValueRows(DType dtype) : values(dtype) {}

  ValueList values;
  std::vector<std::int64_t> ends{0};

  void end_row() { ends.push_back(values.size()); }
  std::int64_t rows() const {
    return static_cast<std::int64_t>(ends.size()) - 1;
  }
  std::int64_t longest() const;
};

/// int32 or int64 [ends.size()].
Tensor splits_tensor(const std::vector<std::int64_t>& ends, DType dtype);

/// What a sparse output consists of.
struct SparseParts {
  Tensor indices, values, shape;
};
/// [rows, longest row]; a single row without the first dimension unless
/// batched.
SparseParts sparse_parts(const ValueRows& rows, bool batched);

}  // namespace tern
