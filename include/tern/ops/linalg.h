#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

/// Matrix product over the last two dimensions: [..., m, k] · [..., k, n] is
/// [..., m, n]; the leading dimensions broadcast. `transpose_a` and
/// `transpose_b` read a as [..., k, m] and b as [..., n, k].
/// Floats, complex numbers, int16, int32, int64. Throws InvalidArgumentError
/// when the inner dimensions differ, an operand has rank below 2 or the leading
/// dimensions do not broadcast.
Tensor matmul(const Tensor& a, const Tensor& b, MatMulOptions options = {});

/// Sums products over the last `axes` dimensions of a and the first of b; 0 is
/// the outer product. A layer's `[..., in] · [in, units]` is axes = 1.
/// Throws InvalidArgumentError when the contracted dimensions differ.
Tensor tensordot(const Tensor& a, const Tensor& b, int axes);

/// Sums over pairs of dimensions: a's a_axes[i] with b's b_axes[i]. The result
/// has a's other dimensions, then b's.
Tensor tensordot(const Tensor& a,
                 const Tensor& b,
                 const Ints& a_axes,
                 const Ints& b_axes);

/// Einstein's summation: "ij,jk->ik" names the dimensions of each operand and
/// of the result; what the result lacks is summed over. "..." stands for
/// leading dimensions that broadcast; without "->" the result has the letters
/// that occur once, sorted. `einsum("bqhd,bkhd->bhqk", {q, k})`. A letter
/// repeated within an operand takes its diagonal: "ii->" is the trace.
/// Throws InvalidArgumentError when the equation does not fit the operands.
Tensor einsum(std::string_view equation, const Tensors& inputs);

/// Matrices are the last two dimensions, [..., M, N]; leading ones make a
/// batch. Unless said otherwise: floating or complex dtypes; a tensor of rank
/// below 2, or matrices that must be square and are not, throw
/// InvalidArgumentError.
namespace linalg {

using tern::einsum, tern::matmul, tern::tensordot;

// ---- Diagonals and triangles, of any dtype

struct DiagOptions {
  Ints k = {};  ///< a diagonal (0: the main one), or {lowest, highest}
  int num_rows = -1;
  int num_cols = -1;
  Tensor padding_value = 0;
  /// Where diagonals above, then those below the main one stand in their rows.
  std::string align = "RIGHT_LEFT";
};
/// Matrices with these diagonals: [..., N] is the main one of [..., N, N].
/// With k = {lowest, highest}: [..., diagonals, longest], the highest first.
/// Sizes of -1 are the smallest that hold the diagonals.
Tensor diag(const Tensor& diagonal, const DiagOptions& options = {});

struct DiagPartOptions {
  Ints k = {};
  Tensor padding_value = 0;
  std::string align = "RIGHT_LEFT";
};
/// The diagonals of matrices, packed as `diag` takes them.
Tensor diag_part(const Tensor& input, const DiagPartOptions& options = {});

struct SetDiagOptions {
  Ints k = {};
  std::string align = "RIGHT_LEFT";
};
/// The input with these diagonals in place of its own.
Tensor set_diag(const Tensor& input,
                const Tensor& diagonal,
                const SetDiagOptions& options = {});

/// What lies at most num_lower below and num_upper above the main diagonal,
/// zeros elsewhere; -1 keeps all. band_part(x, -1, 0) is the lower triangle.
Tensor band_part(const Tensor& input,
                 const Tensor& num_lower,
                 const Tensor& num_upper);

/// Cross products of the vectors along the last dimension, which is 3; both
/// operands have one shape, [..., 3]. Real dtypes.
Tensor cross(const Tensor& a, const Tensor& b);
/// Sums of the main diagonals. Any number.
Tensor trace(const Tensor& x);
/// Rows and columns exchanged.
Tensor matrix_transpose(const Tensor& a);
/// Rows and columns exchanged, complex elements conjugated.
Tensor adjoint(const Tensor& matrix);

// ---- Norms

/// "euclidean", "fro", or a positive number (infinity included).
struct NormOrder {
  NormOrder(const char* name) : name(name) {}
  template <class T>
  requires std::is_arithmetic_v<T> NormOrder(T p) : p(static_cast<double>(p)) {}
  std::string name;
  double p = 0;
};
struct NormOptions {
  NormOrder ord = "euclidean";
  Ints axis = {};
  bool keepdims = false;
};
/// The norm of vectors along one axis, of matrices along two, or of all
/// elements as one vector. For matrices 1, 2 and infinity are the induced
/// norms. norm({3.0, 4.0}) is 5.
Tensor norm(const Tensor& tensor, const NormOptions& options = {});

// ---- Inverses, determinants, equations

struct SolveOptions {
  bool adjoint = false;  ///< take the matrix' adjoint
};
/// Inverses of square matrices. Throws InvalidArgumentError "Input is not
/// invertible."
Tensor inv(const Tensor& input, SolveOptions options = {});
/// Determinants of square matrices.
Tensor det(const Tensor& input);
struct LogDeterminant {
  Tensor sign, log_abs_determinant;
};
/// Determinants as sign · exp(log_abs_determinant); a singular matrix has 0 and
/// -inf.
LogDeterminant slogdet(const Tensor& input);
/// The solutions X of matrix · X = rhs, [..., M, M] and [..., M, K]. Throws
/// InvalidArgumentError "Input matrix is not invertible."
Tensor solve(const Tensor& matrix,
             const Tensor& rhs,
             SolveOptions options = {});

struct TriangularSolveOptions {
  bool lower = true;
  bool adjoint = false;
};
/// The same for triangular matrices; their other triangle is not read, and a
/// zero on the diagonal is divided by. Batch dimensions broadcast.
Tensor triangular_solve(const Tensor& matrix,
                        const Tensor& rhs,
                        TriangularSolveOptions options = {});

// ---- Decompositions

/// The lower triangle L of A = L Lᴴ for Hermitian, positive definite A, of
/// which the lower triangle is read; NaN where A is not positive definite.
Tensor cholesky(const Tensor& input);

struct Qr {
  Tensor q, r;
};
struct QrOptions {
  bool full_matrices = false;  ///< q is [..., M, M]
};
/// A = Q R: orthonormal columns times an upper triangle; [..., M, P] and
/// [..., P, N] with P the smaller of M and N.
Qr qr(const Tensor& input, QrOptions options = {});

struct Svd {
  Tensor s, u, v;
};
struct SvdOptions {
  bool full_matrices = false;  ///< u is [..., M, M], v is [..., N, N]
  bool compute_uv = true;      ///< else u and v stay undefined
};
/// A = U diag(s) Vᴴ: singular values (real, falling) [..., P] and orthonormal
/// columns [..., M, P] and [..., N, P].
Svd svd(const Tensor& tensor, SvdOptions options = {});

struct Eig {
  Tensor e, v;
};
/// Eigenvalues (rising) [..., N] and eigenvectors (columns) of Hermitian
/// matrices, of which the lower triangle is read.
Eig eigh(const Tensor& tensor);
/// The eigenvalues alone.
Tensor eigvalsh(const Tensor& tensor);
/// Eigenvalues [..., N] and eigenvectors (columns of length 1) of any square
/// matrices; always complex.
Eig eig(const Tensor& tensor);
/// The eigenvalues alone.
Tensor eigvals(const Tensor& tensor);

}  // namespace linalg
}  // namespace tern
