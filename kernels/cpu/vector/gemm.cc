// Matrix products of floats, doubles and (through float) half and bfloat16.
// A fused product adds its bias and applies its activation to each part of the
// result while it is in the cache.

#include "kernels/cpu/gemm.h"

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/common/matrix_products.h"
#include "kernels/cpu/block_program.h"
#include "kernels/cpu/packed_product.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Products whose three sides are shorter together are done by the definition.
constexpr std::int64_t kTinySides = 20;
/// Multiply-adds of a batch's product that is worth several threads.
constexpr std::int64_t kSharedWork = std::int64_t{1} << 22;

template <class T>
void multiply_tiny(const MatrixProduct& p, const T* a, const T* b, T* c) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    T sums[kTinySides] = {};
    for (std::int64_t k = 0; k < p.k; ++k) {
      T left = p.flip_a ? a[k * p.m + i] : a[i * p.k + k];
      for (std::int64_t j = 0; j < p.n; ++j)
        sums[j] += left * (p.flip_b ? b[j * p.k + k] : b[k * p.n + j]);
    }
    std::copy_n(sums, p.n, c + i * p.n);
  }
}

/// op(stored) times a vector; op(stored) is [rows, columns].
template <class T, bool Flip>
void multiply_vector(const T* stored,
                     const T* vector,
                     std::int64_t rows,
                     std::int64_t columns,
                     T* result) {
  using Matrix = Eigen::Matrix<T,
                               Eigen::Dynamic,
                               Eigen::Dynamic,
                               Flip ? Eigen::ColMajor : Eigen::RowMajor>;
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  Eigen::Map<Vector>(result, rows).noalias() =
      Eigen::Map<const Matrix>(stored, rows, columns) *
      Eigen::Map<const Vector>(vector, columns);
}

/// What is done to each element of a product: a bias for its column, then an
/// activation. The loops are those of the single ops, and so are the bits.
template <class T>
class Epilogue {
 public:
  Epilogue() = default;
  /// Of a `_TernFusedMatMul`.
  explicit Epilogue(const KernelContext& context)
      : bias_(context.in<T>(2).data()) {
    auto loop = [](std::string_view op) -> const kernels::BlockLoop& {
      return kernels::block_loops().of(find_block_op(op), dtype_of<T>.code);
    };
    add_ = loop("AddV2").binary.both_vary;
    const auto& activation = context.attr<std::string>("activation");
    if (!activation.empty()) activate_ = loop(activation).unary.loop;
  }

  /// To a part of a product with `stride` elements a row.
  void apply(std::int64_t row,
             std::int64_t column,
             std::int64_t rows,
             std::int64_t columns,
             T* c,
             std::int64_t stride) const {
    if (!bias_) return;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; j += kBlockElements) {
        std::int64_t n = std::min(kBlockElements, columns - j);
        T* part = c + (row + i) * stride + column + j;
        T sum[kBlockElements];
        add_(part, bias_ + column + j, sum, n);
        if (activate_)
          activate_(sum, part, n);
        else
          std::copy_n(sum, n, part);
      }
  }

 private:
  const T* bias_ = nullptr;
  kernels::BinaryLoops::Loop add_ = nullptr;
  void (*activate_)(const void*, void*, std::int64_t) = nullptr;
};

template <class T>
void multiply_one(const MatrixProduct& p,
                  const T* a,
                  const T* b,
                  T* c,
                  const Epilogue<T>& epilogue) {
  auto done = [&](auto... part) { epilogue.apply(part..., c, p.n); };
  if (p.m + p.k + p.n >= kTinySides && p.m > 1 && p.n > 1)
    return kernels::PackedProduct<T>(p.m,
                                     p.n,
                                     p.k,
                                     {a, p.flip_a ? p.m : p.k, p.flip_a},
                                     {b, p.flip_b ? p.k : p.n, !p.flip_b},
                                     c)
        .run(done);
  if (p.m + p.k + p.n < kTinySides)
    multiply_tiny(p, a, b, c);
  else if (p.n == 1)
    (p.flip_a ? multiply_vector<T, true>
              : multiply_vector<T, false>)(a, b, p.m, p.k, c);
  else
    (p.flip_b ? multiply_vector<T, false>
              : multiply_vector<T, true>)(b, a, p.n, p.k, c);
  done(0, 0, p.m, p.n);
}

/// All products of a call; small ones of a batch go several to a thread.
template <class T>
void multiply(const MatrixProducts& products,
              const T* a,
              const T* b,
              T* c,
              const Epilogue<T>& epilogue = {}) {
  const MatrixProduct& p = products.product;
  if (p.m == 0 || p.n == 0 || products.count == 0) return;
  if (p.k == 0) {
    std::fill_n(c, products.count * p.m * p.n, T(0));
    epilogue.apply(0, 0, p.m, p.n, c, p.n);
    return;
  }
  const std::int64_t work = p.m * p.n * p.k;
  const std::int64_t grain =
      work < kSharedWork ? kSharedWork / 4 / work + 1 : products.count;
  parallel_for(
      products.count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          multiply_one(p,
                       a + products.a_offset(i),
                       b + products.b_offset(i),
                       c + products.c_offset(i),
                       epilogue);
      });
}

/// One product; from within a parallel loop, on this thread.
template <class T>
void multiply_single(const MatrixProduct& p, const T* a, const T* b, T* c) {
  MatrixProducts products;
  products.product = p;
  multiply<T>(products, a, b, c);
}

template <class T>
void matmul(KernelContext& context) {
  multiply<T>(MatrixProducts::of(context),
              context.in<T>(0).data(),
              context.in<T>(1).data(),
              context.out<T>().data());
}

template <class T>
void fused_matmul(KernelContext& context) {
  multiply<T>(MatrixProducts::of(context),
              context.in<T>(0).data(),
              context.in<T>(1).data(),
              context.out<T>().data(),
              Epilogue<T>(context));
}

template <class T>
void convert(const Tensor& from, std::vector<float>& to) {
  const T* source = from.data<T>();
  to.resize(static_cast<std::size_t>(from.num_elements()));
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = source[i];
}

/// In float: half and bfloat16 are for storage. Out may be float already.
template <class T, class Out = T>
void matmul_through_float(KernelContext& context) {
  std::vector<float> a, b, c;
  convert<T>(context.input(0), a);
  convert<T>(context.input(1), b);
  auto out = context.out<Out>();
  if constexpr (std::is_same_v<Out, float>) {
    multiply<float>(
        MatrixProducts::of(context), a.data(), b.data(), out.data());
  } else {
    c.resize(out.size());
    multiply<float>(MatrixProducts::of(context), a.data(), b.data(), c.data());
    for (std::size_t i = 0; i < c.size(); ++i) out[i] = Out(c[i]);
  }
}

/// In its own dtype from the product on, as of the single ops.
template <class T>
void fused_matmul_through_float(KernelContext& context) {
  matmul_through_float<T>(context);
  const Shape& shape = context.output().shape();
  Epilogue<T>(context).apply(
      0, 0, shape[0], shape[1], context.out<T>().data(), shape[1]);
}

}  // namespace

void register_gemm_kernels(KernelRegistry& registry) {
  kernels::gemm() = {multiply_single<float>, multiply_single<double>};
  for (const char* op : {"MatMul", "BatchMatMul", "BatchMatMulV2"}) {
    registry.add(op, {{"T", float32}}, matmul<float>);
    registry.add(op, {{"T", float64}}, matmul<double>);
    registry.add(op, {{"T", float16}}, matmul_through_float<Half>);
    registry.add(op, {{"T", bfloat16}}, matmul_through_float<BFloat16>);
  }
  const char* fused = "_TernFusedMatMul";
  registry.add(fused, {{"T", float32}}, fused_matmul<float>);
  registry.add(fused, {{"T", float64}}, fused_matmul<double>);
  registry.add(fused, {{"T", float16}}, fused_matmul_through_float<Half>);
  registry.add(fused, {{"T", bfloat16}}, fused_matmul_through_float<BFloat16>);
  auto add_v3 = [&](DType in, DType out, KernelFunction function) {
    registry.add(
        "BatchMatMulV3", {{"Ta", in}, {"Tb", in}, {"Tout", out}}, function);
  };
  add_v3(float32, float32, matmul<float>);
  add_v3(float64, float64, matmul<double>);
  add_v3(bfloat16, bfloat16, matmul_through_float<BFloat16>);
  add_v3(bfloat16, float32, matmul_through_float<BFloat16, float>);
}

}  // namespace tern
