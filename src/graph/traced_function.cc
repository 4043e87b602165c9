#include <atomic>
#include <list>
#include <mutex>
#include <optional>

#include "graph/gradient/call_gradient.h"
#include "graph/tracer.h"
#include "ops/random/random_seed.h"
#include "ops/state/variable_hooks.h"
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
        "tf.function only supports singleton tf.Variables created on the first "
        "call. Make sure the tf.Variable is only created once or created "
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

Tensor bind_literal(const Tensor& tensor) {
  return tensor.is_weak() ? tensor.clone() : tensor;
}

}  // namespace

namespace detail {

/// One trace: the graph, what it captured and the structure of its results.
struct Trace {
  std::string key;
  std::vector<TensorSpec> specs;
  GraphFunctionPtr function;
  Tensors captured;
  Nest result;  // symbols in the structure of the results

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
            const std::function<Nest(const Nest&)>& body) {
    if (run_eagerly) return body(arguments);
    Tensors flat = arguments.flatten();
    for (Tensor& tensor : flat) tensor = bind_literal(tensor);
    std::shared_ptr<const Trace> trace = find_or_trace(
        arguments, flat, values + '|' + arguments.structure(), body);
    flat.insert(flat.end(), trace->captured.begin(), trace->captured.end());
    return trace->result.pack(call_function(trace->function, flat));
  }

 private:
  static constexpr std::size_t kMaxTraces = 128;

  std::shared_ptr<const Trace> find_or_trace(
      const Nest& arguments,
      const Tensors& flat,
      const std::string& key,
      const std::function<Nest(const Nest&)>& body) {
    // Recursive: the body may call this function for other arguments.
    std::scoped_lock lock(mutex_);
    std::vector<TensorSpec> specs = specs_of(flat);
    for (auto it = traces_.begin(); it != traces_.end(); ++it) {
      if ((*it)->key != key || !accepts((*it)->specs, specs)) continue;
      if (!(*it)->is_valid_here()) {
        traces_.erase(it);
        break;
      }
      traces_.splice(traces_.begin(), traces_, it);
      return traces_.front();
    }
    if (options_.reduce_retracing) relax(specs, key);
    auto trace = std::make_shared<Trace>(
        make_trace(arguments, flat, key, std::move(specs), body));
    traces_.push_front(trace);
    if (traces_.size() > kMaxTraces) traces_.pop_back();
    return trace;
  }

  std::vector<TensorSpec> specs_of(const Tensors& flat) const {
    std::vector<TensorSpec> specs;
    for (const Tensor& tensor : flat)
      specs.emplace_back(tensor.shape(), tensor.dtype());
    if (options_.input_signature.empty()) return specs;
    const auto& signature = options_.input_signature;
    bool fits = signature.size() == specs.size();
    for (std::size_t i = 0; i < specs.size() && fits; ++i)
      fits = specs[i].dtype == signature[i].dtype &&
             signature[i].shape.is_compatible_with(specs[i].shape);
    if (!fits)
      throw InvalidArgumentError(
          "Python inputs incompatible with input_signature: inputs (",
          list(specs),
          "), input_signature (",
          list(signature),
          ")");
    return signature;
  }

  static std::string list(const std::vector<TensorSpec>& specs) {
    std::string text;
    for (const TensorSpec& spec : specs)
      text += (text.empty() ? "TensorSpec(shape=" : ", TensorSpec(shape=") +
              spec.shape.str() + ", dtype=" + std::string(spec.dtype.name()) +
              ")";
    return text;
  }

  /// Whether a trace for `general` serves inputs of these specs.
  static bool accepts(const std::vector<TensorSpec>& general,
                      const std::vector<TensorSpec>& specs) {
    if (general.size() != specs.size()) return false;
    for (std::size_t i = 0; i < specs.size(); ++i)
      if (!(general[i].dtype == specs[i].dtype) ||
          !(general[i].shape.relax(specs[i].shape) == general[i].shape))
        return false;
    return true;
  }

  /// Makes the specs general enough for earlier inputs of the same kind.
  void relax(std::vector<TensorSpec>& specs, const std::string& key) const {
    for (const auto& trace : traces_) {
      if (trace->key != key || trace->specs.size() != specs.size()) continue;
      for (std::size_t i = 0; i < specs.size(); ++i)
        if (trace->specs[i].dtype == specs[i].dtype)
          specs[i].shape = specs[i].shape.relax(trace->specs[i].shape);
    }
  }

  Trace make_trace(const Nest& arguments,
                   const Tensors& flat,
                   const std::string& key,
                   std::vector<TensorSpec> specs,
                   const std::function<Nest(const Nest&)>& body) {
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
    Nest result = body(arguments.pack(symbols));
    Tensors outputs;
    for (const Tensor& output : result.flatten()) {
      if (!output.defined())
        throw InvalidArgumentError(
            "a traced function returned a tensor that is not defined (None)");
      outputs.push_back(tracer.lift(output));
    }
    ++num_traces_;
    return Trace{key,
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

Nest call_traced(TracedFunction& function,
                 const Nest& arguments,
                 const std::string& values,
                 const std::function<Nest(const Nest&)>& body) {
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
