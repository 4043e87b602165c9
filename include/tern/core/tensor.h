#pragma once

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/literal.h"
#include "tern/core/shape.h"
#include "tern/core/tensor_rep.h"

namespace tern {

class Tensor;
using Tensors = std::vector<Tensor>;

/// A range along one axis, as Python's start:stop:step.
struct Slice {
  std::optional<std::int64_t> start = {}, stop = {}, step = {};
};
struct Ellipsis {};
struct NewAxis {};
inline constexpr Ellipsis ellipsis{};
inline constexpr NewAxis newaxis{};
class Index;

/// An n-dimensional array of one dtype: one pointer to a counted header.
/// Copies share the header; the elements never change once others can see
/// them. Row-major and contiguous. In a traced function or a graph a Tensor
/// may be symbolic: dtype and a partial shape, no elements.
class Tensor {
 public:
  /// No tensor at all: `defined()` is false.
  Tensor() = default;
  /// Scalars and braces of values are weakly typed: they take the dtype of the
  /// other operand at their first use and keep all digits until then.
  template <Number T>
  Tensor(T value) : rep_(weak_scalar(value)) {}
  Tensor(std::nullptr_t) = delete;
  Tensor(const char* text) : Tensor(std::string(text)) {}
  Tensor(std::string text);
  Tensor(std::string_view text) : Tensor(std::string(text)) {}
  Tensor(std::initializer_list<Literal> values)
      : Tensor(Literal(values), WeakTag{}) {}
  /// Copies the elements. `shape` defaults to [size]; its product must be the
  /// number of elements.
  template <class T>
  requires(Number<T> || std::same_as<T, std::string>)
      Tensor(std::span<const T> values, Shape shape = Shape::unknown())
      : Tensor(
            from_elements(dtype_of<T>, values.data(), values.size(), shape)) {}
  template <class T>
  requires(Number<T> || std::same_as<T, std::string>)
      Tensor(const std::vector<T>& values, Shape shape = Shape::unknown());

  /// An uninitialised tensor (strings are empty) in the device's memory.
  static Tensor allocate(DType dtype,
                         const Shape& shape,
                         DeviceId device = kCpu);
  /// Shape and dtype without elements: what a tape keeps of an input whose
  /// values its gradient does not need. Reading elements throws.
  static Tensor meta(DType dtype, const Shape& shape);
  /// Views `buffer` (whose reference is taken over) from `data` on.
  static Tensor from_buffer(DType dtype,
                            const Shape& shape,
                            Buffer* buffer,
                            void* data);
  static Tensor symbolic(DType dtype,
                         const Shape& shape,
                         std::shared_ptr<TensorExtra> origin);
  static Tensor from_literal(const Literal& value,
                             DType dtype = {},
                             const Shape& shape = Shape::unknown());

  bool defined() const { return rep_ != nullptr; }
  DType dtype() const { return rep().dtype; }
  const Shape& shape() const { return rep().shape; }
  /// -1 when the shape is not fully known.
  std::int64_t num_elements() const { return rep().num_elements; }
  DeviceId device() const { return rep().device; }
  bool is_symbolic() const { return rep_ && rep_->kind == RepKind::kSymbolic; }
  bool is_meta() const { return rep_ && rep_->kind == RepKind::kMeta; }
  /// Made from a C++ literal, not yet bound to a dtype.
  bool is_weak() const { return rep_ && rep_->weak; }

  /// The element of a scalar (or of a tensor with one element), converted to
  /// T. Throws InvalidArgumentError for several elements.
  template <class T>
  T item() const;
  /// All elements, row-major. T must be the dtype's own type.
  template <class T>
  std::span<const T> values() const {
    return {static_cast<const T*>(host_data(dtype_of<T>)),
            static_cast<std::size_t>(num_elements())};
  }
  /// The elements in host memory: those of a device in a copy, kept as long as
  /// this tensor. Throws InvalidArgumentError unless the dtype is `expected`,
  /// and for symbolic tensors.
  const void* host_data(DType expected) const;
  /// The bytes of a string scalar.
  std::string bytes() const;
  /// Truth of a scalar. Throws InvalidArgumentError for more elements, and
  /// for symbolic tensors (use tern::cond there).
  explicit operator bool() const;

  Tensor operator[](const Index& index) const;
  Tensor operator[](std::initializer_list<Index> indices) const;

  /// Same elements, other shape (as many elements): shares the buffer.
  Tensor with_shape(const Shape& shape) const;
  /// Rows [begin, end) of the first dimension: shares the buffer.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  /// A copy with elements of its own.
  Tensor clone() const;
  /// This tensor in that device's memory.
  Tensor to(DeviceId device) const;
  /// A weak tensor's values as `dtype`, from all its digits; a firm tensor of
  /// that dtype itself. Throws InvalidArgumentError when a float literal meets
  /// an integer dtype, or text meets a number.
  Tensor as_dtype(DType dtype) const;

  /// For kernels: the elements' address in device memory.
  const void* raw_data() const { return rep().data; }
  void* mutable_data() const { return rep().data; }
  template <class T>
  T* data() const {
    return static_cast<T*>(rep().data);
  }
  std::size_t num_bytes() const {
    return static_cast<std::size_t>(num_elements()) * dtype().size();
  }
  /// Whether nobody else sees these elements.
  bool is_unique() const { return rep_ && rep_->is_unique(); }
  /// Stands for this tensor in tapes; never reused.
  std::uint64_t id() const { return rep().identity(); }
  /// The id if somebody asked for it before, else 0.
  std::uint64_t known_id() const {
    return rep_ ? rep_->id.load(std::memory_order_acquire) : 0;
  }
  /// Where a symbolic tensor or a Keras tensor comes from; null elsewhere.
  TensorExtra* extra() const { return rep_ ? rep_->extra.get() : nullptr; }
  const std::shared_ptr<TensorExtra>& shared_extra() const {
    return rep().extra;
  }
  void set_extra(std::shared_ptr<TensorExtra> extra) const {
    rep().extra = std::move(extra);
  }
  bool same_as(const Tensor& other) const { return rep_ == other.rep_; }

  Tensor(const Tensor& other) noexcept : rep_(other.rep_) {
    if (rep_) rep_->retain();
  }
  Tensor(Tensor&& other) noexcept : rep_(other.rep_) { other.rep_ = nullptr; }
  Tensor& operator=(const Tensor& other) noexcept {
    Tensor copy(other);
    std::swap(rep_, copy.rep_);
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(rep_, other.rep_);
    return *this;
  }
  ~Tensor() {
    if (rep_) rep_->release();
  }

 private:
  struct WeakTag {};
  template <Number T>
  static TensorRep* weak_scalar(T value) {
    if constexpr (std::is_floating_point_v<T>)
      return weak_float(static_cast<double>(value));
    else
      return weak_integer(static_cast<std::int64_t>(value),
                          Literal::dtype_of_integer(value));
  }
  static TensorRep* weak_float(double value);
  static TensorRep* weak_integer(std::int64_t value, DType dtype);
  Tensor(const Literal& literal, WeakTag);
  explicit Tensor(TensorRep* rep) : rep_(rep) {}

  static Tensor from_elements(DType dtype,
                              const void* data,
                              std::size_t count,
                              const Shape& shape);
  TensorRep& rep() const {
    if (!rep_) throw_undefined();
    return *rep_;
  }
  [[noreturn]] static void throw_undefined();

  TensorRep* rep_ = nullptr;
};

template <class T>
requires(Number<T> || std::same_as<T, std::string>) Tensor::Tensor(
    const std::vector<T>& values, Shape shape) {
  if constexpr (std::is_same_v<T, bool>) {
    auto bytes = std::make_unique<bool[]>(values.size());
    std::copy(values.begin(), values.end(), bytes.get());
    *this = from_elements(bool_, bytes.get(), values.size(), shape);
  } else {
    *this = from_elements(dtype_of<T>, values.data(), values.size(), shape);
  }
}

namespace detail {
double item_as_double(const Tensor& tensor);
std::int64_t item_as_int64(const Tensor& tensor);
const void* item_address(const Tensor& tensor, DType expected);
}  // namespace detail

template <class T>
T Tensor::item() const {
  if constexpr (std::is_same_v<T, std::string>) {
    return bytes();
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<bool>(*this);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(detail::item_as_double(*this));
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(detail::item_as_int64(*this));
  } else {
    return *static_cast<const T*>(detail::item_address(*this, dtype_of<T>));
  }
}

/// Python's str of an eager tensor; see `tern/core/print.h`.
std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

/// One entry of an indexing expression: an integer, a Slice, `ellipsis`,
/// `newaxis`, or a tensor (an integer scalar, or a bool mask).
class Index {
 public:
  enum class Kind { kInteger, kSlice, kEllipsis, kNewAxis, kTensor };

  template <std::integral T>
  Index(T integer)
      : kind_(Kind::kInteger), integer_(static_cast<std::int64_t>(integer)) {}
  Index(Slice slice) : kind_(Kind::kSlice), slice_(slice) {}
  Index(Ellipsis) : kind_(Kind::kEllipsis) {}
  Index(NewAxis) : kind_(Kind::kNewAxis) {}
  Index(const Tensor& tensor) : kind_(Kind::kTensor), tensor_(tensor) {}

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  const Slice& slice() const { return slice_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  Kind kind_;
  std::int64_t integer_ = 0;
  Slice slice_;
  Tensor tensor_;
};

}  // namespace tern
