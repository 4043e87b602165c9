#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "tern/core/tensor.h"

namespace tern {

/// State that ops reach through a handle: variables, tables, iterators.
class Resource {
 public:
  virtual ~Resource() = default;
  /// For error texts: "variable", "lookup table".
  virtual std::string_view kind() const = 0;
};

/// The element of a resource tensor: a counted pointer, with the dtype and
/// shape its users may rely on.
class ResourceHandle {
 public:
  ResourceHandle() = default;
  explicit ResourceHandle(std::shared_ptr<Resource> object,
                          DType dtype = {},
                          Shape shape = Shape::unknown())
      : object_(std::move(object)), dtype_(dtype), shape_(std::move(shape)) {}

  const std::shared_ptr<Resource>& object() const { return object_; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }

 private:
  std::shared_ptr<Resource> object_;
  DType dtype_;
  Shape shape_ = Shape::unknown();
};

/// The value behind a Variable. Reads share the elements; a write happens in
/// place when nobody else holds them. The mutex guards `value`.
class VariableCell : public Resource {
 public:
  VariableCell(std::string name, DType dtype, Shape shape, bool trainable)
      : name(std::move(name)),
        dtype(dtype),
        shape(std::move(shape)),
        trainable(trainable) {}
  std::string_view kind() const override { return "variable"; }

  const std::string name;
  const DType dtype;
  const Shape shape;
  const bool trainable;
  std::mutex mutex;
  Tensor value;  // undefined until the first assignment
};

/// A value of a variant tensor, immutable once shared.
class VariantValue {
 public:
  virtual ~VariantValue() = default;
  virtual std::string_view kind() const = 0;
};

/// The element of a variant tensor: a counted pointer to any VariantValue.
class Variant {
 public:
  Variant() = default;
  explicit Variant(std::shared_ptr<VariantValue> value)
      : value_(std::move(value)) {}
  const std::shared_ptr<VariantValue>& value() const { return value_; }
  std::shared_ptr<VariantValue>& value() { return value_; }

 private:
  std::shared_ptr<VariantValue> value_;
};

}  // namespace tern
