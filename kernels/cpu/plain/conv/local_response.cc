// LRN, LRNGrad and BatchNormWithGlobalNormalization.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/plain/conv/images.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Rows of channels of the image are parts of a parallel loop.
constexpr std::int64_t kGrain = 1 << 13;

template <class F>
void for_each_row(const Shape& image, F f) {
  std::int64_t depth = image[3];
  if (image.num_elements() == 0) return;
  parallel_for(image.num_elements() / depth,
               std::max<std::int64_t>(1, kGrain / depth),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row)
                   f(row * depth);
               });
}

/// bias + alpha · the sum of squares over 2·radius + 1 channels.
class Norms {
 public:
  explicit Norms(const KernelContext& c)
      : radius_(c.attr<std::int64_t>("depth_radius")),
        bias_(c.attr<float>("bias")),
        alpha_(c.attr<float>("alpha")),
        beta_(c.attr<float>("beta")) {
    if (radius_ < 0)
      throw InvalidArgumentError("depth_radius must be >= 0, got ", radius_);
  }
  float alpha() const { return alpha_; }
  float beta() const { return beta_; }
  std::int64_t first(std::int64_t c) const {
    return c > radius_ ? c - radius_ : 0;
  }
  std::int64_t last(std::int64_t c, std::int64_t depth) const {
    return depth - c > radius_ ? c + radius_ + 1 : depth;
  }
  float operator()(const float* row, std::int64_t c, std::int64_t depth) const {
    float sum = 0;
    for (std::int64_t k = first(c); k < last(c, depth); ++k)
      sum += row[k] * row[k];
    return bias_ + alpha_ * sum;
  }

 private:
  std::int64_t radius_;
  float bias_, alpha_, beta_;
};

template <class T>
void lrn(KernelContext& c) {
  const Shape& image = c.input(0).shape();
  Norms norms(c);
  InputImages<T> input(c.input(0), false);
  OutputImages<T> output(c.output(), false);
  const float* x = input.data();
  float* y = output.data();
  for_each_row(image, [&](std::int64_t row) {
    for (std::int64_t i = 0; i < image[3]; ++i)
      y[row + i] =
          x[row + i] * std::pow(norms(x + row, i, image[3]), -norms.beta());
  });
  output.finish();
}

template <class T>
void lrn_grad(KernelContext& c) {
  const Shape& image = c.input(1).shape();
  Norms norms(c);
  InputImages<T> grads(c.input(0), false), input(c.input(1), false),
      out(c.input(2), false);
  OutputImages<T> result(c.output(), false);
  const float *dy = grads.data(), *x = input.data(), *y = out.data();
  float* dx = result.data();
  std::int64_t depth = image[3];
  for_each_row(image, [&](std::int64_t row) {
    std::fill_n(dx + row, depth, 0.0f);
    for (std::int64_t j = 0; j < depth; ++j) {
      float norm = norms(x + row, j, depth);
      float slope = -2 * norms.alpha() * norms.beta() * y[row + j] / norm;
      for (std::int64_t k = norms.first(j); k < norms.last(j, depth); ++k) {
        float part = slope * x[row + k];
        if (k == j) part += std::pow(norm, -norms.beta());
        dx[row + k] += part * dy[row + j];
      }
    }
  });
  result.finish();
}

/// result = (t - m) / sqrt(v + epsilon) · gamma + beta, a channel each.
template <class T>
void batch_norm(KernelContext& c) {
  using C = ComputeType<T>;
  const Shape& image = c.input(0).shape();
  bool scales = c.attr<bool>("scale_after_normalization");
  auto epsilon = static_cast<C>(c.attr<float>("variance_epsilon"));
  InputImages<T> t(c.input(0), false), m(c.input(1), false),
      v(c.input(2), false), beta(c.input(3), false), gamma(c.input(4), false);
  OutputImages<T> result(c.output(), false);
  C* y = result.data();
  for_each_row(image, [&](std::int64_t row) {
    for (std::int64_t i = 0; i < image[3]; ++i) {
      C factor = 1 / std::sqrt(v.data()[i] + epsilon);
      if (scales) factor *= gamma.data()[i];
      y[row + i] = (t.data()[row + i] - m.data()[i]) * factor + beta.data()[i];
    }
  });
  result.finish();
}

/// With r = 1/sqrt(v + epsilon) and sums over all pixels:
/// dx = dy·gamma·r, dm = -Σ dx, dv = -½·r³·gamma·Σ dy·(t - m), db = Σ dy,
/// dg = r·Σ dy·(t - m); without the scale, gamma is 1 and dg is 0.
template <class T>
void batch_norm_grad(KernelContext& c) {
  using C = ComputeType<T>;
  const Shape& image = c.input(0).shape();
  bool scales = c.attr<bool>("scale_after_normalization");
  auto epsilon = static_cast<C>(c.attr<float>("variance_epsilon"));
  InputImages<T> t(c.input(0), false), m(c.input(1), false),
      v(c.input(2), false), gamma(c.input(3), false), dy(c.input(4), false);
  OutputImages<T> dx(c.output(0), false), dm(c.output(1), false),
      dv(c.output(2), false), db(c.output(3), false), dg(c.output(4), false);
  std::int64_t depth = image[3];
  std::int64_t rows = depth == 0 ? 0 : image.num_elements() / depth;
  for (std::int64_t i = 0; i < depth; ++i) {
    C r = 1 / std::sqrt(v.data()[i] + epsilon);
    C factor = scales ? r * gamma.data()[i] : r;
    C sum = 0, products = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      std::int64_t at = row * depth + i;
      C d = dy.data()[at];
      sum += d;
      products += d * (t.data()[at] - m.data()[i]);
      dx.data()[at] = d * factor;
    }
    dm.data()[i] = -sum * factor;
    dv.data()[i] = C(-0.5) * factor * r * r * products;
    db.data()[i] = sum;
    dg.data()[i] = scales ? products * r : C(0);
  }
  for (OutputImages<T>* output : {&dx, &dm, &dv, &db, &dg}) output->finish();
}

template <class T>
void add_batch_norm(KernelRegistry& registry) {
  registry.add(
      "BatchNormWithGlobalNormalization", {{"T", dtype_of<T>}}, batch_norm<T>);
  registry.add("BatchNormWithGlobalNormalizationGrad",
               {{"T", dtype_of<T>}},
               batch_norm_grad<T>);
}

template <class T>
void add_lrn(KernelRegistry& registry) {
  registry.add("LRN", {{"T", dtype_of<T>}}, lrn<T>);
  registry.add("LRNGrad", {{"T", dtype_of<T>}}, lrn_grad<T>);
}

}  // namespace

void register_local_response_kernels(KernelRegistry& registry) {
  add_lrn<float>(registry);
  add_lrn<Half>(registry);
  add_lrn<BFloat16>(registry);
  add_batch_norm<float>(registry);
  add_batch_norm<double>(registry);
  add_batch_norm<Half>(registry);
}

}  // namespace tern
