#include <atomic>
#include <mutex>

#include "graph/graph.h"
#include "graph/passes/optimize.h"
#include "graph/program/program.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/functional/functional_form.h"
#include "tern/core/error.h"

namespace tern {

struct GraphFunction::Cache {
  std::mutex mutex;
  // What the program was made of, if not of this:
  GraphFunctionPtr functional;  // TensorFlow 1's control flow turned into ops
  GraphFunctionPtr optimized;
  std::unique_ptr<Program> program;
  std::map<std::string, GraphFunctionPtr> variants;
};

GraphFunction::GraphFunction(std::string name,
                             std::shared_ptr<const Graph> graph,
                             std::vector<int> arguments,
                             std::vector<NodeOutput> outputs,
                             std::vector<int> control_outputs,
                             std::shared_ptr<const FunctionExtension> extension)
    : name_(std::move(name)),
      graph_(std::move(graph)),
      arguments_(std::move(arguments)),
      outputs_(std::move(outputs)),
      control_outputs_(std::move(control_outputs)),
      extension_(std::move(extension)),
      cache_(std::make_unique<Cache>()) {}

GraphFunction::~GraphFunction() = default;

std::vector<DType> GraphFunction::argument_types() const {
  std::vector<DType> types;
  for (int argument : arguments_)
    types.push_back(graph_->node(argument).output_types[0]);
  return types;
}

std::vector<DType> GraphFunction::output_types() const {
  std::vector<DType> types;
  for (const NodeOutput& output : outputs_)
    types.push_back(graph_->node(output.node)
                        .output_types[static_cast<std::size_t>(output.output)]);
  return types;
}

const Shape& GraphFunction::output_shape(std::size_t i) const {
  const NodeOutput& output = outputs_[i];
  return graph_->node(output.node)
      .output_shapes[static_cast<std::size_t>(output.output)];
}

const HandleInfo& GraphFunction::output_handle(std::size_t i) const {
  const NodeOutput& output = outputs_[i];
  return graph_->node(output.node)
      .output_handles[static_cast<std::size_t>(output.output)];
}

GraphFunctionPtr GraphFunction::owned(const GraphFunctionPtr& function) {
  std::shared_ptr<const void> group = function->group_.lock();
  return group ? GraphFunctionPtr(std::move(group), function.get()) : function;
}

bool GraphFunction::is_stateful() const {
  for (const Node& node : graph_->nodes())
    if (node.op->is_stateful()) return true;
  return false;
}

const Program& GraphFunction::program() const {
  std::scoped_lock lock(cache_->mutex);
  if (!cache_->program) {
    const GraphFunction* runs = this;
    if (v1::has_control_flow(*graph_)) {
      v1::FunctionalForm form = v1::functional_form(*this, states_);
      if (!form.function)
        throw UnimplementedError("Function '", name_, "': ", form.refusal);
      cache_->functional = form.function;
      runs = cache_->functional.get();
    }
    cache_->optimized = optimize(*runs);
    cache_->program = std::make_unique<Program>(
        cache_->optimized ? *cache_->optimized : *runs, states_.get());
  }
  return *cache_->program;
}

int GraphFunction::argument_of(int node) const {
  for (std::size_t i = 0; i < arguments_.size(); ++i)
    if (arguments_[i] == node) return static_cast<int>(i);
  return -1;
}

int GraphFunction::forwarded_argument(std::size_t output) const {
  const Node* node = &graph_->node(outputs_[output].node);
  while (node->op->name == "Identity")
    node = &graph_->node(node->inputs[0].node);
  return argument_of(node->id);
}

GraphFunctionPtr GraphFunction::variant(
    const std::string& key,
    const std::function<GraphFunctionPtr()>& make) const {
  constexpr std::size_t kMaxVariants = 64;
  {
    std::scoped_lock lock(cache_->mutex);
    auto it = cache_->variants.find(key);
    if (it != cache_->variants.end()) return it->second;
  }
  // The gradient of a function that calls itself would ask for itself.
  constexpr int kMaxNesting = 256;
  thread_local int nesting = 0;
  struct Nested {
    Nested() { ++nesting; }
    ~Nested() { --nesting; }
  } nested;
  if (nesting > kMaxNesting)
    throw UnimplementedError("Function '",
                             name_,
                             "': no variants of functions that call "
                             "themselves, or that are nested deeper than ",
                             kMaxNesting);
  GraphFunctionPtr made = make();
  std::scoped_lock lock(cache_->mutex);
  if (cache_->variants.size() >= kMaxVariants) cache_->variants.clear();
  return cache_->variants.emplace(key, std::move(made)).first->second;
}

std::string unique_function_name(std::string_view prefix) {
  static std::atomic<int> next{0};
  return "__inference_" + std::string(prefix) + "_" +
         std::to_string(next.fetch_add(1));
}

}  // namespace tern
