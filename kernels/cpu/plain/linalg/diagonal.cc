// diagonal.cc: diagonals put into matrices and taken out of them, and bands.

#include "kernels/common/diagonal_layout.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// The layout of one matrix of a batch of shape [..., rows, columns]. Input k,
/// where the op has one, holds one diagonal or the lowest and the highest.
DiagonalLayout layout_of(const KernelContext& c, const Shape& matrices) {
  DiagonalLayout layout;
  layout.rows = matrices[-2];
  layout.columns = matrices[-1];
  int k_index = -1;
  for (std::size_t i = 0; i < c.op().inputs.size(); ++i)
    if (c.op().inputs[i].name == "k") k_index = static_cast<int>(i);
  if (k_index >= 0) {
    const auto k = c.host_ints(k_index);
    layout.lower = k.front();
    layout.upper = k.back();
  }
  layout.max_length =
      std::min(layout.rows + std::min<std::int64_t>(layout.upper, 0),
               layout.columns - std::max<std::int64_t>(layout.lower, 0));
  if (c.op().find_attr("align") >= 0)
    layout.set_alignment(c.attr<std::string>("align"));
  return layout;
}

/// Runs `visit` for each matrix of a batch.
template <class Visit>
void for_each_matrix(std::int64_t batch, std::int64_t size, Visit visit) {
  const std::int64_t grain =
      std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, size));
  parallel_for(batch, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) visit(b);
  });
}

/// Elements as the type they are moved as.
template <class T>
const T* elements(const Tensor& tensor) {
  return static_cast<const T*>(tensor.raw_data());
}
template <class T>
T* elements(Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data());
}

std::int64_t batch_of(const Shape& shape, int inner_rank) {
  return shape.slice(0, shape.rank() - inner_rank).num_elements();
}

template <class T>
T padding(const KernelContext& c, int input) {
  return c.num_inputs() > input ? *elements<T>(c.input(input)) : T();
}

/// [..., diagonals] -> [..., rows, columns].
struct MatrixDiag {
  template <class T>
  static void run(KernelContext& c) {
    const DiagonalLayout layout = layout_of(c, c.output().shape());
    const T* diagonals = elements<T>(c.input(0));
    T* out = elements<T>(c.output());
    const T fill = padding<T>(c, 4);
    for_each_matrix(
        batch_of(c.output().shape(), 2),
        layout.matrix_size(),
        [&](std::int64_t b) {
          T* matrix = out + b * layout.matrix_size();
          std::fill_n(matrix, layout.matrix_size(), fill);
          layout.for_each([&](std::int64_t at, std::int64_t packed) {
            matrix[at] = diagonals[b * layout.packed_size() + packed];
          });
        });
  }
};

/// [..., rows, columns] -> [..., diagonals].
struct MatrixDiagPart {
  template <class T>
  static void run(KernelContext& c) {
    const DiagonalLayout layout = layout_of(c, c.input(0).shape());
    const T* in = elements<T>(c.input(0));
    T* out = elements<T>(c.output());
    const T fill = padding<T>(c, 2);
    for_each_matrix(
        batch_of(c.input(0).shape(), 2),
        layout.packed_size(),
        [&](std::int64_t b) {
          T* diagonals = out + b * layout.packed_size();
          std::fill_n(diagonals, layout.packed_size(), fill);
          layout.for_each([&](std::int64_t at, std::int64_t packed) {
            diagonals[packed] = in[b * layout.matrix_size() + at];
          });
        });
  }
};

struct MatrixSetDiag {
  template <class T>
  static void run(KernelContext& c) {
    const DiagonalLayout layout = layout_of(c, c.input(0).shape());
    const T* in = elements<T>(c.input(0));
    const T* diagonals = elements<T>(c.input(1));
    T* out = elements<T>(c.output());
    for_each_matrix(
        batch_of(c.input(0).shape(), 2),
        layout.matrix_size(),
        [&](std::int64_t b) {
          T* matrix = out + b * layout.matrix_size();
          std::copy_n(
              in + b * layout.matrix_size(), layout.matrix_size(), matrix);
          layout.for_each([&](std::int64_t at, std::int64_t packed) {
            matrix[at] = diagonals[b * layout.packed_size() + packed];
          });
        });
  }
};

/// Diag and DiagPart see a tensor [d0, ..., dk, d0, ..., dk] as one matrix.
struct Diag {
  template <class T>
  static void run(KernelContext& c) {
    const std::int64_t n = c.input(0).num_elements();
    const T* in = elements<T>(c.input(0));
    T* out = elements<T>(c.output());
    std::fill_n(out, n * n, T());
    for (std::int64_t i = 0; i < n; ++i) out[i * (n + 1)] = in[i];
  }
};

struct DiagPart {
  template <class T>
  static void run(KernelContext& c) {
    const std::int64_t n = c.output().num_elements();
    const T* in = elements<T>(c.input(0));
    T* out = elements<T>(c.output());
    for (std::int64_t i = 0; i < n; ++i) out[i] = in[i * (n + 1)];
  }
};

/// Keeps what lies at most num_lower below and num_upper above the main
/// diagonal; negative numbers keep all.
struct MatrixBandPart {
  template <class T>
  static void run(KernelContext& c) {
    const Shape& shape = c.input(0).shape();
    const std::int64_t rows = shape[-2], columns = shape[-1];
    const std::int64_t num_lower = c.host_int(1), num_upper = c.host_int(2);
    if (num_lower > rows)
      throw InvalidArgumentError(
          "num_lower must be negative or less or equal to number of rows (",
          rows,
          ") got: ",
          num_lower);
    if (num_upper > columns)
      throw InvalidArgumentError(
          "num_upper must be negative or less or equal to number of columns (",
          columns,
          ") got: ",
          num_upper);
    const T* in = elements<T>(c.input(0));
    T* out = elements<T>(c.output());
    const std::int64_t all_rows = batch_of(shape, 2) * rows;
    for_each_matrix(all_rows, columns, [&](std::int64_t r) {
      const std::int64_t i = r % rows;
      const std::int64_t begin =
          num_lower < 0 ? 0
                        : std::clamp<std::int64_t>(i - num_lower, 0, columns);
      const std::int64_t end =
          num_upper < 0
              ? columns
              : std::clamp<std::int64_t>(i + num_upper + 1, begin, columns);
      const T* from = in + r * columns;
      T* to = out + r * columns;
      std::fill(to, to + begin, T());
      std::copy(from + begin, from + end, to + begin);
      std::fill(to + end, to + columns, T());
    });
  }
};

/// The kernels above only move elements: an instance a size serves all dtypes.
template <class Move>
void by_storage(KernelContext& c) {
  visit_storage(c.input(0).dtype(),
                [&]<class T>(TypeTag<T>) { Move::template run<T>(c); });
}

}  // namespace

void register_diagonal_kernels(KernelRegistry& registry) {
  for (const char* op : {"MatrixDiag", "MatrixDiagV2", "MatrixDiagV3"})
    registry.add(op, {}, by_storage<MatrixDiag>);
  for (const char* op :
       {"MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3"})
    registry.add(op, {}, by_storage<MatrixDiagPart>);
  for (const char* op : {"MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"})
    registry.add(op, {}, by_storage<MatrixSetDiag>);
  for (const char* op : {"MatrixBandPart", "BatchMatrixBandPart"})
    registry.add(op, {}, by_storage<MatrixBandPart>);
  registry.add("BatchMatrixDiag", {}, by_storage<MatrixDiag>);
  registry.add("BatchMatrixDiagPart", {}, by_storage<MatrixDiagPart>);
  registry.add("BatchMatrixSetDiag", {}, by_storage<MatrixSetDiag>);
  registry.add("Diag", {}, by_storage<Diag>);
  registry.add("DiagPart", {}, by_storage<DiagPart>);
}

}  // namespace tern
