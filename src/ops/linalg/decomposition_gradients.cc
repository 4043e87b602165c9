#include "ops/linalg/decomposition_gradients.h"

#include <cstdlib>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/linalg/matrix_products.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {

using linalg::adjoint;
using linalg::band_part;
using linalg::diag;
using linalg::diag_part;
using linalg::set_diag;

namespace {

/// The lower triangle, the diagonal halved: what a symmetric matrix is made of
/// when it is added to its own adjoint.
Tensor half_of(const Tensor& x) {
  return band_part(set_diag(x, 0.5 * diag_part(x)), -1, 0);
}

/// Columns [begin, end) of matrices.
Tensor columns(const Tensor& x, std::int64_t begin, std::int64_t end) {
  return x[{ellipsis, Slice{begin, end}}];
}

}  // namespace

/// A = L Lᴴ: dA = ½ (S + Sᴴ) with S = L⁻ᴴ half(Lᴴ dL) L⁻¹ (Murray, 2016).
void cholesky_gradient(GradContext& g) {
  const Tensor& l = g.output();
  auto solve_adjoint = [&](const Tensor& x) {  // L⁻ᴴ x
    return linalg::triangular_solve(l, x, {.adjoint = true});
  };
  Tensor middle = half_of(adjoint_product(l, g.dy()));
  // (L⁻ᴴ m) L⁻¹ = (L⁻ᴴ (L⁻ᴴ m)ᴴ)ᴴ
  Tensor s = adjoint(solve_adjoint(adjoint(solve_adjoint(middle))));
  g.set(0, 0.5 * (s + adjoint(s)));
}

namespace {

/// Of a matrix at least as high as wide.
Tensor tall_qr_gradient(const Tensor& q,
                        const Tensor& r,
                        const Tensor& dq,
                        const Tensor& dr) {
  Tensor qdq = adjoint_product(q, dq);
  Tensor rdr = product_adjoint(r, dr);
  Tensor lower = band_part(qdq - adjoint(qdq) + rdr - adjoint(rdr), -1, 0);
  Tensor da = product(q, dr + divide_by_adjoint(lower, r)) +
              divide_by_adjoint(dq - product(q, qdq), r);
  if (!q.dtype().is_complex()) return da;
  // The phases of R's diagonal are fixed, not free (Wang et al., 2020).
  Tensor phases = diag_part(rdr - adjoint(qdq));
  Tensor imaginary = phases - cast(math::real(phases), q.dtype());
  return da + divide_by_adjoint(product(q, adjoint(diag(imaginary))), r);
}

}  // namespace

void qr_gradient(GradContext& g) {
  const Tensor& q = g.output(0);
  const Tensor& r = g.output(1);
  const std::int64_t m = g.input(0).shape()[-2], n = g.input(0).shape()[-1];
  if (m < 0 || n < 0)
    throw UnimplementedError(
        "QrGrad not implemented with dynamic shapes. Received input shape ",
        g.input(0).shape().str());
  if (m > n && g.attr<bool>("full_matrices"))
    throw UnimplementedError(
        "QrGrad not implemented when nrows > ncols and full_matrices is true. "
        "Received nrows=",
        m,
        ", ncols=",
        n);
  if (m >= n) {
    g.set(0, tall_qr_gradient(q, r, g.dy(0), g.dy(1)));
    return;
  }
  // [X Y] = Q [U V]: X = Q U is square, Y = Q V.
  Tensor dr = g.dy(1);
  Tensor dv = columns(dr, m, n);
  Tensor y = columns(g.input(0), m, n);
  Tensor dx = tall_qr_gradient(
      q, columns(r, 0, m), g.dy(0) + product_adjoint(y, dv), columns(dr, 0, m));
  g.set(0, concat({dx, product(q, dv)}, g.input(0).shape().rank() - 1));
}

namespace {

/// The part of a gradient of singular vectors w that turns them out of the
/// space they span; `w_more` and `dw_more` are the vectors beyond the thin ones
/// (full_matrices), undefined without.
Tensor outward(const Tensor& w,
               const Tensor& dw,
               const Tensor& w_more,
               const Tensor& dw_more) {
  Tensor result = dw - product(w, adjoint_product(w, dw));
  if (!w_more.defined()) return result;
  return result - product(w_more, adjoint_product(dw_more, w));
}

/// Singular vectors and their gradients, cut into the thin ones and the rest.
struct Vectors {
  Vectors(const Tensor& w, const Tensor& dw, std::int64_t k) {
    const std::int64_t n = w.shape()[-1];
    const bool full = k >= 0 && n > k;
    thin = full ? columns(w, 0, k) : w;
    d_thin = full ? columns(dw, 0, k) : dw;
    if (!full) return;
    more = columns(w, k, n);
    d_more = columns(dw, k, n);
  }
  /// How the thin ones leave their space.
  Tensor outward() const { return tern::outward(thin, d_thin, more, d_more); }
  Tensor thin, d_thin, more, d_more;
};

}  // namespace

/// A = U S Vᴴ (Townsend, "Differentiating the singular value decomposition",
/// 2016; the phase term of complex matrices: Wan and Zhang, 2019). Infinite
/// where two singular values are equal: their vectors are not determined.
void svd_gradient(GradContext& g) {
  const Tensor& a = g.input(0);
  if (!g.attr<bool>("compute_uv")) {
    Tensors usv = raw<"Svd">.outputs({a});
    g.set(0, product_adjoint(scale_columns(usv[1], g.dy(0)), usv[2]));
    return;
  }
  const std::int64_t m = a.shape()[-2], n = a.shape()[-1];
  if (g.attr<bool>("full_matrices") && (m < 0 || n < 0 || std::abs(m - n) > 1))
    throw UnimplementedError(
        "svd gradient is not implemented for abs(m - n) > 1 when full_matrices "
        "is True. Received: m=",
        m,
        " and n=",
        n);
  const Tensor& s = g.output(0);
  Vectors u(g.output(1), g.dy(1), s.shape()[-1]);
  Vectors v(g.output(2), g.dy(2), s.shape()[-1]);
  Tensor inverse_s = safe_reciprocal(s);
  Tensor f = reciprocal_differences(s * s);
  Tensor vdv = adjoint_product(v.thin, v.d_thin);
  Tensor fu = f * adjoint_product(u.thin, u.d_thin);
  Tensor fv = f * vdv;
  // Singular values are real: what a complex gradient has of an imaginary part
  // is conjugated for tall matrices, as TensorFlow works on their adjoint.
  Tensor ds = m > n ? math::conj(g.dy(0)) : g.dy(0);
  Tensor core = diag(ds) + scale_columns(fu + adjoint(fu), s) +
                expand_dims(s, -1) * (fv + adjoint(fv));
  if (a.dtype().is_complex()) {
    Tensor phase = diag_part(vdv);
    core = core + diag(0.5 * inverse_s * (math::conj(phase) - phase));
  }
  Tensor da = product_adjoint(product(u.thin, core), v.thin);
  // Where the thin vectors span the whole space, none leaves it.
  if (m != s.shape()[-1] || m < 0)
    da = da + product_adjoint(scale_columns(u.outward(), inverse_s), v.thin);
  if (n != s.shape()[-1] || n < 0)
    da = da + product_adjoint(scale_columns(u.thin, inverse_s), v.outward());
  g.set(0, da);
}

/// A = V E Vᴴ, of which the lower triangle is read.
void self_adjoint_eig_gradient(GradContext& g) {
  Tensor da;
  if (g.attr<bool>("compute_v")) {
    const Tensor& e = g.output(0);
    const Tensor& v = g.output(1);
    Tensor middle =
        diag(g.dy(0)) + reciprocal_differences(e) * adjoint_product(v, g.dy(1));
    da = product_adjoint(product(v, middle), v);
  } else {
    Tensor v = linalg::eigh(g.input(0)).v;
    da = product_adjoint(scale_columns(v, g.dy(0)), v);
  }
  g.set(0, half_of(da + adjoint(da)));
}

/// A V = V E with columns of length 1 (van der Aa, ter Morsche and Mattheij,
/// "Computation of eigenvalue and eigenvector derivatives for a general
/// complex-valued eigensystem", 2007).
void eig_gradient(GradContext& g) {
  const Tensor& a = g.input(0);
  Tensor v, middle;
  if (g.attr<bool>("compute_v")) {
    const Tensor& e = g.output(0);
    v = g.output(1);
    Tensor vdv = adjoint_product(v, g.dy(1));
    Tensor lengths = cast(math::real(diag_part(vdv)), v.dtype());
    Tensor directions = vdv - scale_columns(adjoint_product(v, v), lengths);
    middle = diag(g.dy(0)) + math::conj(reciprocal_differences(e)) * directions;
  } else {
    v = linalg::eig(a).v;
    middle = diag(g.dy(0));
  }
  Tensor da = linalg::solve(adjoint(v), product_adjoint(middle, v));
  g.set(0, cast(da, a.dtype()));
}

}  // namespace tern
