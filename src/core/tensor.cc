#include "tern/core/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/tensor_literal.h"
#include "core/visit_dtype.h"
#include "tern/core/error.h"

namespace tern {
namespace {

[[noreturn]] void throw_no_elements(const TensorRep& rep) {
  if (rep.kind == RepKind::kMeta)
    throw FailedPreconditionError(
        "the elements of this ",
        rep.dtype.name(),
        " tensor of shape ",
        rep.shape,
        " were not kept: only its shape and dtype are known here (an op's "
        "gradient read an input that it does not declare to use)");
  std::string name = rep.extra ? rep.extra->name() : "?";
  throw InvalidArgumentError(
      "the symbolic tensor \"",
      name,
      "\" (shape=",
      rep.shape,
      ", dtype=",
      rep.dtype.name(),
      ") has no elements before its graph runs. To branch or loop on it use "
      "tern::cond or tern::while_loop; to see it use tern::print");
}

/// Makes `rep` share the elements that start `offset` bytes into `source`'s.
void share_elements(TensorRep& rep,
                    const TensorRep& source,
                    std::size_t offset) {
  rep.device = source.device;
  rep.kind = source.kind;
  if (source.kind != RepKind::kConcrete) return;
  auto* from = static_cast<std::byte*>(source.data) + offset;
  if (source.buffer) {
    source.buffer->retain();
    rep.buffer = source.buffer;
    rep.data = from;
    return;
  }
  if (rep.dtype.is_object())
    construct_elements(rep.dtype, rep.inline_data, rep.num_elements);
  rep.data = rep.inline_data;
  copy_elements(rep.dtype, rep.data, from, rep.num_elements);
}

/// Saturates, where a plain conversion would be undefined.
std::int64_t to_int64(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (value < -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

}  // namespace

Tensor::Tensor(std::string text) : rep_(nullptr) {
  Tensor scalar = allocate(string, {});
  *scalar.data<std::string>() = std::move(text);
  std::swap(rep_, scalar.rep_);
}

Tensor Tensor::allocate(DType dtype, const Shape& shape, DeviceId device) {
  Tensor tensor(TensorRep::create(dtype, shape));
  TensorRep& rep = *tensor.rep_;
  if (rep.num_elements < 0)
    throw InvalidArgumentError("cannot allocate a tensor of the shape ",
                               shape,
                               ", which is not fully known");
  if (dtype == DType{})
    throw InvalidArgumentError("cannot allocate a tensor without a dtype");
  bool is_object = dtype.is_object();
  if (is_object) device = kCpu;
  std::size_t size = dtype.size();
  if (device.is_host() && static_cast<std::size_t>(rep.num_elements) <=
                              TensorRep::kInlineBytes / size) {
    if (is_object) construct_elements(dtype, rep.inline_data, rep.num_elements);
    rep.data = rep.inline_data;
  } else {
    rep.buffer = Buffer::allocate(dtype, rep.num_elements, device);
    rep.data = rep.buffer->data();
    rep.device = device;
  }
  return tensor;
}

Tensor Tensor::meta(DType dtype, const Shape& shape) {
  Tensor tensor(TensorRep::create(dtype, shape));
  tensor.rep_->kind = RepKind::kMeta;
  return tensor;
}

Tensor Tensor::from_buffer(DType dtype,
                           const Shape& shape,
                           Buffer* buffer,
                           void* data) {
  Tensor tensor(TensorRep::create(dtype, shape));
  tensor.rep_->buffer = buffer;
  tensor.rep_->data = data;
  tensor.rep_->device = buffer->device();
  return tensor;
}

Tensor Tensor::symbolic(DType dtype,
                        const Shape& shape,
                        std::shared_ptr<TensorExtra> origin) {
  Tensor tensor(TensorRep::create(dtype, shape));
  tensor.rep_->kind = RepKind::kSymbolic;
  tensor.rep_->extra = std::move(origin);
  return tensor;
}

Tensor Tensor::from_elements(DType dtype,
                             const void* data,
                             std::size_t count,
                             const Shape& shape) {
  auto size = static_cast<std::int64_t>(count);
  Tensor tensor = allocate(dtype, shape.has_rank() ? shape : Shape{size});
  if (tensor.num_elements() != size)
    throw InvalidArgumentError(count,
                               " values do not fill the shape ",
                               shape,
                               ", which has ",
                               tensor.num_elements(),
                               " elements");
  copy_elements(dtype, tensor.mutable_data(), data, size);
  return tensor;
}

void Tensor::throw_undefined() {
  throw FailedPreconditionError(
      "this Tensor holds nothing: it was default-constructed or moved from");
}

const void* Tensor::host_data(DType expected) const {
  TensorRep& rep = this->rep();
  if (rep.kind != RepKind::kConcrete) throw_no_elements(rep);
  if (rep.dtype != expected)
    throw InvalidArgumentError("the elements of a ",
                               rep.dtype.name(),
                               " tensor were read as ",
                               expected.name());
  if (rep.device.is_host()) return rep.data;
  Buffer* copy = rep.host_copy.load(std::memory_order_acquire);
  if (!copy) {
    Buffer* fresh = Buffer::allocate(rep.dtype, rep.num_elements);
    device_of(rep.device).copy_to_host(fresh->data(), rep.data, num_bytes());
    // The first of several readers wins: its copy may be in use already.
    if (rep.host_copy.compare_exchange_strong(
            copy, fresh, std::memory_order_acq_rel))
      copy = fresh;
    else
      fresh->release();
  }
  return copy->data();
}

std::string Tensor::bytes() const {
  return *static_cast<const std::string*>(detail::item_address(*this, string));
}

Tensor::operator bool() const {
  const TensorRep& rep = this->rep();
  if (rep.kind == RepKind::kSymbolic)
    throw InvalidArgumentError(
        "Using a symbolic tensor as a C++ bool is not allowed: \"",
        rep.extra ? rep.extra->name() : "?",
        "\" has no value before its graph runs. Use tern::cond instead of if, "
        "tern::while_loop instead of a loop");
  if (rep.num_elements != 1 && rep.kind == RepKind::kConcrete)
    throw InvalidArgumentError("The truth value of a tensor of shape ",
                               rep.shape,
                               " is ambiguous: it has ",
                               rep.num_elements,
                               " elements. Use reduce_any or reduce_all");
  const void* element = detail::item_address(*this, rep.dtype);
  if (rep.dtype == string)
    return !static_cast<const std::string*>(element)->empty();
  return visit_number(rep.dtype, [element]<class T>(T) -> bool {
    T value = *static_cast<const T*>(element);
    if constexpr (is_complex_number<T>)
      return value != T(0);
    else
      return static_cast<double>(value) != 0;
  });
}

Tensor Tensor::with_shape(const Shape& shape) const {
  const TensorRep& source = rep();
  if (source.kind == RepKind::kSymbolic) throw_no_elements(source);
  Tensor result(TensorRep::create(source.dtype, shape));
  if (result.num_elements() != source.num_elements)
    throw InvalidArgumentError("Input to reshape is a tensor with ",
                               source.num_elements,
                               " values, but the requested shape has ",
                               result.num_elements());
  share_elements(*result.rep_, source, 0);
  return result;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  const TensorRep& source = rep();
  if (source.kind == RepKind::kSymbolic) throw_no_elements(source);
  if (source.shape.rank() < 1)
    throw InvalidArgumentError("rows of a tensor of shape ", source.shape);
  std::int64_t rows = source.shape[0];
  if (begin < 0 || end < begin || end > rows)
    throw InvalidArgumentError(
        "rows [", begin, ", ", end, ") of a tensor with ", rows, " rows");
  Shape shape = source.shape;
  shape.set_dim(0, end - begin);
  Tensor result(TensorRep::create(source.dtype, shape));
  std::size_t row_bytes =
      rows == 0 ? 0 : num_bytes() / static_cast<std::size_t>(rows);
  share_elements(
      *result.rep_, source, static_cast<std::size_t>(begin) * row_bytes);
  return result;
}

Tensor Tensor::clone() const {
  const TensorRep& source = rep();
  if (source.kind != RepKind::kConcrete) throw_no_elements(source);
  if (source.device.is_host()) {
    Tensor copy = allocate(source.dtype, source.shape);
    copy_elements(
        source.dtype, copy.mutable_data(), source.data, source.num_elements);
    return copy;
  }
  return to(kCpu).to(source.device);
}

Tensor Tensor::to(DeviceId target) const {
  const TensorRep& source = rep();
  // Objects stay in host memory; a tensor without elements is nowhere.
  if (source.device == target || source.kind != RepKind::kConcrete ||
      source.dtype.is_object())
    return *this;
  if (!source.device.is_host() && !target.is_host()) return to(kCpu).to(target);
  Tensor result = allocate(source.dtype, source.shape, target);
  if (target.is_host())
    device_of(source.device)
        .copy_to_host(result.mutable_data(), source.data, num_bytes());
  else
    device_of(target).copy_from_host(
        result.mutable_data(), source.data, num_bytes());
  return result;
}

namespace detail {

const void* item_address(const Tensor& tensor, DType expected) {
  if (tensor.num_elements() != 1 && !tensor.is_symbolic())
    throw InvalidArgumentError(
        "can only convert a tensor of one element to a scalar, this one has "
        "shape ",
        tensor.shape());
  return tensor.host_data(expected);
}

double item_as_double(const Tensor& tensor) {
  const void* element = item_address(tensor, tensor.dtype());
  if (const double* digits = literal_digits(tensor)) return *digits;
  return visit_number(tensor.dtype(), [element]<class T>(T) -> double {
    if constexpr (is_complex_number<T>)
      throw InvalidArgumentError("a complex element was read as a real number");
    else
      return static_cast<double>(*static_cast<const T*>(element));
  });
}

std::int64_t item_as_int64(const Tensor& tensor) {
  if (tensor.dtype().is_floating()) return to_int64(item_as_double(tensor));
  const void* element = item_address(tensor, tensor.dtype());
  return visit_number(tensor.dtype(), [element]<class T>(T) -> std::int64_t {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<std::int64_t>(*static_cast<const T*>(element));
    } else {
      throw InvalidArgumentError("a complex element was read as an integer");
    }
  });
}

}  // namespace detail
}  // namespace tern
