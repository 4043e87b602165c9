// Keras 3's Adam for gradients of single rows, in place.

#include <cmath>
#include <mutex>

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/array/index_reader.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Least number of elements worth a second thread.
constexpr std::int64_t kGrain = 1 << 14;

enum Input { kVar, kM, kV, kAlpha, kRate1, kRate2, kEpsilon, kGrad, kIndices };

template <class T>
void check_tables(const VariableCell* const (&cells)[3], const Tensor& grad) {
  for (const VariableCell* cell : cells) {
    check_initialized(*cell);
    const Shape& shape = cell->value.shape();
    if (!(cell->value.dtype() == dtype_of<T>))
      throw InvalidArgumentError("Trying to update variable ",
                                 cell->name,
                                 " of dtype ",
                                 cell->value.dtype().name(),
                                 " with a gradient of dtype ",
                                 dtype_of<T>.name());
    if (!(shape == cells[0]->value.shape()) || shape.rank() < 1 ||
        !(shape.slice(1) == grad.shape().slice(1)))
      throw InvalidArgumentError("variable ",
                                 cell->name,
                                 " of shape ",
                                 shape.debug_string(),
                                 " does not go with a gradient of shape ",
                                 grad.shape().debug_string());
  }
}

void check_indices(const Tensor& indices, std::int64_t rows) {
  IndexReader reader(indices);
  for (std::int64_t i = 0; i < indices.num_elements(); ++i)
    if (reader[i] < 0 || reader[i] >= rows)
      throw InvalidArgumentError(
          "indices[", i, "] = ", reader[i], " is not in [0, ", rows, ")");
}

template <class T>
void sparse_adam(KernelContext& context) {
  VariableCell &var = variable_cell(context, kVar),
               &first = variable_cell(context, kM),
               &second = variable_cell(context, kV);
  if (&var == &first || &var == &second || &first == &second)
    throw InvalidArgumentError(context.op().name,
                               ": the same variable is given as two slots");
  std::scoped_lock lock(var.mutex, first.mutex, second.mutex);
  const Tensor& grad = context.input(kGrad);
  const Tensor& indices = context.input(kIndices);
  check_tables<T>({&var, &first, &second}, grad);
  check_indices(indices, var.value.shape()[0]);

  auto scalar = [&](int input) { return context.in<T>(input)[0]; };
  T alpha = scalar(kAlpha), rate_1 = scalar(kRate1), rate_2 = scalar(kRate2),
    epsilon = scalar(kEpsilon);
  T* w = writable_value(var).data<T>();
  T* m = writable_value(first).data<T>();
  T* v = writable_value(second).data<T>();
  std::int64_t elements = var.value.num_elements();

  parallel_for(elements, kGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      m[i] -= m[i] * rate_1;
      v[i] -= v[i] * rate_2;
    }
  });
  // One after the other: a row may occur several times.
  const T* g = grad.data<T>();
  std::int64_t width = grad.shape().slice(1).num_elements();
  IndexReader rows(indices);
  for (std::int64_t k = 0; k < indices.num_elements(); ++k) {
    T* m_row = m + rows[k] * width;
    T* v_row = v + rows[k] * width;
    for (std::int64_t i = 0; i < width; ++i, ++g) {
      m_row[i] += *g * rate_1;
      v_row[i] += *g * *g * rate_2;
    }
  }
  parallel_for(elements, kGrain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      w[i] -= m[i] * alpha / (std::sqrt(v[i]) + epsilon);
  });
}

}  // namespace

void register_keras_training_kernels(KernelRegistry& registry) {
  registry.add(
      "_TernResourceSparseApplyAdam", {{"T", float32}}, sparse_adam<float>);
  registry.add(
      "_TernResourceSparseApplyAdam", {{"T", float64}}, sparse_adam<double>);
}

}  // namespace tern
