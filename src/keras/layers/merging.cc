#include "tern/keras/merging.h"

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// Inputs as a list, with rank made equal.
class MergeImpl : public LayerBase {
 public:
  explicit MergeImpl(LayerOptions options) : LayerBase(std::move(options)) {
    set_built();
  }

  Nest apply(const Nest& inputs, const CallArgs&) override {
    Tensors list = inputs.flatten();
    if (list.size() < 2)
      throw InvalidArgumentError(
          "A merge layer should be called on a list of at least 2 inputs. "
          "Received ",
          list.size(),
          " inputs.");
    return Nest(merge(list));
  }

 protected:
  virtual Tensor merge(const Tensors& inputs) const = 0;
};

Tensors of_equal_rank(Tensors inputs) {
  int rank = 0;
  for (const Tensor& x : inputs) rank = std::max(rank, x.shape().rank());
  for (Tensor& x : inputs)
    while (x.shape().has_rank() && x.shape().rank() < rank)
      x = expand_dims(x, 1);
  return inputs;
}

using Binary = Tensor (*)(const Tensor&, const Tensor&);

Tensor plus(const Tensor& a, const Tensor& b) { return a + b; }
Tensor minus(const Tensor& a, const Tensor& b) { return a - b; }
Tensor times(const Tensor& a, const Tensor& b) { return a * b; }
Tensor larger(const Tensor& a, const Tensor& b) { return maximum(a, b); }
Tensor smaller(const Tensor& a, const Tensor& b) { return minimum(a, b); }

/// What one of Add, …, Minimum does.
struct Merging {
  const char* class_name;
  Binary combine;
  bool is_mean = false;
  bool takes_two = false;
};

constexpr Merging kMergings[] = {
    {"Add", plus},
    {"Subtract", minus, false, true},
    {"Multiply", times},
    {"Average", plus, true},
    {"Maximum", larger},
    {"Minimum", smaller},
};
enum Which { kAdd, kSubtract, kMultiply, kAverage, kMaximum, kMinimum };

class ElementwiseImpl : public MergeImpl {
 public:
  ElementwiseImpl(const Merging& merging, LayerOptions options)
      : MergeImpl(std::move(options)), merging_(merging) {}

  std::string class_name() const override { return merging_.class_name; }

 protected:
  Tensor merge(const Tensors& inputs) const override {
    if (merging_.takes_two && inputs.size() != 2)
      throw InvalidArgumentError(
          "A `",
          merging_.class_name,
          "` layer should be called on exactly 2 inputs. Received: ",
          inputs.size(),
          " inputs");
    Tensors list = of_equal_rank(inputs);
    Tensor result = list[0];
    for (std::size_t i = 1; i < list.size(); ++i)
      result = merging_.combine(result, list[i]);
    return merging_.is_mean ? result / static_cast<double>(list.size())
                            : result;
  }

 private:
  const Merging& merging_;
};

class ConcatenateImpl : public MergeImpl {
 public:
  ConcatenateImpl(int axis, LayerOptions options)
      : MergeImpl(std::move(options)), axis_(axis) {}

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axis"] = axis_;
    return config;
  }

 protected:
  Tensor merge(const Tensors& inputs) const override {
    return concat(inputs, axis_);
  }

 private:
  int axis_;
};

class DotImpl : public MergeImpl {
 public:
  DotImpl(Ints axes, bool normalize, LayerOptions options)
      : MergeImpl(std::move(options)),
        axes_(std::move(axes)),
        normalize_(normalize) {
    if (axes_.values().size() != (axes_.is_scalar() ? 1u : 2u))
      throw InvalidArgumentError(
          "Invalid format for argument `axes`: it should contain two elements. "
          "Received: ",
          axes_.values().size());
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["axes"] =
        axes_.is_scalar() ? Config(axes_.values()[0]) : list_of(axes_.values());
    config["normalize"] = normalize_;
    return config;
  }

 protected:
  Tensor merge(const Tensors& inputs) const override {
    if (inputs.size() != 2)
      throw InvalidArgumentError(
          "A `Dot` layer should be called on exactly 2 inputs. Received: ",
          inputs.size(),
          " inputs");
    // Letters: the batch, the axis summed over, then the others.
    std::string terms[2], result = "b";
    Tensors operands;
    char next = 'c';
    for (std::size_t i : {0u, 1u}) {
      const Tensor& x = inputs[i];
      int rank = x.shape().rank();
      auto given = axes_.values()[axes_.is_scalar() ? 0 : i];
      auto axis = static_cast<int>(given < 0 ? given + rank : given);
      if (axis < 1 || axis >= rank)
        throw InvalidArgumentError("Dot: axis ",
                                   given,
                                   " is not one of an input of shape ",
                                   x.shape(),
                                   " behind the batch");
      for (int d = 0; d < rank; ++d) {
        char letter = d == 0 ? 'b' : d == axis ? 'a' : next++;
        terms[i] += letter;
        if (d > 0 && d != axis) result += letter;
      }
      operands.push_back(normalize_ ? normalized(x, axis) : x);
    }
    Tensor y = einsum(terms[0] + "," + terms[1] + "->" + result, operands);
    return result.size() == 1 ? expand_dims(y, 1) : y;
  }

 private:
  static Tensor normalized(const Tensor& x, int axis) {
    Tensor squares = reduce_sum(square(x), {.axis = axis, .keepdims = true});
    return x * math::rsqrt(maximum(squares, 1e-12));
  }

  Ints axes_;
  bool normalize_;
};

std::shared_ptr<ElementwiseImpl> elementwise(Which which,
                                             LayerOptions options) {
  return std::make_shared<ElementwiseImpl>(kMergings[which],
                                           std::move(options));
}

template <Which which>
Layer elementwise_from_config(const Config& config) {
  return Layer(elementwise(which, common_options(config)));
}

template <class Options>
LayerOptions common(const Options& o) {
  return {.name = o.name, .trainable = o.trainable, .dtype = o.dtype};
}

}  // namespace

layers::Add::Add(LayerOptions options)
    : Layer(elementwise(kAdd, std::move(options))) {}
layers::Subtract::Subtract(LayerOptions options)
    : Layer(elementwise(kSubtract, std::move(options))) {}
layers::Multiply::Multiply(LayerOptions options)
    : Layer(elementwise(kMultiply, std::move(options))) {}
layers::Average::Average(LayerOptions options)
    : Layer(elementwise(kAverage, std::move(options))) {}
layers::Maximum::Maximum(LayerOptions options)
    : Layer(elementwise(kMaximum, std::move(options))) {}
layers::Minimum::Minimum(LayerOptions options)
    : Layer(elementwise(kMinimum, std::move(options))) {}
layers::Concatenate::Concatenate(ConcatenateOptions options)
    : Layer(std::make_shared<ConcatenateImpl>(options.axis, common(options))) {}
layers::Dot::Dot(Ints axes, DotOptions options)
    : Layer(std::make_shared<DotImpl>(
          std::move(axes), options.normalize, common(options))) {}

void register_merging_objects(ObjectRegistry& registry) {
  registry.add_layer("Add", elementwise_from_config<kAdd>);
  registry.add_layer("Subtract", elementwise_from_config<kSubtract>);
  registry.add_layer("Multiply", elementwise_from_config<kMultiply>);
  registry.add_layer("Average", elementwise_from_config<kAverage>);
  registry.add_layer("Maximum", elementwise_from_config<kMaximum>);
  registry.add_layer("Minimum", elementwise_from_config<kMinimum>);
  registry.add_layer("Concatenate", [](const Config& config) {
    return Layer(std::make_shared<ConcatenateImpl>(config.get<int>("axis", -1),
                                                   common_options(config)));
  });
  registry.add_layer("Dot", [](const Config& config) {
    Config axes = part(config, "axes");
    return Layer(std::make_shared<DotImpl>(axes.is_number()
                                               ? Ints(axes.get<std::int64_t>())
                                               : Ints(integers(axes)),
                                           config.get("normalize", false),
                                           common_options(config)));
  });
}

}  // namespace tern::keras
