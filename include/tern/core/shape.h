#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace tern {

/// One dimension: any integer, -1 for an unknown one.
struct Dim {
  template <std::integral T>
  Dim(T size) : value(static_cast<std::int64_t>(size)) {}
  std::int64_t value;
};

/// The shape of a tensor: a list of dimensions, any of which may be unknown
/// (-1), or of unknown rank. `Shape()` is a scalar's.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims);
  explicit Shape(std::span<const std::int64_t> dims);
  explicit Shape(const std::vector<std::int64_t>& dims)
      : Shape(std::span<const std::int64_t>(dims)) {}
  /// A shape of unknown rank.
  static Shape unknown() { return with_rank(-1); }
  /// All `rank` dimensions unknown.
  static Shape unknown_dims(int rank);

  Shape(const Shape& other) { copy_from(other); }
  Shape(Shape&& other) noexcept { take(other); }
  Shape& operator=(const Shape& other) {
    if (this != &other) {
      release();
      copy_from(other);
    }
    return *this;
  }
  Shape& operator=(Shape&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~Shape() { release(); }

  bool has_rank() const { return rank_ >= 0; }
  /// Number of dimensions, -1 when unknown.
  int rank() const { return rank_; }
  /// Dimension i; negative i counts from the end. -1 when unknown.
  /// Throws OutOfRangeError for i outside the rank.
  std::int64_t operator[](int i) const { return dims()[checked(i)]; }
  void set_dim(int i, std::int64_t size) { data()[checked(i)] = size; }
  void append(std::int64_t size);
  void erase(int i);
  void insert(int i, std::int64_t size);

  std::span<const std::int64_t> dims() const {
    return {data(), static_cast<std::size_t>(rank_ < 0 ? 0 : rank_)};
  }
  std::vector<std::int64_t> to_vector() const {
    return {dims().begin(), dims().end()};
  }
  auto begin() const { return dims().begin(); }
  auto end() const { return dims().end(); }

  /// Rank and every dimension known.
  bool is_fully_known() const;
  /// Product of the dimensions, -1 when not fully known. Throws
  /// InvalidArgumentError when the product overflows.
  std::int64_t num_elements() const;
  /// Whether some concrete shape fits both.
  bool is_compatible_with(const Shape& other) const;
  /// The most specific shape that both fit. Throws InvalidArgumentError when
  /// they are not compatible.
  Shape merge(const Shape& other) const;
  /// The least general shape that covers both.
  Shape relax(const Shape& other) const;
  /// Dimensions [begin, end); negative indices count from the end.
  Shape slice(int begin, int end) const;
  Shape slice(int begin) const { return slice(begin, rank_); }
  Shape concatenate(const Shape& other) const;

  /// Python's str of a TensorShape: "(2, None)", "<unknown>".
  std::string str() const;
  /// TensorFlow's C++ form, as in error texts: "[2,?]", "<unknown>".
  std::string debug_string() const;

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  static constexpr int kInline = 6;

  static Shape with_rank(int rank) {
    Shape shape;
    shape.rank_ = rank;
    return shape;
  }
  bool on_heap() const { return rank_ > kInline; }
  const std::int64_t* data() const { return on_heap() ? heap_ : inline_; }
  std::int64_t* data() { return on_heap() ? heap_ : inline_; }
  int checked(int i) const {
    int index = i < 0 ? i + rank_ : i;
    if (index < 0 || index >= rank_) throw_bad_index(i);
    return index;
  }
  [[noreturn]] void throw_bad_index(int i) const;
  void assign(std::span<const std::int64_t> dims);
  void copy_from(const Shape& other) {
    if (other.on_heap()) {
      assign(other.dims());
      return;
    }
    rank_ = other.rank_;
    for (int i = 0; i < rank_; ++i) inline_[i] = other.inline_[i];
  }
  void take(Shape& other) noexcept {
    rank_ = other.rank_;
    if (on_heap()) {
      heap_ = other.heap_;
      other.rank_ = 0;
    } else {
      for (int i = 0; i < rank_; ++i) inline_[i] = other.inline_[i];
    }
  }
  void release() noexcept {
    if (on_heap()) delete[] heap_;
  }

  int rank_ = 0;
  union {
    std::int64_t inline_[kInline];
    std::int64_t* heap_;
  };
};

/// Python's str: "(2, None)".
std::ostream& operator<<(std::ostream& stream, const Shape& shape);

/// The shape two operands broadcast to by numpy's rules. Throws
/// InvalidArgumentError when they do not.
Shape broadcast_static_shape(const Shape& a, const Shape& b);

}  // namespace tern
