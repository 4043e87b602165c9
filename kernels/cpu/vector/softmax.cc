// Softmax, LogSoftmax and the cross-entropies of logits.

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "kernels/common/elementary_functions.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

template <class T>
using ConstValues = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

template <class C>
void exponentiate(const C* __restrict x, C* __restrict y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = kernels::exp_of(x[i]);
}

/// Folds values in lanes from their start on: Eigen's reductions begin at an
/// aligned address, and the last digit would depend on where the row lies.
template <class C, class Combine>
C fold(const C* values, std::int64_t count, C start, Combine combine) {
  constexpr int kLanes = 16;
  C lanes[kLanes];
  std::fill_n(lanes, kLanes, start);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane)
      lanes[lane] = combine(lanes[lane], values[i + lane]);
  for (int lane = 0; i < count; ++lane, ++i)
    lanes[lane] = combine(lanes[lane], values[i]);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane)
      lanes[lane] = combine(lanes[lane], lanes[lane + half]);
  return lanes[0];
}

template <class C>
C sum_of(const C* values, std::int64_t count) {
  return fold(values, count, C(0), [](C a, C b) { return a + b; });
}

/// NaN is passed over: it makes the exponentials NaN all the same.
template <class C>
C largest_of(const C* values, std::int64_t count) {
  return fold(values, count, -std::numeric_limits<C>::infinity(), [](C a, C b) {
    return b > a ? b : a;
  });
}

/// Logits are taken so many at a time: short rows share one pass of `exp`, and
/// what the passes exchange stays in the first-level cache.
constexpr std::int64_t kBlock = 4096;

/// Half and bfloat16 are computed in float.
template <class T>
using Compute = std::conditional_t<std::is_same_v<T, double>, double, float>;

/// Rows of classes, each shifted by its maximum and exponentiated.
template <class C>
class Block {
 public:
  Block(std::int64_t rows, std::int64_t classes)
      : classes_(classes),
        shifted_(static_cast<std::size_t>(rows * classes)),
        exponentials_(shifted_.size()) {}

  /// How many rows a block should hold.
  static std::int64_t capacity(std::int64_t classes) {
    return std::max<std::int64_t>(1, kBlock / classes);
  }

  template <class T>
  void load(const T* logits, std::int64_t rows) {
    load_rows(rows, [&](std::int64_t row) { return logits + row * classes_; });
  }

  template <class Source>
  void load_rows(std::int64_t rows, Source source) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto* from = source(row);
      C* to = shifted_.data() + row * classes_;
      for (std::int64_t j = 0; j < classes_; ++j)
        to[j] = static_cast<C>(from[j]);
      const C largest = largest_of(to, classes_);
      for (std::int64_t j = 0; j < classes_; ++j) to[j] -= largest;
    }
    exponentiate(shifted_.data(), exponentials_.data(), rows * classes_);
  }

  const C* shifted(std::int64_t row) const {
    return shifted_.data() + row * classes_;
  }
  const C* exponentials(std::int64_t row) const {
    return exponentials_.data() + row * classes_;
  }
  C sum(std::int64_t row) const { return sum_of(exponentials(row), classes_); }

 private:
  std::int64_t classes_;
  std::vector<C> shifted_, exponentials_;
};

/// Calls body(block, first row, rows) for all rows, in parallel.
template <class C, class Body>
void for_each_block(std::int64_t rows, std::int64_t classes, Body body) {
  constexpr std::int64_t kBlocksWorthAThread = 4;
  std::int64_t capacity = Block<C>::capacity(classes);
  parallel_for(rows,
               capacity * kBlocksWorthAThread,
               [&](std::int64_t begin, std::int64_t end) {
                 Block<C> block(std::min(capacity, end - begin), classes);
                 for (std::int64_t row = begin; row < end; row += capacity)
                   body(block, row, std::min(capacity, end - row));
               });
}

/// A row long enough to be worth its own passes, all but the first of which
/// find it in the cache.
template <class T, bool Log>
void softmax_row(const T* __restrict x, T* __restrict y, std::int64_t classes) {
  const T largest = largest_of(x, classes);
  for (std::int64_t j = 0; j < classes; ++j)
    y[j] = kernels::exp_of(x[j] - largest);
  const T sum = sum_of(y, classes);
  const T log_sum = Log ? std::log(sum) : T(0), scale = T(1) / sum;
  for (std::int64_t j = 0; j < classes; ++j)
    y[j] = Log ? x[j] - largest - log_sum : y[j] * scale;
}

template <class T, bool Log>
void softmax(KernelContext& context) {
  using C = Compute<T>;
  constexpr std::int64_t kLongRow = 64;
  std::int64_t classes = context.input(0).shape()[-1];
  if (context.input(0).num_elements() == 0) return;
  std::int64_t rows = context.input(0).num_elements() / classes;
  const T* logits = context.in<T>(0).data();
  T* output = context.out<T>().data();
  if constexpr (std::is_same_v<T, C>)
    if (classes >= kLongRow)
      return parallel_for(rows,
                          std::max<std::int64_t>(1, 4 * kBlock / classes),
                          [=](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t row = begin; row < end; ++row)
                              softmax_row<T, Log>(logits + row * classes,
                                                  output + row * classes,
                                                  classes);
                          });
  for_each_block<C>(
      rows,
      classes,
      [=](Block<C>& block, std::int64_t first, std::int64_t count) {
        block.load(logits + first * classes, count);
        for (std::int64_t row = 0; row < count; ++row) {
          T* to = output + (first + row) * classes;
          const C* from = Log ? block.shifted(row) : block.exponentials(row);
          C sum = block.sum(row);
          C log_sum = Log ? std::log(sum) : C(0);
          C scale = C(1) / sum;
          for (std::int64_t j = 0; j < classes; ++j)
            to[j] = static_cast<T>(Log ? from[j] - log_sum : from[j] * scale);
        }
      });
}

/// Logits and labels of a cross-entropy may each be broadcast to the output.
template <class T>
struct BroadcastRows {
  const T* data;
  std::int64_t row_stride, class_stride;

  BroadcastRows(const Tensor& tensor, std::int64_t classes)
      : data(tensor.data<T>()) {
    const Shape& shape = tensor.shape();
    std::int64_t own_classes = shape.rank() > 0 ? shape[-1] : 1;
    std::int64_t own_rows = shape.rank() > 1 ? shape[-2] : 1;
    class_stride = own_classes == classes && own_classes != 1 ? 1 : 0;
    row_stride = own_rows == 1 ? 0 : own_classes;
  }

  /// One row, for the block to compute with.
  template <class C>
  const C* row(std::int64_t i, std::vector<C>& buffer) const {
    const T* from = data + i * row_stride;
    for (std::size_t j = 0; j < buffer.size(); ++j)
      buffer[j] =
          static_cast<C>(from[static_cast<std::int64_t>(j) * class_stride]);
    return buffer.data();
  }
};

/// log(Σ exp(shifted)) - shifted[j] is the loss of class j.
template <class T>
void cross_entropy(KernelContext& context) {
  using C = Compute<T>;
  const Shape& shape = context.output(1).shape();
  std::int64_t rows = shape[0], classes = shape[1];
  T* loss = context.out<T>(0).data();
  T* backprop = context.out<T>(1).data();
  if (classes == 0) std::fill_n(loss, rows, T(0));
  if (context.output(1).num_elements() == 0) return;
  BroadcastRows<T> logits(context.input(0), classes);
  BroadcastRows<T> labels(context.input(1), classes);
  for_each_block<C>(
      rows,
      classes,
      [=](Block<C>& block, std::int64_t first, std::int64_t count) {
        std::vector<C> buffer(static_cast<std::size_t>(classes));
        block.load_rows(count, [&](std::int64_t row) {
          return logits.row(first + row, buffer);
        });
        ConstValues<C> label(buffer.data(), classes);
        for (std::int64_t row = 0; row < count; ++row) {
          labels.row(first + row, buffer);
          C sum = block.sum(row);
          C log_sum = std::log(sum), scale = C(1) / sum;
          ConstValues<C> shifted(block.shifted(row), classes);
          loss[first + row] =
              static_cast<T>((label * (log_sum - shifted)).sum());
          const C* exponentials = block.exponentials(row);
          T* gradient = backprop + (first + row) * classes;
          for (std::int64_t j = 0; j < classes; ++j)
            gradient[j] = static_cast<T>(exponentials[j] * scale - label[j]);
        }
      });
}

template <class Label>
void check_labels(std::span<const Label> labels, std::int64_t classes) {
  auto outside = [&](Label label) { return label < 0 || label >= classes; };
  auto bad = std::find_if(labels.begin(), labels.end(), outside);
  if (bad == labels.end()) return;
  std::ostringstream all;
  for (Label label : labels) all << ' ' << label;
  throw InvalidArgumentError("Received a label value of ",
                             *bad,
                             " which is outside the valid range of [0, ",
                             classes,
                             ").  Label values:",
                             all.str());
}

template <class T, class Label>
void sparse_cross_entropy(KernelContext& context) {
  using C = Compute<T>;
  std::int64_t rows = context.input(0).shape()[0];
  std::int64_t classes = context.input(0).shape()[1];
  check_labels(context.in<Label>(1), classes);
  const T* logits = context.in<T>(0).data();
  const Label* labels = context.in<Label>(1).data();
  T* loss = context.out<T>(0).data();
  T* backprop = context.out<T>(1).data();
  for_each_block<C>(
      rows,
      classes,
      [=](Block<C>& block, std::int64_t first, std::int64_t count) {
        block.load(logits + first * classes, count);
        for (std::int64_t row = 0; row < count; ++row) {
          std::int64_t label = labels[first + row];
          const C* exponentials = block.exponentials(row);
          C sum = block.sum(row);
          C scale = C(1) / sum;
          loss[first + row] =
              static_cast<T>(std::log(sum) - block.shifted(row)[label]);
          T* gradient = backprop + (first + row) * classes;
          for (std::int64_t j = 0; j < classes; ++j)
            gradient[j] = static_cast<T>(exponentials[j] * scale);
          gradient[label] = static_cast<T>(exponentials[label] * scale - C(1));
        }
      });
}

template <class T>
void add_softmax(KernelRegistry& registry) {
  const DType dtype = dtype_of<T>;
  registry.add("Softmax", {{"T", dtype}}, softmax<T, false>);
  registry.add("LogSoftmax", {{"T", dtype}}, softmax<T, true>);
  registry.add(
      "SoftmaxCrossEntropyWithLogits", {{"T", dtype}}, cross_entropy<T>);
  registry.add("SparseSoftmaxCrossEntropyWithLogits",
               {{"T", dtype}, {"Tlabels", int32}},
               sparse_cross_entropy<T, std::int32_t>);
  registry.add("SparseSoftmaxCrossEntropyWithLogits",
               {{"T", dtype}, {"Tlabels", int64}},
               sparse_cross_entropy<T, std::int64_t>);
}

}  // namespace

void register_softmax_kernels(KernelRegistry& registry) {
  add_softmax<float>(registry);
  add_softmax<double>(registry);
  add_softmax<Half>(registry);
  add_softmax<BFloat16>(registry);
}

}  // namespace tern
