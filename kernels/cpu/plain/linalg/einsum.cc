// Einsum: operands laid out as batches of matrices, one batched product, and
// the result laid out as asked for.

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "ops/linalg/einsum_equation.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

using Labels = std::vector<int>;

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

/// A tensor whose dimensions have labels, each of them once: a repeated one is
/// walked along its diagonal.
struct Operand {
  struct Axis {
    int label;
    std::int64_t size, stride;
  };
  Tensor tensor;
  std::vector<Axis> axes;

  Operand() = default;
  Operand(const Tensor& x, const Labels& labels) : tensor(x) {
    const auto strides = row_major_strides(x.shape());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      auto same = std::find_if(axes.begin(), axes.end(), [&](const Axis& axis) {
        return axis.label == labels[i];
      });
      if (same != axes.end())
        same->stride += strides[i];
      else
        axes.push_back({labels[i], x.shape()[static_cast<int>(i)], strides[i]});
    }
  }

  bool has(int label) const { return find(label) != nullptr; }
  const Axis* find(int label) const {
    for (const Axis& axis : axes)
      if (axis.label == label) return &axis;
    return nullptr;
  }
  std::int64_t size_of(const Labels& labels) const {
    std::int64_t size = 1;
    for (int label : labels) size *= find(label)->size;
    return size;
  }
  /// Whether the elements lie in this order of labels.
  bool is_laid_out(const Labels& order) const {
    std::int64_t stride = 1;
    for (std::size_t i = order.size(); i-- > 0;) {
      const Axis* axis = find(order[i]);
      if (axis->size != 1 && axis->stride != stride) return false;
      stride *= axis->size;
    }
    return true;
  }
  /// The elements in this order of all labels, copied unless they lie so.
  Tensor laid_out(const Labels& order, const Shape& shape) const {
    if (is_laid_out(order) && tensor.num_elements() == shape.num_elements())
      return tensor.with_shape(shape);
    Tensor result = Tensor::allocate(tensor.dtype(), shape);
    std::vector<StridedAxis> copied;
    std::int64_t stride = 1;
    for (std::size_t i = order.size(); i-- > 0;) {
      const Axis* axis = find(order[i]);
      copied.insert(copied.begin(), {axis->size, axis->stride, stride});
      stride *= axis->size;
    }
    if (shape.num_elements() > 0)
      strided_copy(tensor.dtype(),
                   tensor.raw_data(),
                   result.mutable_data(),
                   std::move(copied));
    return result;
  }
};

/// Rows of `length` elements summed, in double or at least float.
void sum_rows(const Tensor& x, Tensor& y, std::int64_t length) {
  auto sum = [&]<class T>(TypeTag<T>) {
    using Wide = std::conditional_t<
        std::is_integral_v<T>,
        std::make_unsigned<std::conditional_t<std::is_integral_v<T>, T, int>>,
        std::type_identity<
            std::conditional_t<std::is_same_v<T, std::complex<float>> ||
                                   std::is_same_v<T, std::complex<double>>,
                               std::complex<double>,
                               double>>>;
    using Sum = typename Wide::type;
    const T* from = static_cast<const T*>(x.raw_data());
    T* to = static_cast<T*>(y.mutable_data());
    parallel_for(
        y.num_elements(),
        std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, length)),
        [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            Sum total{};
            for (std::int64_t j = 0; j < length; ++j)
              total += static_cast<Sum>(from[i * length + j]);
            to[i] = static_cast<T>(total);
          }
        });
  };
  for_each_type<Half,
                BFloat16,
                float,
                double,
                std::int32_t,
                std::int64_t,
                std::complex<float>,
                std::complex<double>>([&]<class T>(TypeTag<T> tag) {
    if (x.dtype() == dtype_of<T>) sum(tag);
  });
}

/// The operand summed over labels that nobody else has.
Operand sum_out(Operand operand, const Labels& needed) {
  Labels kept, order, summed;
  for (const Operand::Axis& axis : operand.axes)
    (contains(needed, axis.label) ? kept : summed).push_back(axis.label);
  if (summed.empty()) return operand;
  order = kept;
  order.insert(order.end(), summed.begin(), summed.end());
  const std::int64_t length = operand.size_of(summed);
  Shape rows;
  for (int label : kept) rows.append(operand.find(label)->size);
  Shape shape = rows;
  shape.append(length);
  Tensor sums = Tensor::allocate(operand.tensor.dtype(), rows);
  sum_rows(operand.laid_out(order, shape), sums, length);
  return Operand(sums, kept);
}

/// Runs another op's kernel of this dtype on the CPU.
void run_kernel(const char* op_name,
                DType dtype,
                const Tensors& inputs,
                const Attrs& attrs,
                Tensor& output) {
  const OpDef& op = OpRegistry::global().get(op_name);
  const Shape shape = output.shape();
  KernelContext context(
      op, attrs, inputs, std::span(&output, 1), std::span(&shape, 1), nullptr);
  for (const Kernel& kernel : op.kernels->kernels) {
    const bool fits = kernel.device == "CPU" && !kernel.types.empty() &&
                      (kernel.types[0].code == 0 || kernel.types[0] == dtype);
    if (!fits || (kernel.supports && !kernel.supports(context))) continue;
    return kernel.function(context);
  }
  throw UnimplementedError(
      "Einsum: no kernel of ", op_name, " for ", dtype.name());
}

/// The product of two operands, with the labels [batch, rows, columns].
Operand multiply(const Operand& a, const Operand& b, const Labels& result) {
  Labels batch, rows, columns, contracted;
  for (const Operand::Axis& axis : a.axes) {
    const bool is_shared = b.has(axis.label);
    if (!is_shared)
      rows.push_back(axis.label);
    else
      (contains(result, axis.label) ? batch : contracted).push_back(axis.label);
  }
  for (const Operand::Axis& axis : b.axes)
    if (!a.has(axis.label)) columns.push_back(axis.label);

  auto joined = [](Labels x, const Labels& y, const Labels& z) {
    x.insert(x.end(), y.begin(), y.end());
    x.insert(x.end(), z.begin(), z.end());
    return x;
  };
  const DType dtype = a.tensor.dtype();
  const std::int64_t count = a.size_of(batch), m = a.size_of(rows);
  const std::int64_t k = a.size_of(contracted), n = b.size_of(columns);
  Shape shape;
  for (int label : batch) shape.append(a.find(label)->size);
  for (int label : rows) shape.append(a.find(label)->size);
  for (int label : columns) shape.append(b.find(label)->size);
  const bool is_elementwise = m == 1 && n == 1 && k == 1;
  Tensor product = Tensor::allocate(
      dtype, is_elementwise ? Shape{count} : Shape{count, m, n});
  if (is_elementwise) {
    run_kernel("Mul",
               dtype,
               {a.laid_out(joined(batch, rows, contracted), {count}),
                b.laid_out(joined(batch, contracted, columns), {count})},
               {AttrValue(dtype)},
               product);
  } else if (product.num_elements() > 0) {
    // A flipped matrix is read in place; of complex numbers it would be
    // conjugated, too.
    const bool may_flip = !dtype.is_complex();
    const bool flip_a = may_flip &&
                        !a.is_laid_out(joined(batch, rows, contracted)) &&
                        a.is_laid_out(joined(batch, contracted, rows));
    const bool flip_b = may_flip &&
                        !b.is_laid_out(joined(batch, contracted, columns)) &&
                        b.is_laid_out(joined(batch, columns, contracted));
    Tensor left =
        flip_a ? a.laid_out(joined(batch, contracted, rows), {count, k, m})
               : a.laid_out(joined(batch, rows, contracted), {count, m, k});
    Tensor right =
        flip_b ? b.laid_out(joined(batch, columns, contracted), {count, n, k})
               : b.laid_out(joined(batch, contracted, columns), {count, k, n});
    const OpDef& op = OpRegistry::global().get("BatchMatMulV2");
    Attrs attrs(op.attrs.size());
    for (std::size_t i = 0; i < attrs.size(); ++i)
      attrs[i] = op.attrs[i].default_value;
    auto set = [&](const char* name, AttrValue value) {
      attrs[static_cast<std::size_t>(op.attr_index(name))] = std::move(value);
    };
    set("T", dtype);
    set("adj_x", flip_a);
    set("adj_y", flip_b);
    run_kernel("BatchMatMulV2", dtype, {left, right}, attrs, product);
  }
  return Operand(product.with_shape(shape), joined(batch, rows, columns));
}

/// Writes an operand that has all labels of the result; those the result
/// repeats go to its diagonals, between zeros.
void store(const Operand& x, const Labels& labels, Tensor& output) {
  const Operand target(output, labels);
  if (target.axes.size() < labels.size())
    std::memset(output.mutable_data(), 0, output.num_bytes());
  std::vector<StridedAxis> axes;
  for (const Operand::Axis& axis : target.axes) {
    const Operand::Axis* source = x.find(axis.label);
    // A label of "..." that was dropped, for its size is 1 there.
    axes.push_back({axis.size, source ? source->stride : 0, axis.stride});
  }
  strided_copy(output.dtype(),
               x.tensor.raw_data(),
               output.mutable_data(),
               std::move(axes));
}

void einsum(KernelContext& c) {
  Tensor& output = c.output();
  const EinsumEquation equation =
      EinsumEquation::parse(c.attr<std::string>("equation"));
  const Labels result = equation.result.labels(output.shape().rank());
  std::vector<Operand> operands;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Tensor& x = c.input(i);
    operands.emplace_back(x,
                          equation.operands[static_cast<std::size_t>(i)].labels(
                              x.shape().rank()));
  }
  if (output.num_elements() == 0) return;
  if (operands.size() == 2) {
    // What has size 1 where the other has more need not be there.
    for (std::size_t i = 0; i < 2; ++i)
      std::erase_if(operands[i].axes, [&](const Operand::Axis& axis) {
        return axis.label >= 256 && axis.size == 1;
      });
    Labels needed[2] = {result, result};
    for (std::size_t i = 0; i < 2; ++i)
      for (const Operand::Axis& axis : operands[1 - i].axes)
        needed[i].push_back(axis.label);
    operands[0] = multiply(sum_out(operands[0], needed[0]),
                           sum_out(operands[1], needed[1]),
                           result);
  } else {
    operands[0] = sum_out(operands[0], result);
  }
  store(operands[0], result, output);
}

}  // namespace

void register_einsum_kernels(KernelRegistry& registry) {
  for (DType dtype : {float16,
                      bfloat16,
                      float32,
                      float64,
                      int32,
                      int64,
                      complex64,
                      complex128})
    registry.add("Einsum", {{"T", dtype}}, einsum);
}

}  // namespace tern
