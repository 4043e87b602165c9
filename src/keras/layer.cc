#include "tern/keras/layer.h"

#include <typeinfo>

#include "keras/functional/keras_tensor.h"
#include "keras/initial_value.h"
#include "keras/naming.h"
#include "keras/training/step_scope.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// The shape of the first tensor: what `build` is told.
Shape first_shape(const Nest& inputs) {
  Tensors flat = inputs.flatten();
  return flat.empty() ? Shape::unknown() : flat[0].shape();
}

/// A shape with another batch size than the one called with still fits, so
/// the batch is forgotten.
Shape without_batch(Shape shape) {
  if (shape.rank() > 0) shape.set_dim(0, -1);
  return shape;
}

}  // namespace

// ------------------------------------------------------------------ handle

Layer::Layer(std::shared_ptr<LayerBase> impl) : impl_(std::move(impl)) {
  if (impl_) impl_->ensure_name();
}

LayerBase& Layer::get() const {
  if (!impl_) throw FailedPreconditionError("this Layer handle is empty");
  return *impl_;
}

Tensor Layer::operator()(const Nest& inputs, CallArgs arguments) const {
  return get().invoke(inputs, arguments).tensor();
}

Nest Layer::apply(const Nest& inputs, CallArgs arguments) const {
  return get().invoke(inputs, arguments);
}

void Layer::build(const Shape& input_shape) const {
  get().build_once(input_shape);
}

bool Layer::built() const { return get().built(); }

Shape Layer::compute_output_shape(const Shape& input_shape) const {
  return get().compute_output_shape(input_shape);
}

Config Layer::get_config() const { return get().get_config(); }
std::string Layer::name() const { return get().name(); }
std::string Layer::class_name() const { return get().class_name(); }

void Layer::set_trainable(bool trainable) const {
  get().set_trainable(trainable);
}

bool Layer::trainable() const { return get().trainable(); }
Variables Layer::variables() const { return get().variables(); }

Variables Layer::trainable_variables() const {
  return get().trainable_variables();
}

Variables Layer::non_trainable_variables() const {
  return get().non_trainable_variables();
}

Tensors Layer::get_weights() const {
  Tensors values;
  for (const Variable& variable : variables())
    values.push_back(variable.read());
  return values;
}

void Layer::set_weights(const Tensors& weights) const {
  Variables targets = variables();
  if (targets.size() != weights.size())
    throw InvalidArgumentError("You called `set_weights(weights)` on layer '",
                               name(),
                               "' with a weight list of length ",
                               weights.size(),
                               ", but the layer was expecting ",
                               targets.size(),
                               " weights.");
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (!(targets[i].shape() == weights[i].shape()))
      throw InvalidArgumentError(
          "Layer ",
          name(),
          " weight shape ",
          targets[i].shape(),
          " is not compatible with provided weight shape ",
          weights[i].shape(),
          ".");
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets[i].assign(weights[i]);
}

std::int64_t Layer::count_params() const {
  std::int64_t count = 0;
  for (const Variable& variable : variables())
    count += variable.shape().num_elements();
  return count;
}

std::vector<Layer> Layer::submodules() const { return get().submodules(); }

Nest Layer::input() const { return get().input(); }
Nest Layer::output() const { return get().output(); }

std::shared_ptr<Module> Layer::module() const { return impl_; }

// -------------------------------------------------------------------- base

LayerBase::LayerBase(LayerOptions options)
    : Module(std::move(options.name)),
      input_shape_option_(options.input_shape),
      trainable_(options.trainable),
      dtype_(options.dtype == DType{} ? float32 : options.dtype) {}

void LayerBase::build(const Shape&) {}

Tensor LayerBase::call(const Tensor& x, const CallArgs&) { return x; }

Nest LayerBase::apply(const Nest& inputs, const CallArgs& arguments) {
  return call(inputs.tensor(), arguments);
}

Tensor LayerBase::compute_mask(const Nest&, const Tensor& mask) {
  return supports_masking_ ? mask : Tensor();
}

Config LayerBase::get_config() const {
  return Config::object({{"name", name()},
                         {"trainable", trainable_},
                         {"dtype", std::string(dtype_.name())}});
}

Shape LayerBase::compute_output_shape(const Shape& input_shape) {
  build_once(input_shape);
  Tensor input = Tensor::symbolic(dtype_, input_shape, nullptr);
  return infer_outputs(*this, input).tensor().shape();
}

std::string LayerBase::class_name() const {
  return class_name_of(typeid(*this));
}

std::vector<Layer> LayerBase::submodules() const {
  std::vector<Layer> layers;
  for (const Child& child : children())
    if (auto layer = std::dynamic_pointer_cast<LayerBase>(child.module))
      layers.emplace_back(std::move(layer));
  return layers;
}

Variables LayerBase::trainable_variables() const {
  if (!trainable_) return {};
  Variables all;
  for (const Weight& weight : weights_)
    if (weight.trainable) all.push_back(weight.variable);
  for (const Variable& variable : Module::trainable_variables())
    all.push_back(variable);
  return all;
}

Variables LayerBase::non_trainable_variables() const {
  Variables all;
  for (const Weight& weight : weights_)
    if (!trainable_ || !weight.trainable) all.push_back(weight.variable);
  Variables trainable = Module::trainable_variables();
  for (const Variable& variable : Module::variables()) {
    bool trains = false;
    for (const Variable& other : trainable)
      trains = trains || other.same_as(variable);
    if (!trainable_ || !trains) all.push_back(variable);
  }
  return all;
}

Variables LayerBase::variables() const {
  Variables all = trainable_variables();
  for (const Variable& variable : non_trainable_variables())
    all.push_back(variable);
  return all;
}

void LayerBase::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (const Layer& layer : submodules()) layer.set_trainable(trainable);
}

void LayerBase::ensure_name() {
  if (name().empty()) set_name(unique_name(to_snake_case(class_name())));
}

void LayerBase::set_shapes(const Shape& input, const Shape& output) {
  input_shape_ = input;
  output_shape_ = output;
}

int LayerBase::add_node(const std::shared_ptr<const LayerNode>& node) {
  nodes_.push_back(node);
  return static_cast<int>(nodes_.size()) - 1;
}

std::vector<std::shared_ptr<const LayerNode>> LayerBase::nodes() const {
  std::vector<std::shared_ptr<const LayerNode>> alive;
  for (const auto& node : nodes_)
    if (auto owned = node.lock()) alive.push_back(std::move(owned));
  return alive;
}

std::shared_ptr<const LayerNode> LayerBase::only_node(const char* what) const {
  auto alive = nodes();
  if (alive.empty())
    throw FailedPreconditionError("The layer ",
                                  name(),
                                  " has never been called and thus has no "
                                  "defined ",
                                  what,
                                  ".");
  if (alive.size() > 1)
    throw InvalidArgumentError("Layer ",
                               name(),
                               " has multiple inbound nodes, hence the notion "
                               "of \"layer ",
                               what,
                               "\" is ill-defined.");
  return alive[0];
}

Nest LayerBase::input() const { return only_node("input")->inputs; }
Nest LayerBase::output() const { return outputs_of(only_node("output")); }

void LayerBase::build_once(const Shape& input_shape) {
  if (built_) return;
  build(input_shape);
  built_ = true;
}

Nest LayerBase::invoke(const Nest& inputs, const CallArgs& arguments) {
  if (has_keras_tensor(inputs))
    return call_on_keras_tensors(*this, inputs, arguments);
  check_inputs(inputs.flatten());
  if (!built_) build_once(first_shape(inputs));
  Nest outputs = apply(autocast(inputs), arguments);
  if (!output_shape_.has_rank())
    set_shapes(without_batch(first_shape(inputs)),
               without_batch(first_shape(outputs)));
  StepScope* step = StepScope::current();
  if (step && activity_regularizer_.is_given()) {
    for (const Tensor& output : outputs.flatten()) {
      // A mean over the batch, so that the penalty does not grow with it.
      Tensor batch = cast(shape(output)[0], output.dtype());
      step->add_loss(activity_regularizer_(output) / batch);
    }
  }
  return outputs;
}

void LayerBase::check_inputs(const Tensors& inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape();
    if (!shape.has_rank()) continue;
    if (shape.rank() < input_spec_.min_ndim)
      throw InvalidArgumentError(
          "Input ",
          i,
          " of layer \"",
          name(),
          "\" is incompatible with the layer: expected min_ndim=",
          input_spec_.min_ndim,
          ", found ndim=",
          shape.rank(),
          ". Full shape received: ",
          shape);
    if (input_spec_.last_dim >= 0 && shape[-1] >= 0 &&
        shape[-1] != input_spec_.last_dim)
      throw InvalidArgumentError(
          "Input ",
          i,
          " of layer \"",
          name(),
          "\" is incompatible with the layer: expected axis -1 of input shape "
          "to have value ",
          input_spec_.last_dim,
          ", but received input with shape ",
          shape);
  }
}

Nest LayerBase::autocast(const Nest& inputs) const {
  auto wants_cast = [&](const Tensor& x) {
    return autocast_ && x.dtype().is_floating() && !(x.dtype() == dtype_);
  };
  if (inputs.is_tensor())
    return wants_cast(inputs.tensor()) ? Nest(cast(inputs.tensor(), dtype_))
                                       : inputs;
  return inputs.map(
      [&](const Tensor& x) { return wants_cast(x) ? cast(x, dtype_) : x; });
}

Variable LayerBase::add_weight(std::string name,
                               const Shape& shape,
                               WeightOptions options) {
  if (!shape.is_fully_known())
    throw InvalidArgumentError(
        "Shapes used to initialize variables must be fully-defined (no `None` "
        "dimensions). Received: shape=",
        shape,
        " for variable path='",
        this->name(),
        "/",
        name,
        "'");
  DType dtype = options.dtype == DType{} ? dtype_ : options.dtype;
  if (!options.initializer.is_given())
    options.initializer = dtype.is_floating() ? "glorot_uniform" : "zeros";
  std::string path = this->name().empty() ? name : this->name() + "/" + name;
  Variable variable(
      initial_value([&] { return options.initializer(shape, dtype); }),
      {.trainable = options.trainable, .name = path});
  weights_.push_back({variable,
                      options.trainable,
                      std::move(options.regularizer),
                      std::move(options.constraint)});
  return variable;
}

Tensors LayerBase::regularization_losses() const {
  Tensors losses;
  for (const Weight& weight : weights_)
    if (weight.regularizer.is_given() && weight.trainable && trainable_)
      losses.push_back(weight.regularizer(weight.variable));
  for (const Layer& layer : submodules())
    for (const Tensor& loss : layer.impl()->regularization_losses())
      losses.push_back(loss);
  return losses;
}

void LayerBase::apply_constraints() const {
  for (const Weight& weight : weights_)
    if (weight.constraint.is_given())
      weight.variable.assign(weight.constraint(weight.variable));
  for (const Layer& layer : submodules()) layer.impl()->apply_constraints();
}

void LayerBase::behave_as_keras_2() {
  for (const Layer& layer : submodules()) layer.impl()->behave_as_keras_2();
}

}  // namespace tern::keras
