#include "io/tensor_proto.h"

#include <algorithm>
#include <complex>
#include <cstring>
#include <string>
#include <type_traits>

#include "io/byte_order.h"
#include "io/element_count.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

/// A message of a few bytes may claim any shape, its one value repeated. More
/// than this is taken for corruption rather than allocated.
constexpr std::int64_t kMaxRepeatedBytes = std::int64_t{1} << 30;

[[noreturn]] void throw_size_mismatch(const proto::TensorProto& proto,
                                      const Shape& shape,
                                      std::size_t found,
                                      std::string_view unit) {
  throw InvalidArgumentError("TensorProto: shape ",
                             shape.debug_string(),
                             " of ",
                             dtype_from_proto(proto.dtype()).name(),
                             " does not fit its ",
                             found,
                             " ",
                             unit);
}

Tensor from_content(const proto::TensorProto& proto,
                    DType dtype,
                    const Shape& shape) {
  const std::string& content = proto.tensor_content();
  auto limit = static_cast<std::int64_t>(content.size() / dtype.size());
  std::int64_t count = element_count(shape.dims(), limit);
  if (count < 0 ||
      static_cast<std::size_t>(count) * dtype.size() != content.size())
    throw_size_mismatch(proto, shape, content.size(), "bytes of content");
  Tensor tensor = Tensor::allocate(dtype, shape);
  std::memcpy(tensor.mutable_data(), content.data(), content.size());
  if (dtype == bool_)
    normalize_bools(tensor.mutable_data(), static_cast<std::size_t>(count));
  return tensor;
}

/// Fills `tensor` with values(0..size), the last one repeated; without any,
/// with zeros.
template <class T, class Values>
void fill(Tensor& tensor, std::int64_t size, Values values) {
  T* to = tensor.data<T>();
  std::int64_t count = tensor.num_elements();
  for (std::int64_t i = 0; i < size; ++i)
    to[i] = static_cast<T>(values(static_cast<int>(i)));
  std::fill(to + size, to + count, size > 0 ? to[size - 1] : T());
}

/// How many elements the typed field holds; -1 for dtypes without a field.
std::int64_t typed_size(const proto::TensorProto& p, DType dtype) {
  if (dtype == float32) return p.float_val_size();
  if (dtype == float64) return p.double_val_size();
  if (dtype == int64) return p.int64_val_size();
  if (dtype == bool_) return p.bool_val_size();
  if (dtype == uint32) return p.uint32_val_size();
  if (dtype == uint64) return p.uint64_val_size();
  if (dtype == string) return p.string_val_size();
  if (dtype == float16 || dtype == bfloat16) return p.half_val_size();
  if (dtype == complex64) return p.scomplex_val_size() / 2;
  if (dtype == complex128) return p.dcomplex_val_size() / 2;
  if (dtype.is_object()) return -1;
  if (dtype.code >= float8_e5m2.code && dtype.code <= float8_e5m2fnuz.code)
    return static_cast<std::int64_t>(p.float8_val().size());
  return p.int_val_size();  // the integers and quantized types of 32 bits
}

void fill_typed(Tensor& t, const proto::TensorProto& p, std::int64_t size) {
  DType dtype = t.dtype();
  if (dtype == float32) {
    fill<float>(t, size, [&](int i) { return p.float_val(i); });
  } else if (dtype == float64) {
    fill<double>(t, size, [&](int i) { return p.double_val(i); });
  } else if (dtype == int64) {
    fill<std::int64_t>(t, size, [&](int i) { return p.int64_val(i); });
  } else if (dtype == bool_) {
    fill<bool>(t, size, [&](int i) { return p.bool_val(i); });
  } else if (dtype == uint32) {
    fill<std::uint32_t>(t, size, [&](int i) { return p.uint32_val(i); });
  } else if (dtype == uint64) {
    fill<std::uint64_t>(t, size, [&](int i) { return p.uint64_val(i); });
  } else if (dtype == string) {
    fill<std::string>(t, size, [&](int i) { return p.string_val(i); });
  } else if (dtype == float16 || dtype == bfloat16) {
    fill<std::uint16_t>(t, size, [&](int i) { return p.half_val(i); });
  } else if (dtype == complex64) {
    fill<std::complex<float>>(t, size, [&](int i) {
      return std::complex<float>(p.scomplex_val(2 * i),
                                 p.scomplex_val(2 * i + 1));
    });
  } else if (dtype == complex128) {
    fill<std::complex<double>>(t, size, [&](int i) {
      return std::complex<double>(p.dcomplex_val(2 * i),
                                  p.dcomplex_val(2 * i + 1));
    });
  } else if (dtype.code >= float8_e5m2.code &&
             dtype.code <= float8_e5m2fnuz.code) {
    fill<std::uint8_t>(t, size, [&](int i) {
      return p.float8_val()[static_cast<std::size_t>(i)];
    });
  } else if (dtype.size() == 1) {
    fill<std::uint8_t>(t, size, [&](int i) { return p.int_val(i); });
  } else if (dtype.size() == 2) {
    fill<std::uint16_t>(t, size, [&](int i) { return p.int_val(i); });
  } else {
    fill<std::int32_t>(t, size, [&](int i) { return p.int_val(i); });
  }
}

Tensor from_values(const proto::TensorProto& proto,
                   DType dtype,
                   const Shape& shape) {
  std::int64_t size = typed_size(proto, dtype);
  if (size < 0) throw UnimplementedError("TensorProto of dtype ", dtype.name());
  std::int64_t limit = std::max(
      size, kMaxRepeatedBytes / static_cast<std::int64_t>(dtype.size()));
  std::int64_t count = element_count(shape.dims(), limit);
  if (count < size)
    throw_size_mismatch(proto, shape, static_cast<std::size_t>(size), "values");
  Tensor tensor = Tensor::allocate(dtype, shape);
  if (count > 0) fill_typed(tensor, proto, size);
  return tensor;
}

/// Puts the one element of a scalar into the dtype's own field.
void add_value(const Tensor& t, proto::TensorProto* p) {
  DType dtype = t.dtype();
  if (dtype == float32) {
    p->add_float_val(*t.data<float>());
  } else if (dtype == float64) {
    p->add_double_val(*t.data<double>());
  } else if (dtype == int64) {
    p->add_int64_val(*t.data<std::int64_t>());
  } else if (dtype == bool_) {
    p->add_bool_val(*t.data<bool>());
  } else if (dtype == uint32) {
    p->add_uint32_val(*t.data<std::uint32_t>());
  } else if (dtype == uint64) {
    p->add_uint64_val(*t.data<std::uint64_t>());
  } else if (dtype == float16 || dtype == bfloat16) {
    p->add_half_val(*t.data<std::uint16_t>());
  } else if (dtype == complex64) {
    p->add_scomplex_val(t.data<std::complex<float>>()->real());
    p->add_scomplex_val(t.data<std::complex<float>>()->imag());
  } else if (dtype == complex128) {
    p->add_dcomplex_val(t.data<std::complex<double>>()->real());
    p->add_dcomplex_val(t.data<std::complex<double>>()->imag());
  } else if (dtype == int32 || dtype == qint32) {
    p->add_int_val(*t.data<std::int32_t>());
  } else if (dtype == int16 || dtype == qint16) {
    p->add_int_val(*t.data<std::int16_t>());
  } else if (dtype == uint16 || dtype == quint16) {
    p->add_int_val(*t.data<std::uint16_t>());
  } else if (dtype == int8 || dtype == qint8) {
    p->add_int_val(*t.data<std::int8_t>());
  } else if (dtype == uint8 || dtype == quint8) {
    p->add_int_val(*t.data<std::uint8_t>());
  } else {  // float8, int4 and narrower: their byte
    p->set_tensor_content(t.raw_data(), 1);
  }
}

}  // namespace

DType dtype_from_proto(int code) {
  if (code == 0 || !DType::is_valid_code(code))
    throw InvalidArgumentError("DataType ", code, " is not a dtype of values");
  return DType{code};
}

proto::DataType to_proto(DType dtype) {
  return static_cast<proto::DataType>(dtype.code);
}

Shape shape_from_proto(const proto::TensorShapeProto& proto) {
  if (proto.unknown_rank()) return Shape::unknown();
  Shape shape;
  for (const auto& dim : proto.dim()) {
    if (dim.size() < -1)
      throw InvalidArgumentError(
          "Shape with dimension ", dim.size(), "; dimensions are >= -1");
    shape.append(dim.size());
  }
  return shape;
}

void to_proto(const Shape& shape, proto::TensorShapeProto* proto) {
  proto->Clear();
  proto->set_unknown_rank(!shape.has_rank());
  for (std::int64_t size : shape) proto->add_dim()->set_size(size);
}

Tensor tensor_from_proto(const proto::TensorProto& proto) {
  DType dtype = dtype_from_proto(proto.dtype());
  Shape shape = shape_from_proto(proto.tensor_shape());
  if (!shape.is_fully_known())
    throw InvalidArgumentError("TensorProto: the shape ",
                               shape.debug_string(),
                               " of a value must be fully known");
  bool has_content = !proto.tensor_content().empty() && !dtype.is_object();
  return has_content ? from_content(proto, dtype, shape)
                     : from_values(proto, dtype, shape);
}

void to_proto(const Tensor& tensor, proto::TensorProto* proto) {
  Tensor host = tensor.to(kCpu);
  DType dtype = host.dtype();
  if (dtype == resource || dtype == variant)
    throw InvalidArgumentError(
        "A tensor of dtype ", dtype.name(), " cannot be stored");
  proto->Clear();
  proto->set_dtype(to_proto(dtype));
  to_proto(host.shape(), proto->mutable_tensor_shape());
  if (dtype == string) {
    for (std::int64_t i = 0; i < host.num_elements(); ++i)
      proto->add_string_val(host.data<std::string>()[i]);
  } else if (host.shape().rank() == 0) {
    add_value(host, proto);
  } else if (host.num_elements() > 0) {
    proto->set_tensor_content(host.raw_data(), host.num_bytes());
  }
}

}  // namespace tern::io
