#pragma once

#include <optional>
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

// ---- Factors and what follows from them

struct Lu {
  Tensor lu, p;
};
/// L U of the rows of square matrices in the order `p` [..., N]: U and, below
/// the diagonal, L, whose own diagonal is ones. Throws InvalidArgumentError
/// "Input is not invertible."
Lu lu(const Tensor& input, DType output_idx_type = int32);
/// The matrices again.
Tensor lu_reconstruct(const Tensor& lower_upper, const Tensor& perm);
/// The solutions of A X = rhs and the inverses, from the factors of A.
Tensor lu_solve(const Tensor& lower_upper,
                const Tensor& perm,
                const Tensor& rhs);
Tensor lu_matrix_inverse(const Tensor& lower_upper, const Tensor& perm);
/// The solutions of A X = rhs for A = L Lᴴ, from L.
Tensor cholesky_solve(const Tensor& chol, const Tensor& rhs);
/// log det of Hermitian, positive definite matrices.
Tensor logdet(const Tensor& matrix);

struct LstsqOptions {
  double l2_regularizer = 0;
  bool fast = true;  ///< by the normal equations, which double the digits lost
};
/// The X with the least |matrix X - rhs|² + l2_regularizer |X|²; of several
/// the shortest.
Tensor lstsq(const Tensor& matrix,
             const Tensor& rhs,
             const LstsqOptions& options = {});

struct PinvOptions {
  std::optional<double> rcond = {};
};
/// Pseudoinverses; singular values below rcond times the largest count as 0.
/// Real matrices.
Tensor pinv(const Tensor& a, const PinvOptions& options = {});
struct MatrixRankOptions {
  std::optional<double> tol = {};
};
/// How many singular values are above tol (int32).
Tensor matrix_rank(const Tensor& a, const MatrixRankOptions& options = {});

// ---- Functions of matrices

/// The exponential; eager.
Tensor expm(const Tensor& input);
/// The logarithm of complex matrices.
Tensor logm(const Tensor& input);
/// The principal square root.
Tensor sqrtm(const Tensor& input);

// ---- Bands

struct TridiagonalSolveOptions {
  std::string diagonals_format = "compact";  ///< or "matrix"
  bool partial_pivoting = true;
  bool perturb_singular = false;
};
/// The solutions of A X = rhs for A of three diagonals [..., 3, M]: above (its
/// last element is not read), main, below (its first is not read). rhs is
/// [..., M, K] or [..., M].
Tensor tridiagonal_solve(const Tensor& diagonals,
                         const Tensor& rhs,
                         const TridiagonalSolveOptions& options = {});
struct TridiagonalMatMulOptions {
  std::string diagonals_format = "compact";
};
/// The product of such a matrix and [..., M, N].
Tensor tridiagonal_matmul(const Tensor& diagonals,
                          const Tensor& rhs,
                          const TridiagonalMatMulOptions& options = {});
/// The solutions of A X = rhs for triangles of few diagonals [..., K, M], the
/// main one first (lower) or last (upper).
Tensor banded_triangular_solve(const Tensor& bands,
                               const Tensor& rhs,
                               TriangularSolveOptions options = {});

// ---- Vectors

struct MatVecOptions {
  bool transpose_a = false;
  bool adjoint_a = false;
};
/// Products of matrices [..., M, N] and vectors [..., N].
Tensor matvec(const Tensor& a, const Tensor& b, MatVecOptions options = {});
struct Normalized {
  Tensor normalized, norm;
};
/// The tensor over its norm (of which .keepdims is taken as true), and that.
Normalized normalize(const Tensor& tensor, NormOptions options = {});

}  // namespace linalg
}  // namespace tern
