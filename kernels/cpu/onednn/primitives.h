#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "kernels/common/convolution.h"

// oneDNN's convolutions, one thread each.

namespace tern::onednn {

enum class Direction { kForward, kBackpropInput, kBackpropFilter };

/// What one primitive computes: a part of the images, rows or channels of a
/// convolution. A key of the cache.
struct Part {
  Direction direction = Direction::kForward;
  std::int64_t images = 0, in_channels = 0, out_channels = 0, groups = 1;
  std::array<WindowAxis, 3> axes;
  std::array<std::int64_t, 3> after = {};  // padding behind the input

  Part() = default;
  Part(Direction direction, const Convolution& s);
  /// Sets `after` to what the sizes leave.
  void complete();
  std::array<std::int64_t, 26> key() const;
};

/// A primitive with the memory objects of its operands. Of one thread.
class Primitive {
 public:
  /// Throws dnnl::error where oneDNN lacks it.
  explicit Primitive(const Part& part);

  /// Whether oneDNN has more than a reference implementation.
  bool is_fast() const { return is_fast_; }
  /// The layout in which it takes or makes the filter.
  const dnnl::memory::desc& filter() const { return filter_; }
  /// All in place of DNNL's names: images in, filter, images out; which of
  /// them is computed is the direction's choice.
  void run(const float* input, const float* filter, const float* output);

 private:
  dnnl::primitive primitive_;
  dnnl::memory::desc filter_;
  dnnl::memory input_memory_, filter_memory_, output_memory_;
  std::unordered_map<int, dnnl::memory> arguments_;
  bool is_fast_ = false;
};

/// This thread's primitive for a part; the least recently used ones are
/// dropped.
Primitive& primitive_for(const Part& part);

/// Tern's layout of a filter, or of `out_channels` of the filter of `s`.
dnnl::memory::desc filter_layout(const Convolution& s,
                                 std::int64_t out_channels);

/// Copies between layouts, on this thread.
void reorder(const dnnl::memory::desc& from_layout,
             const float* from,
             const dnnl::memory::desc& to_layout,
             float* to);

}  // namespace tern::onednn
