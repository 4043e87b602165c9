#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tern/graph/function.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/layer.h"
#include "tern/keras/losses.h"
#include "tern/keras/metrics.h"
#include "tern/keras/optimizers.h"

namespace tern::keras {

class ModelBase;

/// Inputs, targets and, if any, sample weights.
class Examples {
 public:
  Examples() = default;
  Examples(Nest x, Nest y, Nest sample_weight = {})
      : x(std::move(x)),
        y(std::move(y)),
        sample_weight(std::move(sample_weight)) {}
  bool is_given() const { return x.kind() != 'n'; }

  Nest x, y, sample_weight;
};

struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  PerOutput<Loss> loss = {};
  PerOutput<double> loss_weights = {};
  PerOutput<Metric> metrics = {};
  /// Metrics that count examples by their sample weights.
  PerOutput<Metric> weighted_metrics = {};
  /// Runs the steps op by op instead of as one graph.
  bool run_eagerly = false;
  /// Batches between two calls of the callbacks' batch hooks.
  int steps_per_execution = 1;
};

struct FitOptions {
  std::optional<std::int64_t> batch_size = {};
  int epochs = 1;
  int verbose = 1;
  std::vector<Callback> callbacks = {};
  double validation_split = 0;
  Examples validation_data = {};
  bool shuffle = true;
  std::map<int, double> class_weight = {};
  Nest sample_weight = {};
  int initial_epoch = 0;
  std::optional<std::int64_t> steps_per_epoch = {};
  int validation_freq = 1;  ///< epochs from one validation to the next
  int workers = 1;
};

struct EvaluateOptions {
  std::optional<std::int64_t> batch_size = {};
  int verbose = 1;
  Nest sample_weight = {};
  std::vector<Callback> callbacks = {};
};

struct SaveOptions {
  bool overwrite = true;
  bool include_optimizer = true;
  std::string save_format = {};
};

struct SummaryOptions {
  int line_length = 0;  ///< 0: 65, or 98 with a column of connections
  /// Where columns end, as shares of the line or in characters.
  std::vector<double> positions = {};
  /// Gets the lines; std::cout unless given.
  std::function<void(const std::string&)> print_fn = {};
  bool expand_nested = false;  ///< shows the layers of models within
  bool show_trainable = false;
};

struct BatchOptions {
  bool reset_metrics = true;
};

/// What fit saw: one value an epoch for each log ("loss", "val_loss", …).
struct History {
  std::map<std::string, std::vector<double>> history;
  std::vector<int> epoch;
};

struct ModelOptions {
  std::string name = {};
  bool trainable = true;
};

/// A model that can be trained, evaluated, asked and saved; shared by its
/// copies. The batch size is 32 unless given. It takes one tensor, a list, or
/// tensors by the names of its inputs; targets go by position or by the names
/// of its outputs, which are those of the layers that give them.
class Model : public Layer {
 public:
  Model() = default;
  /// A functional model: what computes the Keras tensors `outputs` from those
  /// of `inputs`. Layers called more than once share their weights; any Keras
  /// tensors on the way may be inputs or outputs of further models. Throws
  /// InvalidArgumentError where an output needs an input that is not given.
  ///
  ///     Tensor x = Input({4});
  ///     Model model(x, layers::Dense(1)(layers::Dense(8)(x)));
  Model(const Nest& inputs, const Nest& outputs, ModelOptions options = {});
  Model(std::shared_ptr<ModelBase> impl);

  /// Chooses optimizer, loss and metrics. The weights stay.
  void compile(CompileOptions options = {}) const;
  /// Trains on tensors whose first dimension counts examples. Throws
  /// FailedPreconditionError before `compile`, InvalidArgumentError where
  /// sizes or shapes do not fit.
  History fit(const Nest& x, const Nest& y, FitOptions options = {}) const;
  /// Loss and metrics on x and y.
  Logs evaluate(const Nest& x,
                const Nest& y,
                EvaluateOptions options = {}) const;
  /// The outputs for all examples of x.
  Nest predict(const Nest& x, EvaluateOptions options = {}) const;
  Tensor predict_on_batch(const Nest& x) const;
  /// One step; losses and metrics since their last reset.
  Logs train_on_batch(const Nest& x, const Nest& y) const;
  Logs test_on_batch(const Nest& x,
                     const Nest& y,
                     BatchOptions options = {}) const;
  void reset_metrics() const;
  /// Prints the table of layers.
  void summary(SummaryOptions options = {}) const;

  /// Writes configuration, weights and optimizer state to "*.h5". Throws
  /// UnimplementedError for other formats, AlreadyExistsError for an existing
  /// file unless `overwrite`.
  void save(const std::string& path, SaveOptions options = {}) const;
  void save_weights(const std::string& path, SaveOptions options = {}) const;
  /// Takes the weights from a file of either. Throws NotFoundError without
  /// the file, DataLossError for a damaged one, InvalidArgumentError when it
  /// does not fit; then no weight has changed.
  void load_weights(const std::string& path) const;
  /// The architecture, without weights.
  std::string to_json() const;

  std::vector<Layer> layers() const;
  /// Throws NotFoundError, naming the layers there are.
  Layer get_layer(std::string_view name) const;
  /// The optimizer given to `compile`.
  Optimizer optimizer() const;
  /// "loss", "<output>_loss" of several outputs, and the names of the metrics
  /// (then "<output>_<metric>").
  std::vector<std::string> metrics_names() const;
  /// Shapes with the batch, (None, 15). Throw FailedPreconditionError before
  /// the model is built.
  Shape input_shape() const;
  Shape output_shape() const;
  /// Makes `fit` end after the epoch; for callbacks.
  void stop_training() const;

  ModelBase* impl() const;

 protected:
  ModelBase& get() const;
};

class Trainer;

/// The base of all models, for users to derive from: `track` layers, override
/// `call`.
class ModelBase : public LayerBase {
 public:
  using Face = Model;

  explicit ModelBase(LayerOptions options = {});
  ~ModelBase() override;

  /// The layers in the order of their weights; submodules unless overridden.
  virtual std::vector<Layer> layers() const;
  /// Layer by layer, each one's trainable weights first.
  Variables variables() const override;
  /// What losses and metrics call the outputs; empty where the model does not
  /// say.
  virtual std::vector<std::string> output_names() const { return {}; }

  /// What compile made; null before.
  Trainer* trainer() const { return trainer_.get(); }
  void set_trainer(std::unique_ptr<Trainer> trainer);
  /// The outputs for a batch, from a traced step.
  Nest predict_step(const Nest& x);
  bool stop_training = false;

 protected:
  /// Losses and later layers leave out what the mask beside an output does.
  static void note_mask(const Nest& output, const Tensor& mask);
  /// To be called when the layers change: traced steps are forgotten.
  void forget_steps();

 private:
  std::unique_ptr<Trainer> trainer_;
  Function<Nest(Nest)> predict_function_;
};

/// Layers one after another. The weights are made as soon as the input's shape
/// is known: from the first layer's `input_shape`, an InputLayer, or the first
/// call.
class Sequential : public Model {
 public:
  Sequential();
  Sequential(std::initializer_list<Layer> layers, ModelOptions options = {});
  explicit Sequential(const std::vector<Layer>& layers,
                      ModelOptions options = {});
  /// Throws InvalidArgumentError for a second layer of the same name.
  void add(const Layer& layer);
};

/// Makes a layer, a loss or a metric that is not Keras' own from its
/// configuration; a function stands for a loss, a metric or an activation.
class CustomObject {
 public:
  using LayerFactory = std::function<Layer(const Config&)>;
  using BinaryFunction = std::function<Tensor(const Tensor&, const Tensor&)>;
  using UnaryFunction = std::function<Tensor(const Tensor&)>;

  template <class F>
  requires std::is_invocable_r_v<Layer, F, const Config&> CustomObject(
      F factory)
      : layer(std::move(factory)) {}
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&, const Tensor&>
  CustomObject(F function) : binary(std::move(function)) {}
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&> CustomObject(
      F function)
      : unary(std::move(function)) {}

  LayerFactory layer;
  BinaryFunction binary;
  UnaryFunction unary;
};

struct LoadOptions {
  std::map<std::string, CustomObject> custom_objects = {};
  bool compile = true;
};

namespace models {

using keras::Model, keras::Sequential;

/// The model of a file written by `Model::save` or by Keras 2 or 3 (.h5), with
/// its optimizer. Throws as `load_weights` does, and NotFoundError for classes
/// it does not know.
Model load_model(const std::string& path, LoadOptions options = {});
Model model_from_json(const std::string& json, LoadOptions options = {});

}  // namespace models

/// Makes a class or function known to all later loads.
void register_keras_serializable(std::string name, CustomObject object);

namespace utils {
/// The seconds that progress bars show; for tests. Empty: the system's.
void set_progress_clock(std::function<double()> clock);
}  // namespace utils

}  // namespace tern::keras
