#include <atomic>
#include <iomanip>
#include <limits>
#include <list>
#include <mutex>
#include <optional>

#include "graph/gradient/call_gradient.h"
#include "graph/tracer.h"
#include "ops/random/random_seed.h"
#include "ops/state/variable_hooks.h"
#include "ops/weak_types.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"

namespace tern {
namespace {

std::atomic<bool> run_eagerly{false};

/// How often the function being traced on this thread was traced before; no
/// value outside of traces.
std::optional<int>& traces_before() {
  thread_local std::optional<int> count;
  return count;
}

void check_variable_creation(const Variable&) {
  if (traces_before().value_or(0) > 0)
    throw InvalidArgumentError(
        "tf.function-decorated function tried to create variables on non-first "
        "call. tf.function only supports singleton tf.Variables created on the "
        "first call. Make sure the tf.Variable is only created once or created "
        "outside tf.function. See "
        "https://www.tensorflow.org/guide/function#creating_tfvariables for "
        "more information.");
}

class TraceCount {
 public:
  explicit TraceCount(int before) : previous_(traces_before()) {
    traces_before() = before;
  }
  ~TraceCount() { traces_before() = previous_; }
  TraceCount(const TraceCount&) = delete;

 private:
  std::optional<int> previous_;
};

/// Whether what is traced for these specs serves these tensors.
bool accept(const std::vector<TensorSpec>& specs, const Tensors& tensors) {
  if (specs.size() != tensors.size()) return false;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Shape& shape = tensors[i].shape();
    if (specs[i].dtype != tensors[i].dtype()) return false;
    if (specs[i].shape != shape &&
        !(specs[i].shape.relax(shape) == specs[i].shape))
      return false;
  }
  return true;
}

}  // namespace

namespace detail {

/// One trace: the graph, what it captured and the structure of its results.
struct Trace {
  Nest arguments;      // symbols in the structure of the arguments
  std::string values;  // of the arguments that are no tensors
  std::vector<TensorSpec> specs;
  GraphFunctionPtr function;
  Tensors captured;
  Nest result;  // symbols in the structure of the results

  /// Made for this structure and these values of plain arguments.
  bool is_of_kind(const Nest& other, const std::string& other_values) const {
    return values == other_values && arguments.same_structure(other);
  }
  bool serves(const Nest& other,
              const Tensors& flat,
              const std::string& other_values) const {
    return accept(specs, flat) && is_of_kind(other, other_values);
  }

  /// Captures of an outer trace's symbols hold in that trace alone.
  bool is_valid_here() const {
    for (const Tensor& tensor : captured) {
      if (!tensor.is_symbolic()) continue;
      const GraphTensor* origin = graph_tensor(tensor);
      if (!origin) return false;
      bool in_scope = false;
      for (Interpreter* interpreter : dispatch().interpreters)
        if (auto* tracer = dynamic_cast<Tracer*>(interpreter))
          in_scope = in_scope || &tracer->graph() == origin->graph;
      if (!in_scope) return false;
    }
    return true;
  }
};

class TracedFunction {
 public:
  explicit TracedFunction(FunctionOptions options)
      : options_(std::move(options)) {}

  Nest call(const Nest& arguments,
            const std::string& values,
            NestCallable body) {
    if (run_eagerly) return body(arguments);
    Tensors flat = arguments.flatten();
    for (Tensor& tensor : flat) tensor = bind_literal(tensor);
    std::shared_ptr<const Trace> trace =
        find_or_trace(arguments, flat, values, body);
    flat.insert(flat.end(), trace->captured.begin(), trace->captured.end());
    return trace->result.pack(call_function(trace->function, std::move(flat)));
  }

 private:
  static constexpr std::size_t kMaxTraces = 128;

  std::shared_ptr<const Trace> find_or_trace(const Nest& arguments,
                                             const Tensors& flat,
                                             const std::string& values,
                                             NestCallable body) {
    // Recursive: the body may call this function for other arguments.
    std::scoped_lock lock(mutex_);
    for (auto it = traces_.begin(); it != traces_.end(); ++it) {
      if (!(*it)->serves(arguments, flat, values)) continue;
      if (!(*it)->is_valid_here()) {
        traces_.erase(it);
        break;
      }
      traces_.splice(traces_.begin(), traces_, it);
      return traces_.front();
    }
    std::vector<TensorSpec> specs = specs_of(flat);
    if (options_.reduce_retracing) relax(specs, arguments, values);
    auto trace = std::make_shared<Trace>(
        make_trace(arguments, flat, values, std::move(specs), body));
    traces_.push_front(trace);
    if (traces_.size() > kMaxTraces) traces_.pop_back();
    return trace;
  }

  /// The specs to trace for, which must take these tensors.
  std::vector<TensorSpec> specs_of(const Tensors& flat) const {
    std::vector<TensorSpec> specs;
    for (const Tensor& tensor : flat)
      specs.emplace_back(tensor.shape(), tensor.dtype());
    if (options_.input_signature.empty()) return specs;
    if (!accept(options_.input_signature, flat))
      throw InvalidArgumentError(
          "Python inputs incompatible with input_signature: inputs (",
          list(specs),
          "), input_signature (",
          list(options_.input_signature),
          ")");
    return options_.input_signature;
  }

  static std::string list(const std::vector<TensorSpec>& specs) {
    std::string text;
    for (const TensorSpec& spec : specs)
      text += (text.empty() ? "TensorSpec(shape=" : ", TensorSpec(shape=") +
              spec.shape.str() + ", dtype=" + std::string(spec.dtype.name()) +
              ")";
    return text;
  }

  /// Makes the specs general enough for earlier inputs of the same kind.
  void relax(std::vector<TensorSpec>& specs,
             const Nest& arguments,
             const std::string& values) const {
    for (const auto& trace : traces_) {
      if (!trace->is_of_kind(arguments, values)) continue;
      for (std::size_t i = 0; i < specs.size(); ++i)
        if (trace->specs[i].dtype == specs[i].dtype)
          specs[i].shape = specs[i].shape.relax(trace->specs[i].shape);
    }
  }

  Trace make_trace(const Nest& arguments,
                   const Tensors& flat,
                   const std::string& values,
                   std::vector<TensorSpec> specs,
                   NestCallable body) {
    TraceCount count(num_traces_);
    Tracer tracer(options_.name.empty() ? "function" : options_.name);
    GraphSeeds seeds{global_seed()};
    SeedScope seed_scope(&seeds);
    TraceScope scope(tracer);
    Tensors symbols;
    for (std::size_t i = 0; i < specs.size(); ++i)
      symbols.push_back(specs[i].dtype == resource || specs[i].dtype == variant
                            ? tracer.add_argument_like(flat[i])
                            : tracer.add_argument(specs[i]));
    Nest packed = arguments.pack(symbols);
    Nest result = body(packed);
    Tensors outputs;
    for (const Tensor& output : result.flatten()) {
      if (!output.defined())
        throw InvalidArgumentError(
            "a traced function returned a tensor that is not defined (None)");
      outputs.push_back(tracer.lift(output));
    }
    ++num_traces_;
    return Trace{std::move(packed),
                 values,
                 std::move(specs),
                 tracer.finish(outputs),
                 tracer.captured(),
                 result.pack(outputs)};
  }

  const FunctionOptions options_;
  std::recursive_mutex mutex_;
  std::list<std::shared_ptr<const Trace>> traces_;  // last used first
  int num_traces_ = 0;
};

std::shared_ptr<TracedFunction> make_traced_function(FunctionOptions options) {
  [[maybe_unused]] static const bool hooked =
      (on_variable_created() = check_variable_creation, true);
  return std::make_shared<TracedFunction>(std::move(options));
}

std::string exact_text(long double value) {
  return concat(
      std::setprecision(std::numeric_limits<long double>::max_digits10), value);
}

Nest call_traced(TracedFunction& function,
                 const Nest& arguments,
                 const std::string& values,
                 NestCallable body) {
  return function.call(arguments, values, body);
}

}  // namespace detail

Nest AnyFunction::operator()(const Nest& arguments) const {
  if (!call_) throw FailedPreconditionError("there is no function to call");
  return call_(arguments);
}

namespace config {
void run_functions_eagerly(bool eagerly) { run_eagerly = eagerly; }
bool functions_run_eagerly() { return run_eagerly; }
}  // namespace config

}  // namespace tern
