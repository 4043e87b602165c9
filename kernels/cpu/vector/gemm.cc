// Matrix products of floats, doubles and (through float) half and bfloat16.
//
// Eigen's single-threaded product on tiles. The tiles depend on the shape
// alone, so results do not depend on the number of threads. A fused product
// adds its bias and applies its activation to each tile while it is in the
// cache.

#include "kernels/cpu/gemm.h"

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/common/matrix_products.h"
#include "kernels/cpu/block_program.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Multiply-adds worth a thread: some 80 µs on one core of a Zen 4.
constexpr std::int64_t kTileWork = std::int64_t{1} << 22;
/// Tiles to aim at, and the side from which a tile is cut whatever their
/// number: larger ones leave the second-level cache.
constexpr std::int64_t kTiles = 8;
constexpr std::int64_t kLongestSide = 256;
/// Products whose three sides are shorter together are no work for Eigen.
constexpr std::int64_t kTinySides = 20;
/// Multiples of Eigen's register block, and short enough panels lose time to
/// packing.
constexpr std::int64_t kRowUnit = 8;
constexpr std::int64_t kColumnUnit = 64;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Rows and columns of a product, from (row, column) on.
struct Tile {
  std::int64_t row, column, rows, columns;
};

/// How one product is cut into tiles of rows and columns.
struct Tiling {
  std::int64_t rows, columns;
  std::int64_t row_tiles, column_tiles;

  explicit Tiling(const MatrixProduct& p) : rows(p.m), columns(p.n) {
    auto halve = [](std::int64_t side, std::int64_t unit) {
      return round_up((side + 1) / 2, unit);
    };
    for (;;) {
      count(p);
      std::int64_t work = rows * columns * p.k;
      if (work <= kTileWork || (row_tiles * column_tiles >= kTiles &&
                                std::max(rows, columns) <= kLongestSide))
        break;
      std::int64_t half_rows = halve(rows, kRowUnit);
      std::int64_t half_columns = halve(columns, kColumnUnit);
      if (columns >= rows && half_columns < columns)
        columns = half_columns;
      else if (half_rows < rows)
        rows = half_rows;
      else if (half_columns < columns)
        columns = half_columns;
      else
        break;
    }
  }

  Tile tile(const MatrixProduct& p, std::int64_t i) const {
    std::int64_t row = i / column_tiles * rows;
    std::int64_t column = i % column_tiles * columns;
    return {row,
            column,
            std::min(rows, p.m - row),
            std::min(columns, p.n - column)};
  }

 private:
  void count(const MatrixProduct& p) {
    row_tiles = (p.m + rows - 1) / rows;
    column_tiles = (p.n + columns - 1) / columns;
  }
};

/// A block of rows x columns of op(stored), where `stored` is row-major with
/// `stride` elements a row.
template <class T, bool Flip>
auto block(const T* stored,
           std::int64_t stride,
           std::int64_t row,
           std::int64_t column,
           std::int64_t rows,
           std::int64_t columns) {
  using Matrix = Eigen::Matrix<T,
                               Eigen::Dynamic,
                               Eigen::Dynamic,
                               Flip ? Eigen::ColMajor : Eigen::RowMajor>;
  const T* first =
      Flip ? stored + column * stride + row : stored + row * stride + column;
  return Eigen::Map<const Matrix, Eigen::Unaligned, Eigen::OuterStride<>>(
      first, rows, columns, Eigen::OuterStride<>(stride));
}

/// By the definition. Eigen's loops for so few elements begin where the result
/// is aligned, and their bits depend on its address.
template <class T, bool FlipA, bool FlipB>
void multiply_tiny(const MatrixProduct& p, const T* a, const T* b, T* c) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    T sums[kTinySides] = {};
    for (std::int64_t k = 0; k < p.k; ++k) {
      T left = FlipA ? a[k * p.m + i] : a[i * p.k + k];
      for (std::int64_t j = 0; j < p.n; ++j)
        sums[j] += left * (FlipB ? b[j * p.k + k] : b[k * p.n + j]);
    }
    std::copy_n(sums, p.n, c + i * p.n);
  }
}

template <class T, bool FlipA, bool FlipB>
void multiply_tile(
    const MatrixProduct& p, const Tile& tile, const T* a, const T* b, T* c) {
  if (p.m + p.k + p.n < kTinySides)
    return multiply_tiny<T, FlipA, FlipB>(p, a, b, c);
  auto [row, column, rows, columns] = tile;
  using Matrix =
      Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<Matrix, Eigen::Unaligned, Eigen::OuterStride<>> product(
      c + row * p.n + column, rows, columns, Eigen::OuterStride<>(p.n));
  auto left = block<T, FlipA>(a, FlipA ? p.m : p.k, row, 0, rows, p.k);
  auto right = block<T, FlipB>(b, FlipB ? p.k : p.n, 0, column, p.k, columns);
  // Eigen runs its widest registers along the columns of a row-major result.
  // Where these are few and op(A) is stored the other way, run along the rows.
  if constexpr (FlipA) {
    constexpr std::int64_t kFewColumns = 16, kManyRows = 64;
    if (columns < kFewColumns && rows >= kManyRows) {
      Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> turned(rows, columns);
      turned.noalias() = left * right;
      product = turned;
      return;
    }
  }
  product.noalias() = left * right;
}

template <class T>
using TileFunction =
    void (*)(const MatrixProduct&, const Tile&, const T*, const T*, T*);

template <class T>
TileFunction<T> tile_function(const MatrixProduct& p) {
  if (p.flip_a)
    return p.flip_b ? multiply_tile<T, true, true>
                    : multiply_tile<T, true, false>;
  return p.flip_b ? multiply_tile<T, false, true>
                  : multiply_tile<T, false, false>;
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

  /// To a tile of a product with `stride` elements a row.
  void apply(const Tile& tile, T* c, std::int64_t stride) const {
    if (!bias_) return;
    for (std::int64_t i = 0; i < tile.rows; ++i)
      for (std::int64_t j = 0; j < tile.columns; j += kBlockElements) {
        std::int64_t n = std::min(kBlockElements, tile.columns - j);
        T* part = c + (tile.row + i) * stride + tile.column + j;
        T sum[kBlockElements];
        add_(part, bias_ + tile.column + j, sum, n);
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

/// All products of a call. Pieces of the parallel loop are tiles; small
/// products of a batch go several to a piece.
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
    epilogue.apply({0, 0, p.m, p.n}, c, p.n);
    return;
  }
  const Tiling tiling(p);
  const std::int64_t tiles = tiling.row_tiles * tiling.column_tiles;
  const std::int64_t work = tiling.rows * tiling.columns * p.k;
  const std::int64_t grain = std::max<std::int64_t>(1, kTileWork / 4 / work);
  TileFunction<T> run = tile_function<T>(p);
  parallel_for(
      products.count * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          std::int64_t which = i / tiles;
          const Tile tile = tiling.tile(p, i % tiles);
          T* product = c + products.c_offset(which);
          run(p,
              tile,
              a + products.a_offset(which),
              b + products.b_offset(which),
              product);
          epilogue.apply(tile, product, p.n);
        }
      });
}

/// A whole product on this thread.
template <class T>
void multiply_alone(const MatrixProduct& p, const T* a, const T* b, T* c) {
  if (p.m == 0 || p.n == 0) return;
  if (p.k == 0)
    std::fill_n(c, p.m * p.n, T(0));
  else
    tile_function<T>(p)(p, {0, 0, p.m, p.n}, a, b, c);
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
      {0, 0, shape[0], shape[1]}, context.out<T>().data(), shape[1]);
}

}  // namespace

void register_gemm_kernels(KernelRegistry& registry) {
  kernels::gemm() = {multiply_alone<float>, multiply_alone<double>};
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
