#include "tern/core/literal.h"

#include <utility>

#include "tern/core/error.h"

namespace tern {

Literal::Literal(std::string text) : dtype_(string) {
  strings_.push_back(std::move(text));
}

Literal::Literal(std::initializer_list<Literal> values) {
  shape_ = {values.size()};
  bool first = true;
  for (const Literal& value : values) {
    if (first)
      shape_ = shape_.concatenate(value.shape_);
    else if (!(value.shape_ == shape_.slice(1)))
      throw InvalidArgumentError(
          "Can't convert non-rectangular sequence to Tensor: an item has "
          "shape ",
          value.shape_,
          ", the first one ",
          shape_.slice(1));
    first = false;
    append(value);
  }
  // As an empty list in Python.
  if (dtype_ == DType{}) dtype_ = float32;
}

void Literal::append(const Literal& part) {
  auto extend = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  auto is_number = [](DType dtype) {
    return dtype != bool_ && dtype != string;
  };
  if (part.shape_.num_elements() == 0) return;
  if (dtype_ == DType{} || dtype_ == part.dtype_) {
    dtype_ = part.dtype_;
  } else if (is_number(dtype_) && part.dtype_ == bool_) {
    // Counts as 0 or 1 among numbers; the first item decides, as in Python.
  } else if (!is_number(dtype_) || !is_number(part.dtype_)) {
    throw InvalidArgumentError(
        "Can't convert sequence with mixed types to Tensor: ",
        dtype_.name(),
        " and ",
        part.dtype_.name());
  } else if (part.dtype_ == float32) {
    to_floats();
  } else if (dtype_ == uint64 || part.dtype_ == uint64) {
    // Of the integers below 2^63 only the negative ones stand in the way.
    for (const Literal* side : {static_cast<const Literal*>(this), &part})
      if (side->dtype_ != uint64)
        for (std::int64_t value : side->integers_)
          if (value < 0)
            throw InvalidArgumentError(
                "No dtype holds both ", value, " and integers above 2^63 - 1");
    dtype_ = uint64;
  } else if (dtype_ == int32) {
    dtype_ = part.dtype_;
  }
  if (dtype_ == float32 && part.dtype_ != float32) {
    Literal floats = part;
    floats.to_floats();
    extend(floats_, floats.floats_);
    return;
  }
  extend(integers_, part.integers_);
  extend(floats_, part.floats_);
  extend(strings_, part.strings_);
}

void Literal::to_floats() {
  for (std::int64_t value : integers_)
    floats_.push_back(dtype_ == uint64 ? static_cast<double>(
                                             static_cast<std::uint64_t>(value))
                                       : static_cast<double>(value));
  integers_.clear();
  dtype_ = float32;
}

}  // namespace tern
