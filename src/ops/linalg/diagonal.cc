// diagonal.cc: diagonals and bands of matrices.

#include <algorithm>
#include <optional>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kAlignments =
    "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = "
    "'RIGHT_LEFT'";

/// The lowest and the highest diagonal.
struct Band {
  std::int64_t lower = 0, upper = 0;
};

/// Input k, where it is known: one diagonal, or the lowest and the highest.
std::optional<Band> known_band(const InferContext& c, int input) {
  const Shape& shape = c.input(input);
  if (shape.has_rank() && shape.rank() > 1)
    throw InvalidArgumentError(
        "diag_index must be a scalar or vector, received shape: ",
        shape.debug_string());
  auto k = c.value_as_ints(input);
  if (!k) return {};
  if (k->empty() || k->size() > 2)
    throw InvalidArgumentError(
        "diag_index must have only one or two elements, received ",
        k->size(),
        " elements.");
  if (k->front() > k->back())
    throw InvalidArgumentError(
        "lower_diag_index must not be larger than upper_diag_index: ",
        k->front(),
        " > ",
        k->back());
  return Band{k->front(), k->back()};
}

void check_bound(const char* name,
                 std::int64_t d,
                 std::int64_t rows,
                 std::int64_t columns) {
  if (d == 0 || (-rows < d && d < columns)) return;
  throw InvalidArgumentError(name,
                             " is out of bound: ",
                             d,
                             " It must be between ",
                             -rows,
                             " and ",
                             columns);
}

/// [..., M, N] packed: [..., diagonals, longest], without `diagonals` for one.
Shape packed_shape(const Shape& matrices, std::optional<Band> band) {
  if (!matrices.has_rank() || !band) return Shape::unknown();
  Shape shape = matrices.slice(0, -2);
  const std::int64_t rows = matrices[-2], columns = matrices[-1];
  const bool known = rows >= 0 && columns >= 0;
  if (known) {
    check_bound("lower_diag_index", band->lower, rows, columns);
    check_bound("upper_diag_index", band->upper, rows, columns);
  }
  if (band->lower < band->upper) shape.append(band->upper - band->lower + 1);
  shape.append(known
                   ? std::min(rows + std::min<std::int64_t>(band->upper, 0),
                              columns - std::max<std::int64_t>(band->lower, 0))
                   : -1);
  return shape;
}

const Shape& matrices_of(const InferContext& c) {
  const Shape& shape = c.input(0);
  if (shape.has_rank() && shape.rank() < 2)
    throw InvalidArgumentError("input must be at least 2-dim, received shape: ",
                               shape.debug_string());
  return shape;
}

const Shape& diagonals_of(const InferContext& c) {
  const Shape& shape = c.input(0);
  if (shape.has_rank() && shape.rank() < 1)
    throw InvalidArgumentError(
        "diagonal must be at least 1-dim, received shape: ",
        shape.debug_string());
  return shape;
}

void infer_matrix_diag(InferContext& c) {
  Shape shape = diagonals_of(c);
  if (shape.has_rank()) shape.append(shape[-1]);
  c.set_output(0, shape);
}

void infer_matrix_diag_part(InferContext& c) {
  c.set_output(0, packed_shape(matrices_of(c), Band{}));
}

void infer_matrix_diag_part_band(InferContext& c) {
  const Shape& matrices = matrices_of(c);
  c.set_output(0, packed_shape(matrices, known_band(c, 1)));
}

/// Of two sizes that the diagonals leave open, what the caller wants, or the
/// smallest that holds them; both open: a square.
void infer_matrix_diag_band(InferContext& c) {
  const Shape& diagonals = diagonals_of(c);
  const std::optional<Band> band = known_band(c, 1);
  const auto num_rows = c.value_as_int(2), num_columns = c.value_as_int(3);
  if (!diagonals.has_rank() || !band) {
    c.set_output(0, Shape::unknown());
    return;
  }
  Shape shape = diagonals.slice(0, -1);
  if (band->lower < band->upper) {
    if (diagonals.rank() < 2)
      throw InvalidArgumentError(
          "diagonal must be at least 2-dim for several diagonals, received "
          "shape: ",
          diagonals.debug_string());
    const std::int64_t count = band->upper - band->lower + 1;
    if (diagonals[-2] >= 0 && diagonals[-2] != count)
      throw InvalidArgumentError(
          "The number of diagonals provided in the input does not match the "
          "lower_diag_index and upper_diag_index range: ",
          diagonals[-2],
          " vs. ",
          count);
    shape = diagonals.slice(0, -2);
  }
  std::int64_t rows = -1, columns = -1;
  if (diagonals[-1] >= 0 && num_rows && num_columns) {
    const std::int64_t min_rows =
        diagonals[-1] - std::min<std::int64_t>(band->upper, 0);
    const std::int64_t min_columns =
        diagonals[-1] + std::max<std::int64_t>(band->lower, 0);
    rows = *num_rows;
    columns = *num_columns;
    if (rows == -1 && columns == -1) {
      rows = columns = std::max(min_rows, min_columns);
    } else if (rows == -1) {
      rows = min_rows;
    } else if (columns == -1) {
      columns = min_columns;
    }
    if (rows < min_rows)
      throw InvalidArgumentError("The number of rows is too small.");
    if (columns < min_columns)
      throw InvalidArgumentError("The number of columns is too small.");
    if (rows != min_rows && columns != min_columns)
      throw InvalidArgumentError(
          "The number of rows or columns is not consistent with the specified "
          "d_lower, d_upper, and diagonal.");
    check_bound("lower_diag_index", band->lower, rows, columns);
    check_bound("upper_diag_index", band->upper, rows, columns);
  }
  shape.append(rows);
  shape.append(columns);
  c.set_output(0, shape);
}

void infer_set_diag(InferContext& c, std::optional<Band> band) {
  const Shape& matrices = matrices_of(c);
  const Shape expected = packed_shape(matrices, band);
  if (!expected.is_compatible_with(c.input(1)))
    throw InvalidArgumentError(
        "Either first dimensions of diagonal don't match input.shape[:-2], or "
        "diagonal.shape[:-1] is not equal to the longests diagonal in range "
        "[lower_diag_index:upper_diag_index].\nInput shape: ",
        matrices.debug_string(),
        "\nDiagonal shape: ",
        c.input(1).debug_string(),
        "\nExpected diagonal shape: ",
        expected.debug_string());
  c.set_output(0, matrices);
}

void infer_matrix_set_diag(InferContext& c) { infer_set_diag(c, Band{}); }
void infer_matrix_set_diag_band(InferContext& c) {
  infer_set_diag(c, known_band(c, 2));
}

void infer_band_part(InferContext& c) {
  c.set_output(0, c.with_rank_at_least(0, 2));
}

void infer_diag(InferContext& c) {
  const Shape& shape = c.input(0);
  if (shape.has_rank() && shape.rank() < 1)
    throw InvalidArgumentError("Input must be at least rank 1, got 0");
  c.set_output(0, shape.concatenate(shape));
}

void infer_diag_part(InferContext& c) {
  const Shape& shape = c.input(0);
  if (!shape.has_rank()) {
    c.set_output(0, Shape::unknown());
    return;
  }
  const int half = shape.rank() / 2;
  if (shape.rank() % 2 != 0 || half == 0)
    throw InvalidArgumentError(
        "The rank of the tensor should be even and positive, got shape ",
        shape.debug_string());
  for (int i = 0; i < half; ++i)
    if (shape[i] >= 0 && shape[i + half] >= 0 && shape[i] != shape[i + half])
      throw InvalidArgumentError("Invalid shape ",
                                 shape.debug_string(),
                                 ": dimensions ",
                                 i,
                                 " and ",
                                 i + half,
                                 " do not match.");
  c.set_output(0, shape.slice(0, half).merge(shape.slice(half)));
}

// --------------------------------------------------------------- gradients

/// How the gradient packs diagonals. V2 packs to the left, but TensorFlow's
/// gradients of V2 ops pack as V3 does by default.
std::string alignment(const GradContext& g) {
  return g.op().find_attr("align") >= 0 ? g.attr<std::string>("align")
                                        : "RIGHT_LEFT";
}

/// Input k of the op, or the main diagonal.
Tensor band_of(const GradContext& g) {
  for (std::size_t i = 0; i < g.op().inputs.size(); ++i)
    if (g.op().inputs[i].name == "k") return g.input(static_cast<int>(i));
  return constant(0, int32);
}

Tensor part(const GradContext& g, const Tensor& matrices) {
  return raw<"MatrixDiagPartV3">(matrices,
                                 band_of(g),
                                 zeros({}, matrices.dtype()),
                                 {{"align", alignment(g)}});
}

Tensor replaced(const GradContext& g,
                const Tensor& matrices,
                const Tensor& diagonals) {
  return raw<"MatrixSetDiagV3">(
      matrices, diagonals, band_of(g), {{"align", alignment(g)}});
}

void matrix_diag_grad(GradContext& g) { g.set(0, part(g, g.dy())); }

void matrix_diag_part_grad(GradContext& g) {
  g.set(0, replaced(g, zeros_like(g.input(0)), g.dy()));
}

void matrix_set_diag_grad(GradContext& g) {
  if (g.needs(0)) g.set(0, replaced(g, g.dy(), zeros_like(g.input(1))));
  if (g.needs(1)) g.set(1, part(g, g.dy()));
}

void band_part_grad(GradContext& g) {
  g.set(0, raw<"MatrixBandPart">(g.dy(), g.input(1), g.input(2)));
}

}  // namespace

void register_diagonal_ops(OpRegistry& registry) {
  registry.add("MatrixDiag")
      .input("diagonal: T")
      .output("output: T")
      .attr("T: type")
      .infer(infer_matrix_diag)
      .grad(matrix_diag_grad)
      .grad_reads({});
  registry.add("MatrixDiagV2")
      .input("diagonal: T")
      .input("k: int32")
      .input("num_rows: int32")
      .input("num_cols: int32")
      .input("padding_value: T")
      .output("output: T")
      .attr("T: type")
      .host({"k", "num_rows", "num_cols", "padding_value"})
      .infer(infer_matrix_diag_band)
      .grad(matrix_diag_grad)
      .grad_reads({"k"});
  registry.add("MatrixDiagV3")
      .input("diagonal: T")
      .input("k: int32")
      .input("num_rows: int32")
      .input("num_cols: int32")
      .input("padding_value: T")
      .output("output: T")
      .attr("T: type")
      .attr(kAlignments)
      .host({"k", "num_rows", "num_cols", "padding_value"})
      .infer(infer_matrix_diag_band)
      .grad(matrix_diag_grad)
      .grad_reads({"k"});

  registry.add("MatrixDiagPart")
      .input("input: T")
      .output("diagonal: T")
      .attr("T: type")
      .infer(infer_matrix_diag_part)
      .grad(matrix_diag_part_grad)
      .grad_reads({});
  registry.add("MatrixDiagPartV2")
      .input("input: T")
      .input("k: int32")
      .input("padding_value: T")
      .output("diagonal: T")
      .attr("T: type")
      .host({"k", "padding_value"})
      .infer(infer_matrix_diag_part_band)
      .grad(matrix_diag_part_grad)
      .grad_reads({"k"});
  registry.add("MatrixDiagPartV3")
      .input("input: T")
      .input("k: int32")
      .input("padding_value: T")
      .output("diagonal: T")
      .attr("T: type")
      .attr(kAlignments)
      .host({"k", "padding_value"})
      .infer(infer_matrix_diag_part_band)
      .grad(matrix_diag_part_grad)
      .grad_reads({"k"});

  registry.add("MatrixSetDiag")
      .input("input: T")
      .input("diagonal: T")
      .output("output: T")
      .attr("T: type")
      .infer(infer_matrix_set_diag)
      .grad(matrix_set_diag_grad)
      .grad_reads({});
  registry.add("MatrixSetDiagV2")
      .input("input: T")
      .input("diagonal: T")
      .input("k: int32")
      .output("output: T")
      .attr("T: type")
      .host("k")
      .infer(infer_matrix_set_diag_band)
      .grad(matrix_set_diag_grad)
      .grad_reads({"k"});
  registry.add("MatrixSetDiagV3")
      .input("input: T")
      .input("diagonal: T")
      .input("k: int32")
      .output("output: T")
      .attr("T: type")
      .attr(kAlignments)
      .host("k")
      .infer(infer_matrix_set_diag_band)
      .grad(matrix_set_diag_grad)
      .grad_reads({"k"});

  registry.add("MatrixBandPart")
      .input("input: T")
      .input("num_lower: Tindex")
      .input("num_upper: Tindex")
      .output("band: T")
      .attr("T: type")
      .attr("Tindex: {int32, int64} = int64")
      .host({"num_lower", "num_upper"})
      .infer(infer_band_part)
      .grad(band_part_grad)
      .grad_reads({"num_lower", "num_upper"});

  // Names from before the ops took batches; TensorFlow gives them no gradient.
  registry.add("BatchMatrixDiag")
      .input("diagonal: T")
      .output("output: T")
      .attr("T: type")
      .infer(infer_matrix_diag);
  registry.add("BatchMatrixDiagPart")
      .input("input: T")
      .output("diagonal: T")
      .attr("T: type")
      .infer(infer_matrix_diag_part);
  registry.add("BatchMatrixSetDiag")
      .input("input: T")
      .input("diagonal: T")
      .output("output: T")
      .attr("T: type")
      .infer(infer_matrix_set_diag);
  registry.add("BatchMatrixBandPart")
      .input("input: T")
      .input("num_lower: int64")
      .input("num_upper: int64")
      .output("band: T")
      .attr("T: type")
      .host({"num_lower", "num_upper"})
      .infer(infer_band_part);

  registry.add("Diag")
      .input("diagonal: T")
      .output("output: T")
      .attr(
          "T: {bfloat16, half, float, double, int32, int64, complex64, "
          "complex128}")
      .infer(infer_diag)
      .grad([](GradContext& g) { g.set(0, raw<"DiagPart">(g.dy())); })
      .grad_reads({});
  registry.add("DiagPart")
      .input("input: T")
      .output("diagonal: T")
      .attr(
          "T: {bfloat16, half, float, double, int32, int64, complex64, "
          "complex128}")
      .infer(infer_diag_part)
      .grad([](GradContext& g) { g.set(0, raw<"Diag">(g.dy())); })
      .grad_reads({});
}

namespace linalg {

namespace {

/// One diagonal as a scalar, several as {lowest, highest}.
Tensor band_tensor(const Ints& k) {
  if (!k.is_given()) return constant(0, int32);
  if (k.is_scalar())
    return constant(static_cast<std::int32_t>(k.values()[0]), int32);
  return index_vector(k.values());
}

}  // namespace

Tensor diag(const Tensor& diagonal, const DiagOptions& options) {
  return raw<"MatrixDiagV3">({diagonal,
                              band_tensor(options.k),
                              constant(options.num_rows, int32),
                              constant(options.num_cols, int32),
                              cast(options.padding_value, diagonal.dtype())},
                             {{"align", options.align}});
}

Tensor diag_part(const Tensor& input, const DiagPartOptions& options) {
  return raw<"MatrixDiagPartV3">(input,
                                 band_tensor(options.k),
                                 cast(options.padding_value, input.dtype()),
                                 {{"align", options.align}});
}

Tensor set_diag(const Tensor& input,
                const Tensor& diagonal,
                const SetDiagOptions& options) {
  return raw<"MatrixSetDiagV3">(
      input, diagonal, band_tensor(options.k), {{"align", options.align}});
}

Tensor band_part(const Tensor& input,
                 const Tensor& num_lower,
                 const Tensor& num_upper) {
  return raw<"MatrixBandPart">(input, num_lower, num_upper);
}

Tensor trace(const Tensor& x) { return reduce_sum(diag_part(x), {.axis = -1}); }

}  // namespace linalg
}  // namespace tern
