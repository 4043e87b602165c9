// layout.cc: kernels that move boxes of elements: transpose, concat, split,
// slice, pad, tile, broadcast, reverse.

#include "kernels/cpu/plain/array/layout.h"

#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/math/row_arithmetic.h"
#include "ops/array/strided_slice_spec.h"
#include "ops/kernel.h"

namespace tern {
namespace {

std::int64_t product(std::span<const std::int64_t> dims) {
  std::int64_t result = 1;
  for (std::int64_t dim : dims) result *= dim;
  return result;
}

/// The axes of `shape` where both sides use the given strides.
std::vector<StridedAxis> axes_of(const Shape& shape,
                                 const std::vector<std::int64_t>& from,
                                 const std::vector<std::int64_t>& to) {
  std::vector<StridedAxis> axes;
  for (std::size_t i = 0; i < from.size(); ++i)
    axes.push_back({shape[static_cast<int>(i)], from[i], to[i]});
  return axes;
}

void copy_all(KernelContext& c, std::vector<StridedAxis> axes) {
  strided_copy(c.input(0).dtype(),
               c.input(0).raw_data(),
               c.output().mutable_data(),
               std::move(axes));
}

void transpose(KernelContext& c) {
  const std::vector<std::int64_t> perm = c.host_ints(1);
  const std::vector<std::int64_t> from = row_major_strides(c.input(0).shape());
  const std::vector<std::int64_t> to = row_major_strides(c.output().shape());
  std::vector<StridedAxis> axes;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const auto axis = static_cast<std::size_t>(perm[i]);
    axes.push_back({c.output().shape()[static_cast<int>(i)],
                    from[perm[i] < 0 ? axis + perm.size() : axis],
                    to[i]});
  }
  copy_all(c, std::move(axes));
}

template <class T>
void conjugate_transpose(KernelContext& c) {
  transpose(c);
  for (T& z : c.out<T>()) z = std::conj(z);
}

/// A tensor seen as [before, axis, after].
struct Sandwich {
  std::int64_t before, size, after;
};

Sandwich around(const Shape& shape, std::int64_t axis) {
  const auto at =
      static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis);
  const auto dims = shape.dims();
  return {
      product(dims.subspan(0, at)), dims[at], product(dims.subspan(at + 1))};
}

/// Puts inputs [first, first + count) side by side. `row` is what one step of
/// `before` covers in the output.
void join(KernelContext& c,
          int first,
          int count,
          std::int64_t before,
          std::int64_t row) {
  const DType dtype = c.output().dtype();
  std::int64_t offset = 0;
  if (before == 0) return;
  for (int i = first; i < first + count; ++i) {
    const Tensor& part = c.input(i);
    const std::int64_t width = part.num_elements() / before;
    strided_copy(dtype,
                 part.raw_data(),
                 at(dtype, c.output().mutable_data(), offset),
                 {{before, width, row}, {width, 1, 1}});
    offset += width;
  }
}

/// Hands out what `join` puts together.
void cut(KernelContext& c,
         const Tensor& whole,
         std::int64_t before,
         std::int64_t row) {
  const DType dtype = whole.dtype();
  std::int64_t offset = 0;
  if (before == 0) return;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const std::int64_t width = c.output(i).num_elements() / before;
    strided_copy(dtype,
                 at(dtype, whole.raw_data(), offset),
                 c.output(i).mutable_data(),
                 {{before, row, width}, {width, 1, 1}});
    offset += width;
  }
}

void concat(KernelContext& c, int first, int count, int axis_input) {
  const Sandwich out = around(c.output().shape(), c.host_int(axis_input));
  join(c, first, count, out.before, out.size * out.after);
}

void concat_v1(KernelContext& c) { concat(c, 1, c.num_inputs() - 1, 0); }

void concat_v2(KernelContext& c) {
  const int count = c.num_inputs() - 1;
  concat(c, 0, count, count);
}

void pack(KernelContext& c) {
  const Sandwich out = around(c.output().shape(), c.attr<std::int64_t>("axis"));
  join(c, 0, c.num_inputs(), out.before, out.size * out.after);
}

void parallel_concat(KernelContext& c) {
  join(c, 0, c.num_inputs(), 1, c.output().num_elements());
}

void unpack(KernelContext& c) {
  const Sandwich in = around(c.input(0).shape(), c.attr<std::int64_t>("axis"));
  cut(c, c.input(0), in.before, in.size * in.after);
}

void split(KernelContext& c) {
  const Sandwich in = around(c.input(1).shape(), c.host_int(0));
  cut(c, c.input(1), in.before, in.size * in.after);
}

void split_v(KernelContext& c) {
  const Sandwich in = around(c.input(0).shape(), c.host_int(2));
  cut(c, c.input(0), in.before, in.size * in.after);
}

void slice(KernelContext& c) {
  const std::vector<std::int64_t> begin = c.host_ints(1);
  const std::vector<std::int64_t> from = row_major_strides(c.input(0).shape());
  const Shape& out = c.output().shape();
  if (out.num_elements() == 0) return;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < begin.size(); ++i) offset += begin[i] * from[i];
  const DType dtype = c.output().dtype();
  strided_copy(dtype,
               at(dtype, c.input(0).raw_data(), offset),
               c.output().mutable_data(),
               axes_of(out, from, row_major_strides(out)));
}

/// The slice that inputs [bounds, bounds + 3) and the masks cut from `whole`.
StridedSlicePlan planned(const KernelContext& c,
                         const Shape& whole,
                         int bounds) {
  return plan_strided_slice(
      whole,
      {.begin = c.host_ints(bounds),
       .end = c.host_ints(bounds + 1),
       .strides = c.host_ints(bounds + 2)},
      {.begin = c.attr<std::int64_t>("begin_mask"),
       .end = c.attr<std::int64_t>("end_mask"),
       .ellipsis = c.attr<std::int64_t>("ellipsis_mask"),
       .new_axis = c.attr<std::int64_t>("new_axis_mask"),
       .shrink_axis = c.attr<std::int64_t>("shrink_axis_mask")});
}

/// How a slice lies in the whole: first element, and strides an input
/// dimension.
struct SliceLayout {
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides;
};

SliceLayout layout_of(const StridedSlicePlan& plan, const Shape& whole) {
  SliceLayout layout{.offset = 0, .strides = row_major_strides(whole)};
  for (std::size_t i = 0; i < plan.begin.size(); ++i) {
    layout.offset += plan.begin[i] * layout.strides[i];
    layout.strides[i] *= plan.strides[i];
  }
  return layout;
}

void strided_slice(KernelContext& c) {
  if (c.output().num_elements() == 0) return;
  const StridedSlicePlan plan = planned(c, c.input(0).shape(), 1);
  const SliceLayout layout = layout_of(plan, c.input(0).shape());
  const DType dtype = c.output().dtype();
  strided_copy(
      dtype,
      at(dtype, c.input(0).raw_data(), layout.offset),
      c.output().mutable_data(),
      axes_of(plan.taken, layout.strides, row_major_strides(plan.taken)));
}

/// Sets every element of the output to zero (objects are made empty).
void clear_output(KernelContext& c) {
  Tensor& out = c.output();
  if (out.dtype().is_object() || out.num_elements() == 0) return;
  const std::complex<double> zero = 0;
  fill_elements(out.dtype(), out.mutable_data(), &zero, out.num_elements());
}

void strided_slice_grad(KernelContext& c) {
  const Shape& whole = c.output().shape();
  const StridedSlicePlan plan = planned(c, whole, 1);
  clear_output(c);
  if (plan.taken.num_elements() == 0) return;
  const SliceLayout layout = layout_of(plan, whole);
  const DType dtype = c.output().dtype();
  strided_copy(
      dtype,
      c.input(4).raw_data(),
      at(dtype, c.output().mutable_data(), layout.offset),
      axes_of(plan.taken, row_major_strides(plan.taken), layout.strides));
}

void copy_input_to_output(KernelContext& c) {
  copy_all(c, {{c.input(0).num_elements(), 1, 1}});
}

void strided_slice_update(KernelContext& c) {
  const Shape& whole = c.output().shape();
  copy_input_to_output(c);
  assign_strided_slice(
      planned(c, whole, 1), c.input(4), whole, c.output().mutable_data());
}

void broadcast_to(KernelContext& c) {
  const Shape& in = c.input(0).shape();
  const Shape& out = c.output().shape();
  const auto strides = row_major_strides(in);
  std::vector<std::int64_t> from(static_cast<std::size_t>(out.rank()), 0);
  const int missing = out.rank() - in.rank();
  for (int i = 0; i < in.rank(); ++i)
    if (in[i] != 1)
      from[static_cast<std::size_t>(i + missing)] =
          strides[static_cast<std::size_t>(i)];
  copy_all(c, axes_of(out, from, row_major_strides(out)));
}

void tile(KernelContext& c) {
  const std::vector<std::int64_t> multiples = c.host_ints(1);
  const Shape& in = c.input(0).shape();
  const auto from = row_major_strides(in);
  const auto to = row_major_strides(c.output().shape());
  std::vector<StridedAxis> axes;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t size = in[static_cast<int>(i)];
    axes.push_back({multiples[i], 0, to[i] * size});
    axes.push_back({size, from[i], to[i]});
  }
  copy_all(c, std::move(axes));
}

/// Copies the input into the output, paddings[i][0] in along dimension i.
void copy_inside(KernelContext& c, const std::vector<std::int64_t>& paddings) {
  const Shape& in = c.input(0).shape();
  if (in.num_elements() == 0) return;
  const auto to = row_major_strides(c.output().shape());
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < to.size(); ++i) offset += paddings[2 * i] * to[i];
  const DType dtype = c.output().dtype();
  strided_copy(dtype,
               c.input(0).raw_data(),
               at(dtype, c.output().mutable_data(), offset),
               axes_of(in, row_major_strides(in), to));
}

void pad(KernelContext& c) {
  clear_output(c);
  copy_inside(c, c.host_ints(1));
}

void pad_with_value(KernelContext& c) {
  fill_elements(c.output().dtype(),
                c.output().mutable_data(),
                c.input(2).raw_data(),
                c.output().num_elements());
  copy_inside(c, c.host_ints(1));
}

/// Grows the filled part of the output dimension by dimension: the borders of
/// one are the mirror image of what lies inside along it.
void mirror_pad(KernelContext& c) {
  if (c.output().num_elements() == 0) return;
  const std::vector<std::int64_t> paddings = c.host_ints(1);
  const Shape& in = c.input(0).shape();
  const Shape& out = c.output().shape();
  const DType dtype = c.output().dtype();
  // Mirrored with the edge (SYMMETRIC) or without.
  const std::int64_t skip = c.attr<std::string>("mode") == "SYMMETRIC" ? 0 : 1;
  copy_inside(c, paddings);
  const auto strides = row_major_strides(out);
  Shape filled = in;
  std::vector<std::int64_t> begin(strides.size());
  for (std::size_t i = 0; i < begin.size(); ++i) begin[i] = paddings[2 * i];
  void* data = c.output().mutable_data();
  auto mirror = [&](std::size_t d,
                    std::int64_t from,
                    std::int64_t to,
                    std::int64_t count) {
    std::vector<StridedAxis> axes;
    std::int64_t base = 0;
    for (std::size_t i = 0; i < strides.size(); ++i) {
      if (i == d) {
        axes.push_back({count, -strides[i], strides[i]});
      } else {
        axes.push_back({filled[static_cast<int>(i)], strides[i], strides[i]});
        base += begin[i] * strides[i];
      }
    }
    strided_copy(dtype,
                 at(dtype, data, base + from * strides[d]),
                 at(dtype, data, base + to * strides[d]),
                 std::move(axes));
  };
  for (std::size_t d = strides.size(); d-- > 0;) {
    const int dim = static_cast<int>(d);
    const std::int64_t before = paddings[2 * d];
    const std::int64_t after = paddings[2 * d + 1];
    const std::int64_t end = before + in[dim];
    mirror(d, before + before - 1 + skip, 0, before);
    mirror(d, end - 1 - skip, end, after);
    filled.set_dim(dim, out[dim]);
    begin[d] = 0;
  }
}

/// Folds the borders of one dimension back onto what they mirror.
Tensor fold_borders(const Tensor& padded,
                    int dim,
                    std::int64_t before,
                    std::int64_t after,
                    std::int64_t skip) {
  const Sandwich in = around(padded.shape(), dim);
  Shape shape = padded.shape();
  shape.set_dim(dim, in.size - before - after);
  Tensor folded = Tensor::allocate(padded.dtype(), shape);
  const std::int64_t size = shape[dim];
  const DType dtype = padded.dtype();
  const RowFunction add = row_function(RowOperation::kAdd, dtype);
  for (std::int64_t b = 0; b < in.before; ++b) {
    const std::int64_t base = b * in.size;
    auto row_of = [&](std::int64_t i) {
      return at(dtype, padded.raw_data(), (base + i) * in.after);
    };
    auto target = [&](std::int64_t i) {
      return at(dtype, folded.mutable_data(), (b * size + i) * in.after);
    };
    copy_elements(dtype, target(0), row_of(before), size * in.after);
    for (std::int64_t i = 0; i < before; ++i)
      add(target(before - 1 - i + skip), row_of(i), in.after);
    for (std::int64_t i = 0; i < after; ++i)
      add(target(size - 1 - i - skip), row_of(before + size + i), in.after);
  }
  return folded;
}

void mirror_pad_grad(KernelContext& c) {
  if (c.output().num_elements() == 0) return;
  const std::vector<std::int64_t> paddings = c.host_ints(1);
  const std::int64_t skip = c.attr<std::string>("mode") == "SYMMETRIC" ? 0 : 1;
  Tensor folded = c.input(0);
  for (int d = 0; d < folded.shape().rank(); ++d) {
    const auto i = static_cast<std::size_t>(2 * d);
    folded = fold_borders(folded, d, paddings[i], paddings[i + 1], skip);
  }
  copy_elements(folded.dtype(),
                c.output().mutable_data(),
                folded.raw_data(),
                folded.num_elements());
}

/// Copies with the named dimensions run backwards.
void reverse(KernelContext& c, const std::vector<bool>& backwards) {
  const Shape& shape = c.output().shape();
  if (shape.num_elements() == 0) return;
  const auto to = row_major_strides(shape);
  auto from = to;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!backwards[i]) continue;
    offset += (shape[static_cast<int>(i)] - 1) * to[i];
    from[i] = -to[i];
  }
  const DType dtype = c.output().dtype();
  strided_copy(dtype,
               at(dtype, c.input(0).raw_data(), offset),
               c.output().mutable_data(),
               axes_of(shape, from, to));
}

void reverse_v1(KernelContext& c) {
  const auto dims = c.in<bool>(1);
  reverse(c, {dims.begin(), dims.end()});
}

void reverse_v2(KernelContext& c) {
  const int rank = c.output().shape().rank();
  std::vector<bool> backwards(static_cast<std::size_t>(rank), false);
  for (std::int64_t axis : c.host_ints(1))
    backwards[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  reverse(c, backwards);
}

}  // namespace

void assign_strided_slice(const StridedSlicePlan& plan,
                          const Tensor& value,
                          const Shape& whole,
                          void* data) {
  if (plan.taken.num_elements() == 0) return;
  const SliceLayout layout = layout_of(plan, whole);
  // The value's dimensions, from the last, broadcast to those of the result.
  const Shape& shape = value.shape();
  const auto value_strides = row_major_strides(shape);
  std::vector<std::int64_t> from(layout.strides.size(), 0);
  const std::size_t shared =
      std::min(plan.result_dims.size(), value_strides.size());
  for (std::size_t i = 1; i <= shared; ++i) {
    const int dim = plan.result_dims[plan.result_dims.size() - i];
    if (dim >= 0 && shape[-static_cast<int>(i)] != 1)
      from[static_cast<std::size_t>(dim)] =
          value_strides[value_strides.size() - i];
  }
  strided_copy(value.dtype(),
               value.raw_data(),
               at(value.dtype(), data, layout.offset),
               axes_of(plan.taken, from, layout.strides));
}

void register_layout_kernels(KernelRegistry& registry) {
  registry.add("Transpose", {}, transpose);
  registry.add("ConjugateTranspose", {}, transpose);
  registry.add("ConjugateTranspose",
               {{"T", complex64}},
               conjugate_transpose<std::complex<float>>,
               {.priority = 1});
  registry.add("ConjugateTranspose",
               {{"T", complex128}},
               conjugate_transpose<std::complex<double>>,
               {.priority = 1});
  registry.add("Concat", {}, concat_v1);
  registry.add("ConcatV2", {}, concat_v2);
  registry.add("Pack", {}, pack);
  registry.add("ParallelConcat", {}, parallel_concat);
  registry.add("Unpack", {}, unpack);
  registry.add("Split", {}, split);
  registry.add("SplitV", {}, split_v);
  registry.add("Slice", {}, slice);
  registry.add("StridedSlice", {}, strided_slice);
  registry.add("StridedSliceGrad", {}, strided_slice_grad);
  registry.add("TensorStridedSliceUpdate", {}, strided_slice_update);
  registry.add("BroadcastTo", {}, broadcast_to);
  registry.add("Tile", {}, tile);
  registry.add("Pad", {}, pad);
  registry.add("PadV2", {}, pad_with_value);
  registry.add("MirrorPad", {}, mirror_pad);
  for_each_number_type([&]<class T>(TypeTag<T>) {
    registry.add("MirrorPadGrad", {{"T", dtype_of<T>}}, mirror_pad_grad);
  });
  registry.add("Reverse", {}, reverse_v1);
  registry.add("ReverseV2", {}, reverse_v2);
}

}  // namespace tern
