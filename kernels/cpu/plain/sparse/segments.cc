// Sums and means of chosen rows by segment: lookups of embeddings.

#include <algorithm>
#include <cmath>

#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

enum class Weight { kSum, kMean, kSqrtN };

double scale_of(Weight weight, std::int64_t count) {
  if (weight == Weight::kMean) return 1.0 / static_cast<double>(count);
  if (weight == Weight::kSqrtN)
    return 1.0 / std::sqrt(static_cast<double>(count));
  return 1;
}

std::int64_t row_size(const Tensor& tensor) {
  std::int64_t size = 1;
  for (std::int64_t dim : tensor.shape().slice(1)) size *= dim;
  return size;
}

/// Rows indices[k] of the data belong to segment ids[k], which do not
/// decrease; begins[s] is the first k of segment s.
struct Segments {
  Indices indices, begins;
  std::int64_t count = 0;

  Segments(const KernelContext& c, std::int64_t num_rows) {
    indices = integers_of(c.input(1));
    const Indices ids = integers_of(c.input(2));
    if (ids.size() != indices.size())
      throw InvalidArgumentError(
          "segment_ids and indices should have same size.");
    count = ids.empty() ? 0 : ids.back() + 1;
    if (c.num_inputs() > 3) {
      const std::int64_t wanted = c.host_int(3);
      if (wanted < 0)
        throw InvalidArgumentError("num_segments must be >= 0, got ", wanted);
      if (count > wanted)
        throw InvalidArgumentError("segment ids must be < num_segments");
      count = wanted;
    }
    if (count > (std::int64_t{1} << 40))
      throw InvalidArgumentError("Segment id ", count - 1, " is too large");
    begins.assign(static_cast<std::size_t>(count) + 1, 0);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (ids[k] < 0) throw InvalidArgumentError("segment ids must be >= 0");
      // `begins` ends with the last id, which none may exceed.
      if ((k > 0 && ids[k] < ids[k - 1]) || ids[k] > ids.back())
        throw InvalidArgumentError("segment ids are not increasing");
      if (indices[k] < 0 || indices[k] >= num_rows)
        throw InvalidArgumentError("Bad: indices[",
                                   k,
                                   "] == ",
                                   indices[k],
                                   " out of range [0, ",
                                   num_rows,
                                   ")");
      ++begins[static_cast<std::size_t>(ids[k]) + 1];
    }
    for (std::size_t s = 1; s < begins.size(); ++s) begins[s] += begins[s - 1];
  }
};

template <class W>
void reduce_rows(const W* data,
                 const Segments& segments,
                 std::int64_t width,
                 Weight weight,
                 W* out) {
  const std::int64_t grain =
      std::max<std::int64_t>(1, (1 << 13) / std::max<std::int64_t>(1, width));
  parallel_for(
      segments.count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t s = begin; s < end; ++s) {
          W* to = out + s * width;
          std::fill(to, to + width, W());
          const std::int64_t first =
              segments.begins[static_cast<std::size_t>(s)];
          const std::int64_t last =
              segments.begins[static_cast<std::size_t>(s) + 1];
          for (std::int64_t k = first; k < last; ++k) {
            const W* from =
                data + segments.indices[static_cast<std::size_t>(k)] * width;
            for (std::int64_t i = 0; i < width; ++i) to[i] += from[i];
          }
          if (weight == Weight::kSum || last == first) continue;
          const auto scale = static_cast<W>(scale_of(weight, last - first));
          for (std::int64_t i = 0; i < width; ++i) to[i] *= scale;
        }
      });
}

template <Weight weight>
void reduce(KernelContext& c) {
  const Tensor& data = c.input(0);
  const std::int64_t width = row_size(data);
  Segments segments(c, data.shape()[0]);
  Shape shape = data.shape();
  shape.set_dim(0, segments.count);
  Tensor& out = c.allocate_output(0, shape);
  if (data.dtype() == float32)
    return reduce_rows(
        data.data<float>(), segments, width, weight, out.data<float>());
  visit_wide(data.dtype(), [&]<class W>(W) {
    if constexpr (std::is_arithmetic_v<W>) {
      auto values = wide_values<W>(data);
      std::vector<W> result(static_cast<std::size_t>(out.num_elements()));
      reduce_rows(values.data(), segments, width, weight, result.data());
      set_values(std::span<const W>(result), out);
    } else {
      throw UnimplementedError("segments of complex numbers");
    }
  });
}

/// Each row gets the gradients of the segments it took part in, `place` says
/// where it is in the result.
template <class Place>
void spread(KernelContext& c, Weight weight, Tensor& out, Place place) {
  const Tensor& gradient = c.input(0);
  const Indices ids = integers_of(c.input(2));
  const std::int64_t segments = gradient.shape()[0];
  const std::int64_t width = row_size(gradient);
  Indices counts(static_cast<std::size_t>(segments), 0);
  for (std::int64_t id : ids) {
    if (id < 0 || id >= segments)
      throw InvalidArgumentError(
          "Segment id ", id, " out of range [0, ", segments, ")");
    ++counts[static_cast<std::size_t>(id)];
  }
  auto dy = wide_values<double>(gradient);
  std::vector<double> result(static_cast<std::size_t>(out.num_elements()));
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const double scale =
        scale_of(weight, counts[static_cast<std::size_t>(ids[k])]);
    const double* from = dy.data() + ids[k] * width;
    double* to = result.data() + place(k) * width;
    for (std::int64_t i = 0; i < width; ++i) to[i] += from[i] * scale;
  }
  set_values(std::span<const double>(result), out);
}

Indices checked_indices(const KernelContext& c, std::int64_t rows) {
  Indices indices = integers_of(c.input(1));
  if (c.input(2).num_elements() != static_cast<std::int64_t>(indices.size()))
    throw InvalidArgumentError(
        "segment_ids and indices should have same size.");
  for (std::int64_t index : indices)
    if (index < 0 || index >= rows)
      throw InvalidArgumentError(
          "Index ", index, " out of range [0, ", rows, ").");
  return indices;
}

template <Weight weight>
void gradient(KernelContext& c) {
  const std::int64_t rows = c.host_int(3);
  Shape shape = c.input(0).shape();
  if (rows < 0)
    throw InvalidArgumentError("output_dim0 must not be negative, got ", rows);
  const Indices indices = checked_indices(c, rows);
  shape.set_dim(0, rows);
  spread(c, weight, c.allocate_output(0, shape), [&](std::size_t k) {
    return indices[k];
  });
}

/// Only the rows that took part, in order of their indices.
template <Weight weight>
void gradient_v2(KernelContext& c) {
  const Indices indices = checked_indices(c, c.host_int(3));
  Indices unique = indices;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  Shape shape = c.input(0).shape();
  const auto count = static_cast<std::int64_t>(unique.size());
  shape.set_dim(0, count);
  Tensor& places = c.allocate_output(1, {count});
  set_values(std::span<const std::int64_t>(unique), places);
  spread(c, weight, c.allocate_output(0, shape), [&](std::size_t k) {
    return std::lower_bound(unique.begin(), unique.end(), indices[k]) -
           unique.begin();
  });
}

template <Weight weight>
void add_kernels(KernelRegistry& registry, const std::string& name) {
  registry.add(name, {}, reduce<weight>);
  registry.add(name + "WithNumSegments", {}, reduce<weight>);
  registry.add(name + "Grad", {}, gradient<weight>);
  registry.add(name + "GradV2", {}, gradient_v2<weight>);
}

}  // namespace

void register_sparse_segments_kernels(KernelRegistry& registry) {
  add_kernels<Weight::kSum>(registry, "SparseSegmentSum");
  add_kernels<Weight::kMean>(registry, "SparseSegmentMean");
  add_kernels<Weight::kSqrtN>(registry, "SparseSegmentSqrtN");
}

}  // namespace tern
