// fft.cc: Fourier transforms.

#include <algorithm>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/signal.h"

namespace tern {
namespace {

/// Dimensions that an op transforms: 1 to 3, or 0 for those an input names.
int rank_of(const OpDef& op) {
  if (op.name.ends_with("ND")) return 0;
  if (op.name.ends_with("3D")) return 3;
  return op.name.ends_with("2D") ? 2 : 1;
}

void check_rank(const Shape& input, int rank) {
  if (input.has_rank() && input.rank() < rank)
    throw InvalidArgumentError("Input must have rank of at least ",
                               rank,
                               " but got: ",
                               input.debug_string());
}

/// The axes that are transformed: the last ones, or those of input 2; nothing
/// where they are not known.
std::optional<std::vector<std::int64_t>> transformed_axes(InferContext& c,
                                                          int rank) {
  const Shape& input = c.input(0);
  if (!input.has_rank()) return std::nullopt;
  std::vector<std::int64_t> axes;
  if (rank > 0) {
    for (int i = 0; i < rank; ++i) axes.push_back(input.rank() - rank + i);
    return axes;
  }
  auto named = c.value_as_ints(2);
  if (!named) return std::nullopt;
  for (std::int64_t axis : *named) {
    if (axis < -input.rank() || axis >= input.rank())
      throw InvalidArgumentError("axes must be in range [",
                                 -input.rank(),
                                 ", ",
                                 input.rank(),
                                 "), got ",
                                 axis);
    axes.push_back(axis < 0 ? axis + input.rank() : axis);
    if (std::count(axes.begin(), axes.end(), axes.back()) > 1)
      throw InvalidArgumentError("axes must be unique, got ", axis, " twice");
  }
  if (axes.empty()) throw InvalidArgumentError("axes must not be empty");
  return axes;
}

enum class Kind { kComplex, kReal, kInverseReal };

/// Lengths are as input 1 gives them, the last of half a transform n/2 + 1.
void infer_transform(InferContext& c, Kind kind) {
  const int rank = rank_of(c.op());
  Shape shape = c.input(0);
  check_rank(shape, std::max(rank, 1));
  if (c.num_inputs() == 1) return c.set_output(0, shape);
  const Shape& lengths_shape = c.with_rank(1, 1);
  const auto axes = transformed_axes(c, rank);
  if (!axes)
    return c.set_output(0,
                        shape.has_rank() ? Shape::unknown_dims(shape.rank())
                                         : Shape::unknown());
  const auto count = static_cast<std::int64_t>(axes->size());
  if (lengths_shape.has_rank() && lengths_shape[0] >= 0 &&
      lengths_shape[0] != count)
    throw InvalidArgumentError("fft_length must have shape [",
                               count,
                               "] but got: ",
                               lengths_shape.debug_string());
  const auto lengths = c.value_as_ints(1);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto axis = static_cast<int>((*axes)[i]);
    const std::int64_t given = shape[axis];
    shape.set_dim(axis, -1);
    if (!lengths) continue;
    const std::int64_t n = (*lengths)[i];
    if (n < 0)
      throw InvalidArgumentError("fft_length[", i, "] must >= 0, but got: ", n);
    const bool is_last = i + 1 == axes->size();
    const std::int64_t half = is_last ? n / 2 + 1 : n;
    const std::int64_t needed = kind == Kind::kInverseReal ? half : n;
    if (is_last && n == 0)
      throw InvalidArgumentError(
          "fft_length[", i, "] must be positive, but got: ", n);
    const bool is_empty =
        c.input(0).is_fully_known() && c.input(0).num_elements() == 0;
    if (given >= 0 && given < needed && !is_empty)
      throw InvalidArgumentError("Input dimension ",
                                 axis,
                                 " must have length of at least ",
                                 needed,
                                 " but got: ",
                                 given);
    shape.set_dim(axis, kind == Kind::kReal ? half : n);
  }
  c.set_output(0, shape);
}

/// Elements of one transform of `x`, in x's dtype.
Tensor transform_size(const Tensor& x, int rank, DType dtype) {
  Tensor dims = raw<"Shape">(x);
  Tensor last = raw<"StridedSlice">(
      Tensors{dims, Tensor{-rank}, Tensor{0}, Tensor{1}}, {{"end_mask", 1}});
  return cast(reduce_prod(last), dtype);
}

DType complex_of(DType real) {
  return real == float64 ? DType(complex128) : DType(complex64);
}
DType real_of(DType complex) {
  return complex == complex128 ? DType(float64) : DType(float32);
}

/// `name` of these dimensions.
Tensor complex_transform(const char* name, int rank, const Tensor& x) {
  const char* suffix[] = {"", "", "2D", "3D"};
  const OpDef& op = OpRegistry::global().get(std::string(name) + suffix[rank]);
  return apply(op, Tensors{x}, {AttrValue(x.dtype())})[0];
}
Tensor real_transform(const char* name,
                      int rank,
                      const Tensor& x,
                      const Tensor& lengths) {
  const char* suffix[] = {"", "", "2D", "3D"};
  const OpDef& op = OpRegistry::global().get(std::string(name) + suffix[rank]);
  const bool is_complex = x.dtype().is_complex();
  Attrs attrs = detail::attrs_by_name(
      op,
      {{"Treal", is_complex ? real_of(x.dtype()) : x.dtype()},
       {"Tcomplex", is_complex ? x.dtype() : complex_of(x.dtype())}});
  return apply(op, Tensors{x, lengths}, attrs)[0];
}

/// Zeros behind `x` up to that shape.
Tensor filled_up(const Tensor& x, const Tensor& shape) {
  Tensor after = shape - raw<"Shape">(x);
  return raw<"Pad">(x, stack({zeros_like(after), after}, {.axis = 1}));
}

void fft_gradient(GradContext& g) {
  const int rank = rank_of(g.op());
  Tensor dy = g.dy();
  g.set(0,
        complex_transform("IFFT", rank, dy) *
            transform_size(dy, rank, dy.dtype()));
}

void ifft_gradient(GradContext& g) {
  const int rank = rank_of(g.op());
  Tensor dy = g.dy();
  g.set(0,
        complex_transform("FFT", rank, dy) /
            transform_size(dy, rank, dy.dtype()));
}

/// The adjoint of the transform: dy without what is implied by symmetry, that
/// is zeros in its second half.
void rfft_gradient(GradContext& g) {
  const int rank = rank_of(g.op());
  Tensor dy = g.dy();
  Tensor lengths = g.input(1);
  Tensor leading = raw<"StridedSlice">(
      Tensors{raw<"Shape">(dy), Tensor{0}, Tensor{-rank}, Tensor{1}},
      {{"begin_mask", 1}});
  Tensor full = filled_up(dy, concat({leading, lengths}, 0));
  Tensor dx = math::real(complex_transform("IFFT", rank, full)) *
              cast(reduce_prod(lengths), real_of(dy.dtype()));
  g.set(0, filled_up(dx, raw<"Shape">(g.input(0))));
}

/// The transform of dy, its inner terms twice: they stand for their conjugates
/// too.
void irfft_gradient(GradContext& g) {
  const int rank = rank_of(g.op());
  Tensor dy = g.dy();
  Tensor lengths = g.input(1);
  Tensor n = lengths[rank - 1];
  Tensor k = range(floor_div(n, 2) + 1);
  Tensor alone = logical_or(k == 0, 2 * k == n);
  Tensor weights = cast(where(alone, 1.0, 2.0), dy.dtype()) /
                   cast(reduce_prod(lengths), dy.dtype());
  Tensor terms = real_transform("RFFT", rank, dy, lengths);
  Tensor dx = terms * cast(weights, terms.dtype());
  g.set(0, filled_up(dx, raw<"Shape">(g.input(0))));
}

void add_complex(OpRegistry& registry,
                 const std::string& name,
                 GradFunction gradient) {
  OpBuilder op = registry.add(name);
  op.input("input: Tcomplex").output("output: Tcomplex");
  op.attr("Tcomplex: {complex64, complex128} = DT_COMPLEX64");
  op.infer([](InferContext& c) { infer_transform(c, Kind::kComplex); });
  op.grad(std::move(gradient)).grad_reads({});
}

void add_real(OpRegistry& registry,
              const std::string& name,
              Kind kind,
              GradFunction gradient) {
  const bool inverse = kind == Kind::kInverseReal;
  OpBuilder op = registry.add(name);
  op.input(inverse ? "input: Tcomplex" : "input: Treal");
  op.input("fft_length: int32");
  op.output(inverse ? "output: Treal" : "output: Tcomplex");
  op.attr("Treal: {float, double} = DT_FLOAT");
  op.attr("Tcomplex: {complex64, complex128} = DT_COMPLEX64");
  op.host("fft_length");
  op.infer([kind](InferContext& c) { infer_transform(c, kind); });
  op.grad(std::move(gradient)).grad_reads({"fft_length"});
}

/// Over the axes that an input names.
void add_nd(OpRegistry& registry, const char* name, Kind kind) {
  OpBuilder op = registry.add(name);
  op.input(kind == Kind::kReal ? "input: Treal" : "input: Tcomplex");
  op.input("fft_length: int32").input("axes: int32");
  op.output(kind == Kind::kInverseReal ? "output: Treal" : "output: Tcomplex");
  if (kind != Kind::kComplex) op.attr("Treal: {float, double} = DT_FLOAT");
  op.attr("Tcomplex: {complex64, complex128} = DT_COMPLEX64");
  op.host({"fft_length", "axes"});
  op.infer([kind](InferContext& c) { infer_transform(c, kind); });
}

}  // namespace

void register_fft_ops(OpRegistry& registry) {
  for (const char* dims : {"", "2D", "3D"}) {
    const std::string suffix = dims;
    add_complex(registry, "FFT" + suffix, fft_gradient);
    add_complex(registry, "IFFT" + suffix, ifft_gradient);
    add_real(registry, "RFFT" + suffix, Kind::kReal, rfft_gradient);
    add_real(registry, "IRFFT" + suffix, Kind::kInverseReal, irfft_gradient);
    for (const char* old : {"BatchFFT", "BatchIFFT"})
      registry.add(old + suffix)
          .input("input: complex64")
          .output("output: complex64")
          .infer([](InferContext& c) { infer_transform(c, Kind::kComplex); });
  }
  add_nd(registry, "FFTND", Kind::kComplex);
  add_nd(registry, "IFFTND", Kind::kComplex);
  add_nd(registry, "RFFTND", Kind::kReal);
  add_nd(registry, "IRFFTND", Kind::kInverseReal);
}

namespace signal {
namespace {

/// The lengths asked for, or those of the input: of half a transform (`half`)
/// twice what it has less 2.
Tensor lengths_of(const Tensor& x,
                  int rank,
                  const RfftOptions& options,
                  bool half) {
  if (options.fft_length.is_given()) {
    if (static_cast<int>(options.fft_length.values().size()) != rank)
      throw InvalidArgumentError("fft_length must have ",
                                 rank,
                                 " entries, got ",
                                 options.fft_length.values().size());
    return index_vector(options.fft_length.values());
  }
  Tensor dims = raw<"StridedSlice">(
      Tensors{shape(x), Tensor{-rank}, Tensor{0}, Tensor{1}},
      {{"end_mask", 1}});
  if (!half) return dims;
  std::vector<std::int32_t> factors(static_cast<std::size_t>(rank), 1), less;
  less.assign(static_cast<std::size_t>(rank), 0);
  factors.back() = 2;
  less.back() = 2;
  return maximum(0, dims * Tensor(factors) - Tensor(less));
}

/// The input with zeros behind it where it is shorter than asked for.
Tensor long_enough(const Tensor& x,
                   int rank,
                   const RfftOptions& options,
                   bool half) {
  if (!options.fft_length.is_given()) return x;
  std::vector<std::int64_t> needed = options.fft_length.values();
  if (half && !needed.empty()) needed.back() = needed.back() / 2 + 1;
  Tensor dims = shape(x);
  Tensor leading = raw<"StridedSlice">(
      Tensors{dims, Tensor{0}, Tensor{-rank}, Tensor{1}}, {{"begin_mask", 1}});
  Tensor wanted = maximum(dims, concat({leading, index_vector(needed)}, 0));
  return filled_up(x, wanted);
}

Tensor real_forward(int rank, const Tensor& x, const RfftOptions& options) {
  return real_transform("RFFT",
                        rank,
                        long_enough(x, rank, options, false),
                        lengths_of(x, rank, options, false));
}

Tensor real_inverse(int rank, const Tensor& x, const RfftOptions& options) {
  return real_transform("IRFFT",
                        rank,
                        long_enough(x, rank, options, true),
                        lengths_of(x, rank, options, true));
}

Tensor shifted(const Tensor& x, const ShiftOptions& options, bool forward) {
  const int rank = x.shape().rank();
  std::vector<std::int64_t> axes = options.axes.values(), shifts;
  if (!options.axes.is_given())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  for (std::int64_t axis : axes) {
    const std::int64_t size = x.shape()[static_cast<int>(axis)];
    shifts.push_back(forward ? size / 2 : -(size / 2));
  }
  return roll(x, shifts, axes);
}

}  // namespace

Tensor fft(const Tensor& input) { return complex_transform("FFT", 1, input); }
Tensor fft2d(const Tensor& input) { return complex_transform("FFT", 2, input); }
Tensor fft3d(const Tensor& input) { return complex_transform("FFT", 3, input); }
Tensor ifft(const Tensor& input) { return complex_transform("IFFT", 1, input); }
Tensor ifft2d(const Tensor& input) {
  return complex_transform("IFFT", 2, input);
}
Tensor ifft3d(const Tensor& input) {
  return complex_transform("IFFT", 3, input);
}

Tensor rfft(const Tensor& input_tensor, const RfftOptions& options) {
  return real_forward(1, input_tensor, options);
}
Tensor rfft2d(const Tensor& input_tensor, const RfftOptions& options) {
  return real_forward(2, input_tensor, options);
}
Tensor rfft3d(const Tensor& input_tensor, const RfftOptions& options) {
  return real_forward(3, input_tensor, options);
}
Tensor irfft(const Tensor& input_tensor, const RfftOptions& options) {
  return real_inverse(1, input_tensor, options);
}
Tensor irfft2d(const Tensor& input_tensor, const RfftOptions& options) {
  return real_inverse(2, input_tensor, options);
}
Tensor irfft3d(const Tensor& input_tensor, const RfftOptions& options) {
  return real_inverse(3, input_tensor, options);
}

Tensor fftshift(const Tensor& x, const ShiftOptions& options) {
  return shifted(x, options, true);
}
Tensor ifftshift(const Tensor& x, const ShiftOptions& options) {
  return shifted(x, options, false);
}

}  // namespace signal
}  // namespace tern
