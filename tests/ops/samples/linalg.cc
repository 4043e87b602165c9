#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

/// Far from singular, positive definite, with distinct eigenvalues.
Input definite() {
  return values({4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2}, Dims{3, 3});
}
/// Two of them, not symmetric.
Input invertible() {
  return values({2, 1, -1, 3, 0.5, 1, -1, 1.5}, Dims{2, 2, 2});
}

void add_diagonal_samples(Samples& samples) {
  Input none = scalar(0);
  Input k = ints({0}, Dims{});
  Input free = ints({-1}, Dims{});
  Input band = ints({-1, 1});
  samples.of("MatrixDiag").add(random({3})).add(random({2, 3}));
  samples.of("MatrixDiagPart").add(random({3, 3})).add(random({2, 2, 3}));
  samples.of("MatrixSetDiag")
      .add({random({3, 3}), random({3})})
      .add({random({2, 2, 3}), random({2, 2})});
  for (const char* op : {"MatrixDiagV2", "MatrixDiagV3"})
    samples.of(op)
        .add({random({2, 3}), k, free, free, none})
        .add({random({2}),
              ints({1}, Dims{}),
              ints({3}, Dims{}),
              free,
              scalar(7)})
        .add({random({0}), k, free, free, none});
  for (const char* op : {"MatrixDiagPartV2", "MatrixDiagPartV3"})
    samples.of(op)
        .add({random({2, 3, 3}), k, none})
        .add({random({3, 2}), ints({-2}, Dims{}), none});
  for (const char* op : {"MatrixSetDiagV2", "MatrixSetDiagV3"})
    samples.of(op).add({random({2, 3, 3}), random({2, 3}), k});

  std::vector<Input> diag = {random({2, 3, 3}), band, free, free, none};
  std::vector<Input> part = {random({3, 4}), band, scalar(7)};
  std::vector<Input> set = {random({3, 4}), random({3, 3}), band};
  for (const char* align :
       {"LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"}) {
    samples.of("MatrixDiagV3").add(diag, {{"align", align}});
    samples.of("MatrixDiagPartV3").add(part, {{"align", align}});
    samples.of("MatrixSetDiagV3").add(set, {{"align", align}});
  }
  // TensorFlow's gradients of several diagonals are wrong in V2, and so are
  // these.
  samples.of("MatrixDiagV2").add(diag, kNoFiniteDifferences);
  samples.of("MatrixDiagPartV2").add(part, kNoFiniteDifferences);
  samples.of("MatrixSetDiagV2").add(set, kNoFiniteDifferences);

  samples.of("MatrixBandPart")
      .add({random({3, 4}), axis(1), axis(0)})
      .add({random({2, 3, 3}), axis(-1), axis(0)})
      .add({random({0, 3}), axis(0), axis(-1)});
  samples.of("Diag").add(random({3})).add(random({2, 2}));
  samples.of("DiagPart").add(random({3, 3})).add(random({2, 3, 2, 3}));
}

void add_solve_samples(Samples& samples) {
  samples.of("MatrixInverse")
      .add(definite())
      .add(invertible(), {{"adjoint", true}})
      .add(random({0, 0}));
  // TensorFlow leaves the determinant unconjugated, and takes its sign for
  // constant.
  for (const char* op : {"MatrixDeterminant", "LogMatrixDeterminant"})
    samples.of(op)
        .add(definite(), kOnlyRealDerivatives)
        .add(invertible(), kOnlyRealDerivatives)
        .add(random({0, 0}));
  samples.of("MatrixSolve")
      .add({definite(), random({3, 2})})
      .add({invertible(), random({2, 2, 1})}, {{"adjoint", true}})
      .add({random({0, 0}), random({0, 2})});
  samples.of("MatrixTriangularSolve")
      .add({definite(), random({3, 2})})
      .add({definite(), random({3, 2})}, {{"lower", false}})
      .add({invertible(), random({2, 1})}, {{"adjoint", true}})
      .add({definite(), random({2, 3, 1})},
           {{"lower", false}, {"adjoint", true}});
}

void add_decomposition_samples(Samples& samples) {
  // Finite differences of a matrix that is not symmetric leave what the
  // gradient of a symmetric one is about.
  samples.of("Cholesky").add(definite(), kNoFiniteDifferences);
  samples.of("Qr")
      .add(definite())
      .add(random({3, 2}))
      .add(random({2, 3}))
      .add(random({2, 3, 2}), {{"full_matrices", true}}, kNoFiniteDifferences)
      .add(random({0, 2}), kNoFiniteDifferences);
  // Complex vectors turn freely by a phase, which the solver chooses; and
  // TensorFlow takes singular values for complex numbers.
  samples.of("Svd")
      .add(random({3, 2}), {{"compute_uv", false}}, kOnlyRealDerivatives)
      .add(random({2, 3}), kOnlyFirstOrder | kOnlyRealDerivatives)
      .add(random({2, 3, 2}),
           {{"full_matrices", true}},
           kOnlyFirstOrder | kOnlyRealDerivatives)
      .add(random({0, 2}), kNoFiniteDifferences);
  samples.of("SelfAdjointEigV2")
      .add(definite(), kOnlyFirstOrder | kOnlyRealDerivatives)
      .add(definite(), {{"compute_v", false}}, kOnlyFirstOrder);
  for (DType type : {float32, float64}) {
    DType out = type == float32 ? DType(complex64) : DType(complex128);
    for (bool compute_v : {true, false})
      samples.of("Eig").add(
          invertible(),
          {{"T", type}, {"Tout", out}, {"compute_v", compute_v}},
          kFixedTypes | kNoFiniteDifferences);
  }
}

void add_einsum_samples(Samples& samples) {
  auto sum = [&](const char* equation, std::vector<Dims> shapes) {
    std::vector<Input> inputs;
    for (Dims& dims : shapes) inputs.push_back(random(std::move(dims)));
    samples.of("Einsum").add(std::move(inputs), {{"equation", equation}});
  };
  sum("ij,jk->ik", {{2, 3}, {3, 2}});
  sum("bij,bkj->bki", {{2, 1, 3}, {2, 2, 3}});
  sum("ab,cd->bd", {{2, 3}, {2, 2}});
  sum("i,i->", {{4}, {4}});
  sum("ij,ij->ji", {{2, 3}, {2, 3}});
  sum("...ij,...jk->...ik", {{2, 1, 1, 2}, {3, 2, 2}});
  sum("i...j,j->...i", {{2, 2, 3}, {3}});
  sum("iij,j->ji", {{2, 2, 3}, {3}});
  sum("i,j->iij", {{2}, {2}});
  sum("...i->...", {{2, 3}});
  sum("iji->ij", {{2, 3, 2}});
  sum("ij->", {{2, 3}});
  sum("i->ii", {{3}});
  sum("ij,jk->ik", {{0, 3}, {3, 2}});
  sum("ij,jk->ik", {{2, 0}, {0, 2}});
}

void add_factor_samples(Samples& samples) {
  samples.of("Lu")
      .add(definite())
      .add(invertible(), {{"output_idx_type", int64}})
      .add(random({0, 0}));
  Input triangle = values({2, 0, 1, 3}, Dims{2, 2});
  for (const char* op : {"CholeskyGrad", "BatchCholeskyGrad"})
    samples.of(op)
        .add({triangle, random({2, 2})})
        .add({random({0, 0}), random({0, 0})});
  Input none = in_float64(scalar(0)), some = in_float64(scalar(0.5));
  samples.of("MatrixSolveLs")
      .add({random({3, 2}), random({3, 2}), none}, kOnlyRealDerivatives)
      .add({random({2, 3}), random({2, 1}), some}, kOnlyRealDerivatives)
      .add({random({3, 2}), random({3, 1}), none},
           {{"fast", false}},
           kNoFiniteDifferences)
      .add({random({0, 2}), random({0, 1}), none}, kNoFiniteDifferences);
  samples.of("BatchMatrixSolveLs").add({random({3, 2}), random({3, 2}), none});
  samples.of("MatrixExponential").add(invertible()).add(random({0, 0}));
  samples.of("MatrixLogarithm").add(definite()).add(random({0, 0}));
  samples.of("MatrixSquareRoot")
      .add(definite(), kOnlyRealDerivatives)
      .add(random({0, 0}), kNoFiniteDifferences);
  samples.of("BatchCholesky").add(definite());
  samples.of("BatchMatrixInverse").add(invertible(), {{"adjoint", true}});
  samples.of("BatchMatrixDeterminant").add(invertible());
  samples.of("BatchMatrixSolve").add({definite(), random({3, 2})});
  samples.of("BatchMatrixTriangularSolve").add({definite(), random({3, 2})});
  samples.of("BatchSvd").add(random({3, 2}));
  samples.of("BatchSelfAdjointEigV2").add(definite());
  for (const char* op : {"SelfAdjointEig", "BatchSelfAdjointEig"})
    samples.of(op).add(definite()).add(random({0, 0}));
  samples.of("BatchMatrixDiag").add(random({2, 3}));
  samples.of("BatchMatrixDiagPart").add(random({2, 2, 3}));
  samples.of("BatchMatrixSetDiag").add({random({2, 2, 3}), random({2, 2})});
  samples.of("BatchMatrixBandPart")
      .add({random({2, 3, 3}),
            made([] { return Tensor::from_literal(1, int64); }),
            made([] { return Tensor::from_literal(0, int64); })});
}

void add_band_samples(Samples& samples) {
  Input diagonals = values({1, 0.5, 0, 3, 2.5, -2, 0, 0.25, 1}, Dims{3, 3});
  samples.of("TridiagonalSolve")
      .add({diagonals, random({3, 2})}, kOnlyRealDerivatives)
      .add({diagonals, random({3, 1})},
           {{"partial_pivoting", false}},
           kOnlyRealDerivatives)
      .add({random({2, 3, 1}, 1, 2), random({2, 1, 2})}, kOnlyRealDerivatives);
  samples.of("TridiagonalMatMul")
      .add({random({1, 3}), random({1, 3}), random({1, 3}), random({3, 2})})
      .add({random({2, 1, 1}),
            random({2, 1, 1}),
            random({2, 1, 1}),
            random({2, 1, 2})});
  Input bands = values({2, 3, 4, 0, 1, -1}, Dims{2, 3});
  for (bool adjoint : {false, true}) {
    samples.of("BandedTriangularSolve")
        .add({bands, random({3, 2})}, {{"adjoint", adjoint}})
        .add({values({1, -1, 0, 2, 3, 4}, Dims{2, 3}), random({3, 1})},
             {{"lower", false}, {"adjoint", adjoint}})
        .add({random({1, 3}, 1, 2), random({2, 3, 1})}, {{"adjoint", adjoint}});
  }
}

}  // namespace

void add_linalg_samples(Samples& samples) {
  add_diagonal_samples(samples);
  add_solve_samples(samples);
  add_decomposition_samples(samples);
  add_einsum_samples(samples);
  add_factor_samples(samples);
  add_band_samples(samples);
}

}  // namespace tern
