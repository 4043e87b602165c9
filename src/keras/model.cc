#include "tern/keras/model.h"

#include <algorithm>
#include <iostream>

#include "keras/saving/saving.h"
#include "keras/summary.h"
#include "keras/training/step_scope.h"
#include "keras/training/trainer.h"
#include "tern/core/error.h"

namespace tern::keras {

// ------------------------------------------------------------------ handle

Model::Model(std::shared_ptr<ModelBase> impl) : Layer(std::move(impl)) {}

ModelBase* Model::impl() const { return static_cast<ModelBase*>(impl_.get()); }

ModelBase& Model::get() const { return static_cast<ModelBase&>(Layer::get()); }

void Model::compile(CompileOptions options) const {
  ModelBase& model = get();
  model.set_trainer(std::make_unique<Trainer>(model, std::move(options)));
}

void Model::summary(SummaryOptions options) const {
  if (!options.print_fn)
    options.print_fn = [](const std::string& line) {
      std::cout << line << '\n';
    };
  print_summary(get(), std::move(options));
  std::cout << std::flush;
}

void Model::save(const std::string& path, SaveOptions options) const {
  save_model(*this, path, options);
}

void Model::save_weights(const std::string& path, SaveOptions options) const {
  keras::save_weights(*this, path, options);
}

void Model::load_weights(const std::string& path) const {
  keras::load_weights(*this, path);
}

std::string Model::to_json() const { return model_json(*this); }

std::vector<Layer> Model::layers() const { return get().layers(); }

Layer Model::get_layer(std::string_view name) const {
  std::string names;
  for (const Layer& layer : layers()) {
    if (layer.name() == name) return layer;
    names += (names.empty() ? "'" : ", '") + layer.name() + "'";
  }
  throw NotFoundError(
      "No such layer: ", name, ". Existing layers are: [", names, "].");
}

Optimizer Model::optimizer() const {
  Trainer* trainer = get().trainer();
  return trainer ? trainer->optimizer() : Optimizer();
}

std::vector<std::string> Model::metrics_names() const {
  Trainer* trainer = get().trainer();
  return trainer ? trainer->metrics_names() : std::vector<std::string>();
}

Shape Model::input_shape() const {
  const Shape& shape = get().input_shape();
  if (!shape.has_rank())
    throw FailedPreconditionError("The model \"",
                                  name(),
                                  "\" has never been called and has no "
                                  "defined input shape.");
  return shape;
}

Shape Model::output_shape() const {
  const Shape& shape = get().output_shape();
  if (!shape.has_rank())
    throw FailedPreconditionError("The model \"",
                                  name(),
                                  "\" has never been called and has no "
                                  "defined output shape.");
  return shape;
}

void Model::stop_training() const { get().stop_training = true; }

// -------------------------------------------------------------------- base

ModelBase::ModelBase(LayerOptions options) : LayerBase(std::move(options)) {
  forget_steps();
}

ModelBase::~ModelBase() = default;

std::vector<Layer> ModelBase::layers() const { return LayerBase::submodules(); }

Variables ModelBase::variables() const {
  Variables all;
  auto add = [&](const Variables& variables) {
    for (const Variable& variable : variables)
      if (std::none_of(all.begin(), all.end(), [&](const Variable& other) {
            return other.same_as(variable);
          }))
        all.push_back(variable);
  };
  for (const Layer& layer : layers()) add(layer.variables());
  add(LayerBase::variables());  // those of the model itself
  return all;
}

void ModelBase::set_trainer(std::unique_ptr<Trainer> trainer) {
  trainer_ = std::move(trainer);
}

void ModelBase::note_mask(const Nest& output, const Tensor& mask) {
  if (StepScope* step = StepScope::current(); step && mask.defined())
    step->note_mask(output.tensor(), mask);
}

void ModelBase::forget_steps() {
  auto predict = [this](const Nest& x) {
    return invoke(x, {.training = false});
  };
  predict_function_ = tern::function(
      predict, {.reduce_retracing = true, .name = "predict_step"});
  if (trainer_)
    trainer_ = std::make_unique<Trainer>(*this, trainer_->options());
}

Nest ModelBase::predict_step(const Nest& x) {
  // Weights are made outside of the trace.
  if (!built()) build_once(x.flatten().at(0).shape());
  if (trainer_ && trainer_->options().run_eagerly)
    return invoke(x, {.training = false});
  return predict_function_(x);
}

}  // namespace tern::keras
