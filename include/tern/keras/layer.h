#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/core/nest.h"
#include "tern/keras/config.h"
#include "tern/keras/handle.h"
#include "tern/keras/initializers.h"
#include "tern/keras/regularizers.h"
#include "tern/module.h"

namespace tern::keras {

/// What a layer is called with beside its inputs.
struct CallArgs {
  std::optional<bool> training = {};
  Tensor mask = {};
};

/// What all layers take.
struct LayerOptions {
  Shape input_shape = Shape::unknown();
  std::string name = {};
  bool trainable = true;
  DType dtype = {};
};

struct WeightOptions {
  Initializer initializer = {};
  Regularizer regularizer = {};
  Constraint constraint = {};
  bool trainable = true;
  DType dtype = {};
};

class LayerBase;
struct LayerNode;

/// A layer, shared by its copies. Calling it builds its weights first if need
/// be, then computes. Called on Keras tensors (`Input`), it gives Keras tensors
/// and computes nothing: they say what a `Model` of them shall compute.
class Layer {
 public:
  Layer() = default;
  /// Gives the layer its name ("dense", "dense_1", …) if it has none.
  Layer(std::shared_ptr<LayerBase> impl);

  /// The outputs for `inputs`: `operator()` for one output, `apply` for any
  /// structure. Throws InvalidArgumentError where the shapes do not fit.
  Tensor operator()(const Nest& inputs, CallArgs arguments = {}) const;
  Nest apply(const Nest& inputs, CallArgs arguments = {}) const;
  /// Makes the weights for inputs of that shape, -1 for the batch.
  void build(const Shape& input_shape) const;
  bool built() const;
  /// The output's shape for an input's, without computing anything visible.
  Shape compute_output_shape(const Shape& input_shape) const;
  /// What makes an equal layer (without its weights' values).
  Config get_config() const;
  std::string name() const;
  /// Keras' name of the class: "Dense".
  std::string class_name() const;
  void set_trainable(bool trainable) const;
  bool trainable() const;
  /// Trainable weights first.
  Variables variables() const;
  Variables trainable_variables() const;
  Variables non_trainable_variables() const;
  /// The values of `variables()`.
  Tensors get_weights() const;
  /// Throws InvalidArgumentError when number or shapes differ.
  void set_weights(const Tensors& weights) const;
  std::int64_t count_params() const;
  std::vector<Layer> submodules() const;
  /// The Keras tensors of the layer's only call on some, a functional model's
  /// own. Throw FailedPreconditionError before it, InvalidArgumentError after
  /// several.
  Nest input() const;
  Nest output() const;

  LayerBase* impl() const { return impl_.get(); }
  std::shared_ptr<Module> module() const;
  /// Whether this handle holds a layer.
  explicit operator bool() const { return impl_ != nullptr; }

 protected:
  /// The layer, or FailedPreconditionError for an empty handle.
  LayerBase& get() const;

  std::shared_ptr<LayerBase> impl_;
};

/// The base of all layers, for users to derive from: override `build` (make
/// the weights), `call` and `get_config`.
class LayerBase : public Module,
                  public std::enable_shared_from_this<LayerBase> {
 public:
  using Face = Layer;
  using Options = LayerOptions;

  explicit LayerBase(LayerOptions options = {});
  /// Takes the four common fields of a layer's own options.
  template <class O>
  requires requires(const O& o) {
    o.input_shape;
    o.name;
    o.trainable;
    o.dtype;
  }
  explicit LayerBase(const O& o)
      : LayerBase(LayerOptions{.input_shape = o.input_shape,
                               .name = o.name,
                               .trainable = o.trainable,
                               .dtype = o.dtype}) {}

  virtual void build(const Shape& input_shape);
  /// One tensor in, one out.
  virtual Tensor call(const Tensor& x, const CallArgs& arguments);
  /// Any structure; the default is `call`.
  virtual Nest apply(const Nest& inputs, const CallArgs& arguments);
  /// Which steps of the outputs count, [batch, steps], where `mask` says it of
  /// the inputs. The default passes it on if the layer supports masks, else
  /// gives none.
  virtual Tensor compute_mask(const Nest& inputs, const Tensor& mask);
  virtual Config get_config() const;
  /// The default traces `apply`.
  virtual Shape compute_output_shape(const Shape& input_shape);
  /// Keras' class name: the C++ class's without namespaces and "Impl".
  virtual std::string class_name() const;
  /// Layers inside this one, in order of tracking.
  virtual std::vector<Layer> submodules() const;
  virtual Nest input() const;
  virtual Nest output() const;

  Variables variables() const override;
  Variables trainable_variables() const override;
  Variables non_trainable_variables() const;

  /// Builds if need be, checks and casts the inputs, computes.
  Nest invoke(const Nest& inputs, const CallArgs& arguments);
  /// Calls `build` unless that was done.
  void build_once(const Shape& input_shape);
  bool built() const { return built_; }
  void set_built() { built_ = true; }
  bool trainable() const { return trainable_; }
  virtual void set_trainable(bool trainable);
  /// float32 unless the options said otherwise.
  DType dtype() const { return dtype_; }
  /// The shape given as an option, without the batch; unknown otherwise.
  const Shape& input_shape_option() const { return input_shape_option_; }
  /// Shapes of the last build or call, unknown before.
  const Shape& input_shape() const { return input_shape_; }
  const Shape& output_shape() const { return output_shape_; }
  void set_shapes(const Shape& input, const Shape& output);
  /// Notes a call on Keras tensors, whose owners are those tensors. Returns
  /// its number.
  int add_node(const std::shared_ptr<const LayerNode>& node);
  /// The calls noted that still have owners.
  std::vector<std::shared_ptr<const LayerNode>> nodes() const;
  /// Gives the layer Keras' unique name for its class unless it has a name.
  void ensure_name();
  /// The penalties of this layer's regularized weights, one scalar each.
  virtual Tensors regularization_losses() const;
  /// Bends the weights that have a constraint.
  virtual void apply_constraints() const;
  /// Called for layers of a file that Keras 2 wrote: those that Keras 3 changed
  /// go on as Keras 2 had them.
  virtual void behave_as_keras_2();

 protected:
  /// A weight named "<layer>/<name>". Float weights start as the initializer
  /// says (glorot_uniform unless given), others as zeros.
  Variable add_weight(std::string name,
                      const Shape& shape,
                      WeightOptions options = {});
  /// What inputs must look like; checked at each call.
  struct InputSpec {
    int min_ndim = 0;
    std::int64_t last_dim = -1;
  };
  /// Whether floating-point inputs come in the layer's dtype, as they do
  /// unless told otherwise.
  void set_autocast(bool autocast) { autocast_ = autocast; }
  void set_supports_masking() { supports_masking_ = true; }
  void set_input_spec(InputSpec spec) { input_spec_ = spec; }
  void set_activity_regularizer(Regularizer regularizer) {
    activity_regularizer_ = std::move(regularizer);
  }

 private:
  std::shared_ptr<const LayerNode> only_node(const char* what) const;
  void check_inputs(const Tensors& inputs) const;
  Nest autocast(const Nest& inputs) const;

  Shape input_shape_option_;
  Shape input_shape_ = Shape::unknown();
  Shape output_shape_ = Shape::unknown();
  bool trainable_ = true;
  bool built_ = false;
  bool autocast_ = true;
  bool supports_masking_ = false;
  DType dtype_ = float32;
  InputSpec input_spec_;
  Regularizer activity_regularizer_;
  struct Weight {
    Variable variable;
    bool trainable;
    Regularizer regularizer;
    Constraint constraint;
  };
  std::vector<Weight> weights_;
  std::vector<std::weak_ptr<const LayerNode>> nodes_;
};

namespace backend {
/// Forgets the counters behind automatic names: the next layer is "dense".
void clear_session();
}  // namespace backend

}  // namespace tern::keras
