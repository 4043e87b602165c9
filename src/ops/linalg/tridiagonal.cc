// tridiagonal.cc: matrices of three diagonals, and banded triangles.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/linalg/matrix_products.h"
#include "ops/linalg/matrix_shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kTypes = "T: {double, float, complex64, complex128}";

void check_equal(std::int64_t wanted, std::int64_t found) {
  if (wanted >= 0 && found >= 0 && wanted != found)
    throw InvalidArgumentError("Dimension must be ", wanted, " but is ", found);
}
void check_alike(const InferContext& c, std::int64_t a, std::int64_t b) {
  if (a >= 0 && b >= 0 && a != b)
    throw InvalidArgumentError("Dimensions must be equal, but are ",
                               a,
                               " and ",
                               b,
                               " (",
                               c.op().name,
                               ")");
}

/// diagonals [..., 3, M], rhs [..., M, K].
void infer_tridiagonal_solve(InferContext& c) {
  const Shape &diagonals = matrices(c, 0), &rhs = matrices(c, 1);
  if (diagonals.has_rank()) check_equal(3, diagonals[-2]);
  if (diagonals.has_rank() && rhs.has_rank()) {
    check_alike(c, diagonals[-1], rhs[-2]);
    if (!diagonals.slice(0, -2).is_compatible_with(rhs.slice(0, -2)))
      throw InvalidArgumentError(
          "Batch shapes of diags and rhs are incompatible.");
  }
  c.set_output(0, rhs);
}

/// Three diagonals [..., 1, M], rhs [..., M, N].
void infer_tridiagonal_matmul(InferContext& c) {
  const Shape& rhs = matrices(c, 3);
  for (int i = 0; i < 3; ++i) {
    const Shape& diagonal = matrices(c, i);
    if (!diagonal.has_rank()) continue;
    check_equal(1, diagonal[-2]);
    if (!rhs.has_rank()) continue;
    check_alike(c, diagonal[-1], rhs[-2]);
    if (!diagonal.slice(0, -2).is_compatible_with(rhs.slice(0, -2)))
      throw InvalidArgumentError(
          "Batch shapes of the diagonals and rhs are incompatible: ",
          diagonal.debug_string(),
          " and ",
          rhs.debug_string());
  }
  c.set_output(0, rhs);
}

/// bands [..., K, M], rhs [..., M, N].
void infer_banded_solve(InferContext& c) {
  const Shape &bands = matrices(c, 0), &rhs = matrices(c, 1);
  if (bands.has_rank() && bands[-2] == 0)
    throw InvalidArgumentError(
        "BandedTriangularSolve: there must be at least one band, got shape ",
        bands.debug_string());
  if (bands.has_rank() && bands[-1] >= 0 && bands[-2] > bands[-1])
    throw InvalidArgumentError("BandedTriangularSolve: number of bands ",
                               bands[-2],
                               " exceeds the size of the matrix ",
                               bands[-1]);
  if (!bands.has_rank() || !rhs.has_rank())
    return c.set_output(0, Shape::unknown());
  check_alike(c, bands[-1], rhs[-2]);
  c.set_output(0,
               broadcast_static_shape(bands.slice(0, -2), rhs.slice(0, -2))
                   .concatenate({rhs[-2], rhs[-1]}));
}

/// Elements moved up (or down) one row, with a row of zeros at the end.
Tensor next_rows(const Tensor& x) {
  return concat({x[{ellipsis, Slice{.start = 1}, Slice{}}],
                 zeros_like(x[{ellipsis, Slice{.stop = 1}, Slice{}}])},
                -2);
}
Tensor previous_rows(const Tensor& x) {
  return concat({zeros_like(x[{ellipsis, Slice{.stop = 1}, Slice{}}]),
                 x[{ellipsis, Slice{.stop = -1}, Slice{}}]},
                -2);
}

Tensor row_of(const Tensor& diagonals, int i) {
  return diagonals[{ellipsis, i, Slice{}}];
}

/// What is above the main diagonal below it, and the reverse.
Tensor transposed_diagonals(const Tensor& diagonals) {
  Tensor above = row_of(diagonals, 0), below = row_of(diagonals, 2);
  Tensor none = zeros_like(above[{ellipsis, Slice{.stop = 1}}]);
  return stack({concat({below[{ellipsis, Slice{.start = 1}}], none}, -1),
                row_of(diagonals, 1),
                concat({none, above[{ellipsis, Slice{.stop = -1}}]}, -1)},
               {.axis = -2});
}

void tridiagonal_solve_grad(GradContext& g) {
  Tensor db = raw<"TridiagonalSolve">(
      transposed_diagonals(g.input(0)),
      g.dy(),
      {{"partial_pivoting", g.attr<bool>("partial_pivoting")},
       {"perturb_singular", g.attr<bool>("perturb_singular")}});
  if (g.needs(0)) {
    const Tensor& x = g.output();
    auto row = [&](const Tensor& a, const Tensor& b) {
      return reduce_sum(a * b, {.axis = -1});
    };
    g.set(0,
          -stack({row(db, next_rows(x)), row(db, x), row(db, previous_rows(x))},
                 {.axis = -2}));
  }
  g.set(1, db);
}

void tridiagonal_matmul_grad(GradContext& g) {
  Tensor dy = g.dy(), rhs = math::conj(g.input(3));
  auto row = [&](const Tensor& x) {
    return expand_dims(reduce_sum(x * dy, {.axis = -1}), -2);
  };
  if (g.needs(0)) g.set(0, row(next_rows(rhs)));
  if (g.needs(1)) g.set(1, row(rhs));
  if (g.needs(2)) g.set(2, row(previous_rows(rhs)));
  if (!g.needs(3)) return;
  auto column = [&](int i) { return linalg::adjoint(g.input(i)); };
  g.set(3,
        previous_rows(column(0) * dy) + column(1) * dy +
            next_rows(column(2) * dy));
}

void banded_solve_grad(GradContext& g) {
  const bool lower = g.attr<bool>("lower"), adjoint = g.attr<bool>("adjoint");
  Tensor db = raw<"BandedTriangularSolve">(
      g.input(0), g.dy(), {{"lower", lower}, {"adjoint", !adjoint}});
  if (g.needs(0)) {
    const Tensor& x = g.output();
    Tensor da = -(adjoint ? product_adjoint(x, db) : product_adjoint(db, x));
    Tensor last = shape(g.input(0))[-2] - 1, none = zeros_like(last);
    Tensor k = lower ? stack({-last, none}) : stack({none, last});
    Tensor bands = raw<"MatrixDiagPartV3">(
        da, k, cast(Tensor(0), da.dtype()), {{"align", "LEFT_RIGHT"}});
    // One diagonal comes without a dimension for the diagonals.
    Tensor batch = shape(da)[Slice{.stop = -2}];
    bands = reshape(bands,
                    concat({batch, shape(g.input(0))[Slice{.start = -2}]}, 0));
    g.set(0, sum_to_shape_of(bands, g.input(0)));
  }
  if (g.needs(1)) g.set(1, sum_to_shape_of(db, g.input(1)));
}

}  // namespace

void register_tridiagonal_ops(OpRegistry& registry) {
  registry.add("TridiagonalSolve")
      .input("diagonals: T")
      .input("rhs: T")
      .output("output: T")
      .attr("partial_pivoting: bool = true")
      .attr("perturb_singular: bool = false")
      .attr(kTypes)
      .infer(infer_tridiagonal_solve)
      .grad(tridiagonal_solve_grad)
      .grad_reads({"diagonals", "output"});
  registry.add("TridiagonalMatMul")
      .input("superdiag: T")
      .input("maindiag: T")
      .input("subdiag: T")
      .input("rhs: T")
      .output("output: T")
      .attr(kTypes)
      .infer(infer_tridiagonal_matmul)
      .grad(tridiagonal_matmul_grad)
      .grad_reads({"superdiag", "maindiag", "subdiag", "rhs"});
  registry.add("BandedTriangularSolve")
      .input("matrix: T")
      .input("rhs: T")
      .output("output: T")
      .attr("lower: bool = true")
      .attr("adjoint: bool = false")
      .attr("T: {double, float, half, complex64, complex128}")
      .infer(infer_banded_solve)
      .grad(banded_solve_grad)
      .grad_reads({"matrix", "output"});
}

namespace linalg {
namespace {

/// Diagonals in any of three forms as [..., 3, M].
Tensor compact(const Tensor& diagonals, const std::string& format) {
  if (format == "compact") return diagonals;
  if (format == "matrix")
    return diag_part(diagonals, {.k = {-1, 1}, .align = "LEFT_RIGHT"});
  throw InvalidArgumentError("Unrecognized diagonals_format: ", format);
}

}  // namespace

Tensor tridiagonal_solve(const Tensor& diagonals,
                         const Tensor& rhs,
                         const TridiagonalSolveOptions& options) {
  Tensor rows = compact(diagonals, options.diagonals_format);
  const bool is_vector = rhs.shape().has_rank() && rows.shape().has_rank() &&
                         rhs.shape().rank() == rows.shape().rank() - 1;
  Tensor x =
      raw<"TridiagonalSolve">(rows,
                              is_vector ? expand_dims(rhs, -1) : rhs,
                              {{"partial_pivoting", options.partial_pivoting},
                               {"perturb_singular", options.perturb_singular}});
  return is_vector ? squeeze(x, -1) : x;
}

Tensor tridiagonal_matmul(const Tensor& diagonals,
                          const Tensor& rhs,
                          const TridiagonalMatMulOptions& options) {
  Tensor rows = compact(diagonals, options.diagonals_format);
  auto row = [&](int i) { return expand_dims(row_of(rows, i), -2); };
  return raw<"TridiagonalMatMul">({row(0), row(1), row(2), rhs});
}

Tensor banded_triangular_solve(const Tensor& bands,
                               const Tensor& rhs,
                               TriangularSolveOptions options) {
  return raw<"BandedTriangularSolve">(
      bands, rhs, {{"lower", options.lower}, {"adjoint", options.adjoint}});
}

}  // namespace linalg
}  // namespace tern
