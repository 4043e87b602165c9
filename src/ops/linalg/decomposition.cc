// decomposition.cc: matrices as products of simpler ones.

#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/linalg/decomposition_gradients.h"
#include "ops/linalg/matrix_shapes.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kTypes =
    "T: {double, float, half, complex64, complex128}";

void infer_qr(InferContext& c) {
  const Shape& input = matrices(c, 0);
  if (!input.has_rank()) return unknown_outputs(c);
  const std::int64_t m = input[-2], n = input[-1];
  const std::int64_t p = c.attr<bool>("full_matrices") ? m
                         : m < 0 || n < 0              ? -1
                                                       : std::min(m, n);
  c.set_output(0, batch_and(input, {m, p}));
  c.set_output(1, batch_and(input, {p, n}));
}

void infer_svd(InferContext& c) {
  const Shape& input = matrices(c, 0);
  if (!input.has_rank()) return unknown_outputs(c);
  const std::int64_t m = input[-2], n = input[-1];
  const std::int64_t p = m < 0 || n < 0 ? -1 : std::min(m, n);
  c.set_output(0, batch_and(input, {p}));
  const bool full = c.attr<bool>("full_matrices");
  const bool compute_uv = c.attr<bool>("compute_uv");
  c.set_output(1, compute_uv ? batch_and(input, {m, full ? m : p}) : Shape());
  c.set_output(2, compute_uv ? batch_and(input, {n, full ? n : p}) : Shape());
}

/// Eigenvalues [..., N], and eigenvectors as columns [..., N, N].
void infer_eigen(InferContext& c) {
  const Shape& input = square_matrices(c, 0);
  const std::int64_t n = input.has_rank() ? std::max(input[-1], input[-2]) : -1;
  c.set_output(0, batch_and(input, {n}));
  c.set_output(1,
               c.attr<bool>("compute_v") ? batch_and(input, {n, n}) : Shape{0});
}

}  // namespace

void register_decomposition_ops(OpRegistry& registry) {
  registry.add("Cholesky")
      .input("input: T")
      .output("output: T")
      .attr(kTypes)
      .infer([](InferContext& c) { c.set_output(0, square_matrices(c, 0)); })
      .grad(cholesky_gradient)
      .grad_reads({"output"});

  registry.add("Qr")
      .input("input: T")
      .output("q: T")
      .output("r: T")
      .attr("full_matrices: bool = false")
      .attr(kTypes)
      .infer(infer_qr)
      .grad(qr_gradient);

  registry.add("Svd")
      .input("input: T")
      .output("s: T")
      .output("u: T")
      .output("v: T")
      .attr("compute_uv: bool = true")
      .attr("full_matrices: bool = false")
      .attr(kTypes)
      .infer(infer_svd)
      .grad(svd_gradient);

  registry.add("SelfAdjointEigV2")
      .input("input: T")
      .output("e: T")
      .output("v: T")
      .attr("compute_v: bool = true")
      .attr(kTypes)
      .infer(infer_eigen)
      .grad(self_adjoint_eig_gradient);

  registry.add("Eig")
      .input("input: T")
      .output("e: Tout")
      .output("v: Tout")
      .attr("compute_v: bool = true")
      .attr("T: {float, double, complex64, complex128}")
      .attr("Tout: {complex64, complex128}")
      .infer(infer_eigen)
      .grad(eig_gradient);

  // Older names and forms; TensorFlow gives them no gradient.
  registry.add("BatchCholesky")
      .input("input: T")
      .output("output: T")
      .attr("T: {double, float}")
      .infer([](InferContext& c) { c.set_output(0, square_matrices(c, 0)); });
  registry.add("BatchSvd")
      .input("input: T")
      .output("s: T")
      .output("u: T")
      .output("v: T")
      .attr("compute_uv: bool = true")
      .attr("full_matrices: bool = false")
      .attr("T: {double, float, complex64, complex128}")
      .infer(infer_svd);
  registry.add("BatchSelfAdjointEigV2")
      .input("input: T")
      .output("e: T")
      .output("v: T")
      .attr("compute_v: bool = true")
      .attr("T: {double, float}")
      .infer(infer_eigen);
  for (const char* name : {"SelfAdjointEig", "BatchSelfAdjointEig"})
    registry.add(name)
        .input("input: T")
        .output("output: T")
        .attr(std::string_view(name) == "SelfAdjointEig"
                  ? "T: {double, float, half}"
                  : "T: {double, float}")
        .infer([](InferContext& c) {
          const Shape& input = square_matrices(c, 0);
          const std::int64_t n = input.has_rank() ? input[-1] : -1;
          c.set_output(0, batch_and(input, {n < 0 ? -1 : n + 1, n}));
        });
}

namespace linalg {

Tensor cholesky(const Tensor& input) { return raw<"Cholesky">(input); }

Qr qr(const Tensor& input, QrOptions options) {
  Tensors outputs =
      raw<"Qr">.outputs({input}, {{"full_matrices", options.full_matrices}});
  return {outputs[0], outputs[1]};
}

Svd svd(const Tensor& tensor, SvdOptions options) {
  Tensors outputs =
      raw<"Svd">.outputs({tensor},
                         {{"compute_uv", options.compute_uv},
                          {"full_matrices", options.full_matrices}});
  Tensor s = math::real(outputs[0]);
  if (!options.compute_uv) return {s, {}, {}};
  return {s, outputs[1], outputs[2]};
}

Eig eigh(const Tensor& tensor) {
  Tensors outputs = raw<"SelfAdjointEigV2">.outputs({tensor});
  return {outputs[0], outputs[1]};
}

Tensor eigvalsh(const Tensor& tensor) {
  return raw<"SelfAdjointEigV2">(tensor, {{"compute_v", false}});
}

namespace {

Tensors general_eigen(const Tensor& tensor, bool compute_v) {
  const DType type = tensor.dtype();
  const DType out = type == float64 || type == complex128 ? DType(complex128)
                                                          : DType(complex64);
  return raw<"Eig">.outputs({tensor},
                            {{"Tout", out}, {"compute_v", compute_v}});
}

}  // namespace

Eig eig(const Tensor& tensor) {
  Tensors outputs = general_eigen(tensor, true);
  return {outputs[0], outputs[1]};
}

Tensor eigvals(const Tensor& tensor) { return general_eigen(tensor, false)[0]; }

}  // namespace linalg
}  // namespace tern
