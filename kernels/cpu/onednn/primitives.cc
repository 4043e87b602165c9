#include "kernels/cpu/onednn/primitives.h"

#include <string_view>

// Of the OpenMP runtime that oneDNN may be built on; null where it is not.
extern "C" [[gnu::weak]] void omp_set_num_threads(int threads);

namespace tern::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// This thread's stream. Tern cuts the work and has the threads: from here on,
/// OpenMP's loops run on the calling thread alone.
dnnl::stream& stream() {
  thread_local dnnl::stream stream = [] {
    if (omp_set_num_threads) omp_set_num_threads(1);
    return dnnl::stream(cpu());
  }();
  return stream;
}

/// Two or three spatial dimensions.
std::size_t first_axis(const Part& part) {
  const WindowAxis& depth = part.axes[0];
  return depth.input == 1 && depth.window == 1 && depth.output == 1 ? 1 : 0;
}

/// Channels last, whatever the number of dimensions.
memory::desc images(std::int64_t count,
                    std::int64_t channels,
                    const Dims& sizes) {
  Dims dims = {count, channels}, strides(sizes.size() + 2);
  dims.insert(dims.end(), sizes.begin(), sizes.end());
  std::int64_t stride = channels;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i + 2] = stride;
    stride *= sizes[i];
  }
  strides[0] = stride;
  strides[1] = 1;
  return memory::desc(dims, memory::data_type::f32, strides);
}

/// [outputs, inputs, taps…], the groups in front where there are several.
Dims filter_dims(const Part& part, std::size_t first) {
  Dims dims;
  if (part.groups > 1) dims.push_back(part.groups);
  dims.push_back(part.out_channels / part.groups);
  dims.push_back(part.in_channels / part.groups);
  for (std::size_t i = first; i < 3; ++i) dims.push_back(part.axes[i].window);
  return dims;
}

struct Geometry {
  explicit Geometry(const Part& part) {
    std::size_t first = first_axis(part);
    Dims inputs, outputs;
    for (std::size_t i = first; i < 3; ++i) {
      const WindowAxis& axis = part.axes[i];
      inputs.push_back(axis.input);
      outputs.push_back(axis.output);
      strides.push_back(axis.stride);
      dilations.push_back(axis.dilation - 1);
      before.push_back(axis.before);
      after.push_back(part.after[i]);
    }
    input = images(part.images, part.in_channels, inputs);
    output = images(part.images, part.out_channels, outputs);
    filter = memory::desc(filter_dims(part, first),
                          memory::data_type::f32,
                          memory::format_tag::any);
  }
  memory::desc input, output, filter;
  Dims strides, dilations, before, after;
};

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
using Forward = dnnl::convolution_forward;
using BackpropInput = dnnl::convolution_backward_data;
using BackpropFilter = dnnl::convolution_backward_weights;

#if DNNL_VERSION_MAJOR >= 3
Forward::primitive_desc forward(const Geometry& g) {
  return Forward::primitive_desc(cpu(),
                                 dnnl::prop_kind::forward_training,
                                 kAlgorithm,
                                 g.input,
                                 g.filter,
                                 g.output,
                                 g.strides,
                                 g.dilations,
                                 g.before,
                                 g.after);
}
template <class Backward>
auto backward(const Geometry& g) {
  return typename Backward::primitive_desc(cpu(),
                                           kAlgorithm,
                                           g.input,
                                           g.filter,
                                           g.output,
                                           g.strides,
                                           g.dilations,
                                           g.before,
                                           g.after,
                                           forward(g));
}
#else
Forward::primitive_desc forward(const Geometry& g) {
  return Forward::primitive_desc(
      Forward::desc(dnnl::prop_kind::forward_training,
                    kAlgorithm,
                    g.input,
                    g.filter,
                    g.output,
                    g.strides,
                    g.dilations,
                    g.before,
                    g.after),
      cpu());
}
template <class Backward>
auto backward(const Geometry& g) {
  return typename Backward::primitive_desc(typename Backward::desc(kAlgorithm,
                                                                   g.input,
                                                                   g.filter,
                                                                   g.output,
                                                                   g.strides,
                                                                   g.dilations,
                                                                   g.before,
                                                                   g.after),
                                           cpu(),
                                           forward(g));
}
#endif

bool is_reference(const char* implementation) {
  return std::string_view(implementation).find("ref") != std::string_view::npos;
}

}  // namespace

Part::Part(Direction direction, const Convolution& s)
    : direction(direction),
      images(s.batch),
      in_channels(s.in_channels),
      out_channels(s.out_channels),
      groups(s.groups),
      axes(s.axes) {
  complete();
}

void Part::complete() {
  for (std::size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = axes[i];
    after[i] = (axis.output - 1) * axis.stride +
               (axis.window - 1) * axis.dilation + 1 - axis.input - axis.before;
  }
}

std::array<std::int64_t, 26> Part::key() const {
  std::array<std::int64_t, 26> key = {static_cast<std::int64_t>(direction),
                                      images,
                                      in_channels,
                                      out_channels,
                                      groups};
  std::size_t i = 5;
  for (const WindowAxis& axis : axes)
    for (std::int64_t size : {axis.input,
                              axis.window,
                              axis.stride,
                              axis.dilation,
                              axis.output,
                              axis.before})
      key[i++] = size;
  return key;
}

Primitive::Primitive(const Part& part) {
  stream();  // sets the number of threads that primitives are made for
  Geometry g(part);
  int input = DNNL_ARG_SRC, filter = DNNL_ARG_WEIGHTS, output = DNNL_ARG_DST;
  switch (part.direction) {
    case Direction::kForward: {
      auto desc = forward(g);
      filter_ = desc.weights_desc();
      is_fast_ = !is_reference(desc.impl_info_str());
      primitive_ = Forward(desc);
      break;
    }
    case Direction::kBackpropInput: {
      auto desc = backward<BackpropInput>(g);
      filter_ = desc.weights_desc();
      is_fast_ = !is_reference(desc.impl_info_str());
      primitive_ = BackpropInput(desc);
      input = DNNL_ARG_DIFF_SRC;
      output = DNNL_ARG_DIFF_DST;
      break;
    }
    case Direction::kBackpropFilter: {
      auto desc = backward<BackpropFilter>(g);
      filter_ = desc.diff_weights_desc();
      is_fast_ = !is_reference(desc.impl_info_str());
      primitive_ = BackpropFilter(desc);
      filter = DNNL_ARG_DIFF_WEIGHTS;
      output = DNNL_ARG_DIFF_DST;
      break;
    }
  }
  input_memory_ = memory(g.input, cpu(), DNNL_MEMORY_NONE);
  filter_memory_ = memory(filter_, cpu(), DNNL_MEMORY_NONE);
  output_memory_ = memory(g.output, cpu(), DNNL_MEMORY_NONE);
  arguments_ = {{input, input_memory_},
                {filter, filter_memory_},
                {output, output_memory_}};
}

void Primitive::run(const float* input,
                    const float* filter,
                    const float* output) {
  input_memory_.set_data_handle(const_cast<float*>(input));
  filter_memory_.set_data_handle(const_cast<float*>(filter));
  output_memory_.set_data_handle(const_cast<float*>(output));
  primitive_.execute(stream(), arguments_);
  stream().wait();
}

Primitive& primitive_for(const Part& part) {
  constexpr std::size_t kMost = 512;
  struct Entry {
    std::unique_ptr<Primitive> primitive;
    std::int64_t used = 0;
  };
  struct Cache {
    std::map<std::array<std::int64_t, 26>, Entry> entries;
    std::int64_t clock = 0;
  };
  thread_local Cache cache;
  auto key = part.key();
  auto found = cache.entries.find(key);
  if (found == cache.entries.end()) {
    if (cache.entries.size() >= kMost) {
      auto oldest = cache.entries.begin();
      for (auto it = oldest; it != cache.entries.end(); ++it)
        if (it->second.used < oldest->second.used) oldest = it;
      cache.entries.erase(oldest);
    }
    auto made = std::make_unique<Primitive>(part);
    found = cache.entries.emplace(key, Entry{std::move(made)}).first;
  }
  found->second.used = ++cache.clock;
  return *found->second.primitive;
}

memory::desc filter_layout(const Convolution& s, std::int64_t out_channels) {
  Part part(Direction::kForward, s);
  part.out_channels = out_channels;
  std::size_t first = first_axis(part);
  Dims dims = filter_dims(part, first), strides(dims.size());
  std::size_t outputs = s.groups > 1 ? 1 : 0;
  if (outputs > 0) strides[0] = s.group_outputs();
  strides[outputs] = 1;
  strides[outputs + 1] = s.out_channels;
  std::int64_t stride = s.out_channels * s.group_inputs();
  for (std::size_t i = dims.size(); i-- > outputs + 2;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return memory::desc(dims, memory::data_type::f32, strides);
}

void reorder(const memory::desc& from_layout,
             const float* from,
             const memory::desc& to_layout,
             float* to) {
  dnnl::stream& this_stream = stream();
  memory source(from_layout, cpu(), const_cast<float*>(from));
  memory target(to_layout, cpu(), to);
  dnnl::reorder(source, target).execute(this_stream, source, target);
  this_stream.wait();
}

}  // namespace tern::onednn
