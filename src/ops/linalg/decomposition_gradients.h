#pragma once

namespace tern {

class GradContext;

// The gradients of matrix decompositions (Giles, "Collected matrix derivative
// results for forward and reverse mode algorithmic differentiation", 2008, and
// the papers named with them).

void cholesky_gradient(GradContext& g);
/// Not for full_matrices of tall matrices: UnimplementedError.
void qr_gradient(GradContext& g);
/// With full_matrices, for matrices that are square or off by one only:
/// UnimplementedError.
void svd_gradient(GradContext& g);
void self_adjoint_eig_gradient(GradContext& g);
void eig_gradient(GradContext& g);

}  // namespace tern
