#include "tern/core/shape.h"

#include <algorithm>
#include <ostream>

#include "tern/core/error.h"
#include "tern/core/inlined_vector.h"

namespace tern {
namespace {

/// "[", "2,?" , "]" and the like: one writer for Python's and C++'s forms.
std::string join_dims(const Shape& shape,
                      std::string_view separator,
                      std::string_view unknown) {
  std::string text;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) text += separator;
    if (shape[i] < 0)
      text += unknown;
    else
      text += std::to_string(shape[i]);
  }
  return text;
}

std::int64_t checked_dim(std::int64_t size) {
  if (size < -1)
    throw InvalidArgumentError("Dimension ", size, " must be >= -1");
  return size;
}

}  // namespace

Shape::Shape(std::initializer_list<Dim> dims) {
  InlinedVector<std::int64_t, kInline> sizes(dims.size());
  std::ranges::transform(dims, sizes.begin(), &Dim::value);
  assign(sizes);
}

Shape::Shape(std::span<const std::int64_t> dims) { assign(dims); }

Shape Shape::unknown_dims(int rank) {
  return Shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), -1));
}

void Shape::assign(std::span<const std::int64_t> dims) {
  for (std::int64_t size : dims) checked_dim(size);
  // The rank is set last: an exception must not leave a shape that would
  // release memory it never got.
  std::int64_t* to = inline_;
  if (dims.size() > kInline) heap_ = to = new std::int64_t[dims.size()];
  std::copy(dims.begin(), dims.end(), to);
  rank_ = static_cast<int>(dims.size());
}

void Shape::append(std::int64_t size) { insert(rank_, size); }

void Shape::erase(int i) {
  std::vector<std::int64_t> dims = to_vector();
  dims.erase(dims.begin() + checked(i));
  *this = Shape(dims);
}

void Shape::insert(int i, std::int64_t size) {
  int index = i < 0 ? i + rank_ + 1 : i;
  if (!has_rank() || index < 0 || index > rank_) throw_bad_index(i);
  if (rank_ < kInline) {
    checked_dim(size);
    std::copy_backward(inline_ + index, inline_ + rank_, inline_ + rank_ + 1);
    inline_[index] = size;
    ++rank_;
    return;
  }
  std::vector<std::int64_t> dims = to_vector();
  dims.insert(dims.begin() + index, size);
  *this = Shape(dims);
}

void Shape::throw_bad_index(int i) const {
  throw OutOfRangeError("dimension ",
                        i,
                        " of a shape of rank ",
                        rank_ < 0 ? "unknown" : std::to_string(rank_));
}

bool Shape::is_fully_known() const {
  return has_rank() && std::ranges::all_of(
                           dims(), [](std::int64_t size) { return size >= 0; });
}

std::int64_t Shape::num_elements() const {
  if (!has_rank()) return -1;
  std::int64_t product = 1;
  bool empty = false, overflow = false;
  for (std::int64_t size : dims()) {
    if (size < 0) return -1;
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(product, size, &product);
  }
  if (empty) return 0;
  if (overflow)
    throw InvalidArgumentError(
        "Shape ", debug_string(), " has more than 2^63 - 1 elements");
  return product;
}

bool Shape::is_compatible_with(const Shape& other) const {
  if (!has_rank() || !other.has_rank()) return true;
  return std::ranges::equal(
      dims(), other.dims(), [](std::int64_t a, std::int64_t b) {
        return a < 0 || b < 0 || a == b;
      });
}

Shape Shape::merge(const Shape& other) const {
  if (!has_rank()) return other;
  if (!other.has_rank()) return *this;
  if (!is_compatible_with(other))
    throw InvalidArgumentError(
        "Shapes ", str(), " and ", other.str(), " are not compatible");
  Shape merged = *this;
  for (int i = 0; i < rank_; ++i)
    if (merged[i] < 0) merged.set_dim(i, other[i]);
  return merged;
}

Shape Shape::relax(const Shape& other) const {
  if (!has_rank() || rank_ != other.rank_) return unknown();
  Shape relaxed = *this;
  for (int i = 0; i < rank_; ++i)
    if (relaxed[i] != other[i]) relaxed.set_dim(i, -1);
  return relaxed;
}

Shape Shape::slice(int begin, int end) const {
  if (!has_rank()) return unknown();
  auto position = [this](int i) {
    int index = i < 0 ? i + rank_ : i;
    if (index < 0 || index > rank_) throw_bad_index(i);
    return static_cast<std::size_t>(index);
  };
  std::size_t first = position(begin), last = position(end);
  return Shape(dims().subspan(first, last > first ? last - first : 0));
}

Shape Shape::concatenate(const Shape& other) const {
  if (!has_rank() || !other.has_rank()) return unknown();
  std::vector<std::int64_t> all = to_vector();
  all.insert(all.end(), other.begin(), other.end());
  return Shape(all);
}

std::string Shape::str() const {
  if (!has_rank()) return "<unknown>";
  return "(" + join_dims(*this, ", ", "None") + (rank_ == 1 ? ",)" : ")");
}

std::string Shape::debug_string() const {
  if (!has_rank()) return "<unknown>";
  return "[" + join_dims(*this, ",", "?") + "]";
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && std::ranges::equal(a.dims(), b.dims());
}

std::ostream& operator<<(std::ostream& stream, const Shape& shape) {
  return stream << shape.str();
}

Shape broadcast_static_shape(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::unknown();
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    std::int64_t x = longer[offset + i], y = shorter[i];
    if (x == y || y == 1) continue;
    if (x == 1 || x < 0) {
      // An unknown dimension against a known one above 1 must be that one
      // or 1; against an unknown or 1 it stays unknown.
      result.set_dim(offset + i, x < 0 && y < 0 ? -1 : y);
    } else if (y >= 0) {
      throw InvalidArgumentError(
          "Incompatible shapes: ", a.debug_string(), " vs. ", b.debug_string());
    }
  }
  return result;
}

}  // namespace tern
