// Single ops on normal random numbers; each call makes a fresh result.

#include <string>

#include "measure.h"
#include "tern/tern.h"

namespace tern {
namespace {

constexpr double kFloat = 4;  // bytes

double size_of(const Shape& shape) {
  return static_cast<double>(shape.num_elements());
}

/// Reads `reads` tensors of `shape` and writes `writes` ones, of floats.
Work streams(const Shape& shape, double reads = 1, double writes = 1) {
  return {.bytes_read = reads * kFloat * size_of(shape),
          .bytes_written = writes * kFloat * size_of(shape)};
}

template <class F>
void add_unary(const std::string& name,
               const Shape& shape,
               const Work& work,
               F f) {
  add_operation(name, work, [=] {
    return [=, x = random::normal(shape)] { return f(x); };
  });
}

void add_elementwise() {
  struct {
    const char* name;
    Shape shape;
  } sizes[] = {
      {"scalar", {}}, {"4x4", {4, 4}}, {"1k", {1024}}, {"16M", {1 << 24}}};
  for (const auto& [name, shape] : sizes)
    add_operation(
        std::string("op/add/") + name, streams(shape, 2), [shape = shape] {
          return [a = random::normal(shape), b = random::normal(shape)] {
            return a + b;
          };
        });
  const Shape million{1 << 20}, many{1 << 24};
  add_unary("op/exp/1M", million, streams(million), [](const Tensor& x) {
    return exp(x);
  });
  add_unary("op/tanh/1M", million, streams(million), [](const Tensor& x) {
    return tanh(x);
  });
  add_unary("op/cast/16M_f32_i32", many, streams(many), [](const Tensor& x) {
    return cast(x, int32);
  });
  add_unary(
      "op/cast/16M_f32_bf16", many, streams(many, 1, 0.5), [](const Tensor& x) {
        return cast(x, bfloat16);
      });
}

void add_reductions() {
  const Shape rows{4096, 1000}, square{4096, 4096};
  add_unary("op/softmax/4096x1000", rows, streams(rows), [](const Tensor& x) {
    return nn::softmax(x);
  });
  for (int axis : {0, 1})
    add_unary("op/sum/4096x4096/axis" + std::to_string(axis),
              square,
              streams(square, 1, 0),
              [=](const Tensor& x) { return reduce_sum(x, {.axis = axis}); });
  add_unary("op/sum/4096x4096/all",
            square,
            streams(square, 1, 0),
            [](const Tensor& x) { return reduce_sum(x); });
}

void add_data_movement() {
  const Shape square{4096, 4096}, images{32, 56, 56, 64};
  add_unary(
      "op/transpose/4096x4096", square, streams(square), [](const Tensor& x) {
        return transpose(x);
      });
  add_unary("op/transpose/nhwc_nchw_32x56x56x64",
            images,
            streams(images),
            [](const Tensor& x) {
              return transpose(x, {.perm = {0, 3, 1, 2}});
            });
  const Shape part{1024, 1024};
  add_operation("op/concat/4x1024x1024_axis1", streams(part, 4, 4), [=] {
    Tensors parts;
    for (int i = 0; i < 4; ++i) parts.push_back(random::normal(part));
    return [=] { return concat(parts, 1); };
  });
  struct {
    const char* name;
    Shape table, rows;
  } lookups[] = {
      {"op/embedding_lookup/10000x128_64x200", {10000, 128}, {64, 200}},
      {"op/gather/100000x64_16384", {100000, 64}, {16384}}};
  for (const auto& [name, table, rows] : lookups)
    add_operation(
        name,
        streams(rows.concatenate(Shape{table[1]})),
        [table = table, rows = rows] {
          Tensor ids = random::uniform(
              rows, {.maxval = static_cast<double>(table[0]), .dtype = int32});
          return [ids, x = random::normal(table)] { return gather(x, ids); };
        });
}

void add_ordering() {
  const Shape rows{64, 10000}, million{1 << 20};
  add_unary(
      "op/topk/64x10000_k5", rows, streams(rows, 1, 0), [](const Tensor& x) {
        return math::top_k(x, 5).values;
      });
  add_unary("op/sort/1M", million, streams(million), [](const Tensor& x) {
    return sort(x);
  });
  const Shape many{1 << 24};
  add_operation("op/random_normal/16M", streams(many, 0), [=] {
    return [=] { return random::normal(many); };
  });
}

void add_products() {
  struct {
    const char* name;
    Shape a, b;
  } products[] = {{"64", {64, 64}, {64, 64}},
                  {"256", {256, 256}, {256, 256}},
                  {"1024", {1024, 1024}, {1024, 1024}},
                  {"2048", {2048, 2048}, {2048, 2048}},
                  {"b64_784x512", {64, 784}, {784, 512}},
                  {"batched_32x128x128", {32, 128, 128}, {32, 128, 128}}};
  for (const auto& [name, a, b] : products)
    add_operation(std::string("op/matmul/") + name,
                  {.flops = 2 * size_of(a) * static_cast<double>(b[-1])},
                  [a = a, b = b] {
                    return [x = random::normal(a), y = random::normal(b)] {
                      return matmul(x, y);
                    };
                  });
  const Shape heads{16, 128, 4, 32};
  add_operation("op/einsum/bqhd_bkhd_bhqk_16x128x4x32",
                {.flops = 2 * 128 * size_of(heads)},
                [=] {
                  return
                      [a = random::normal(heads), b = random::normal(heads)] {
                        return einsum("bqhd,bkhd->bhqk", {a, b});
                      };
                });
}

void add_decompositions() {
  add_unary("op/svd/256", {256, 256}, {}, [](const Tensor& x) {
    return linalg::svd(x);
  });
  add_operation("op/cholesky/512", {.flops = 512. * 512 * 512 / 3}, [] {
    Tensor x = random::normal({512, 512});
    Tensor definite = matmul(x, x, {.transpose_b = true}) + 512 * eye(512);
    return [=] { return linalg::cholesky(definite); };
  });
}

[[maybe_unused]] const bool registered = [] {
  add_elementwise();
  add_reductions();
  add_data_movement();
  add_ordering();
  add_products();
  add_decompositions();
  return true;
}();

}  // namespace
}  // namespace tern
