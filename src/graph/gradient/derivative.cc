#include "graph/gradient/derivative.h"

#include <optional>

#include "autodiff/differentiable.h"
#include "graph/tracer.h"
#include "ops/state/handle_info.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::string key_of(const std::vector<bool>& watched) {
  std::string key = "derivative:";
  for (bool w : watched) key += w ? '1' : '0';
  return key;
}

/// What is traced of the backward pass before it is finished.
struct Backward {
  Tracer tracer;
  Tensors outputs;
  std::shared_ptr<Derivative> derivative;
};

std::vector<int> watched_arguments(const GraphFunction& f,
                                   const std::vector<bool>& watched) {
  std::vector<int> result;
  std::vector<DType> types = f.argument_types();
  for (std::size_t i = 0; i < types.size(); ++i)
    if (i < watched.size() && watched[i] && is_differentiable(types[i]))
      result.push_back(static_cast<int>(i));
  return result;
}

/// Adds a gradient to the backward function's outputs.
void append_part(Backward& backward, int argument, const Gradient& gradient) {
  if (gradient.is_none()) return;
  backward.derivative->dx.push_back({argument, gradient.is_sparse()});
  if (gradient.is_sparse()) {
    const IndexedSlices& slices = gradient.slices();
    Tensor dense_shape = slices.dense_shape;
    for (const Tensor& part : {slices.values, slices.indices, dense_shape})
      backward.outputs.push_back(part);
  } else {
    backward.outputs.push_back(gradient.dense());
  }
}

/// Handles of one variable that both passes see stay one argument.
void finish_backward(Backward& backward,
                     Tracer& forward,
                     const Tensors& arguments,
                     Tensors& saved) {
  // Captures of the backward trace are symbols of the forward one: arguments
  // are given again by the caller, the others become extra outputs. The
  // backward function takes them in that order.
  GraphFunctionPtr traced = backward.tracer.finish(backward.outputs);
  std::size_t num_dy = backward.derivative->dy_outputs.size();
  std::vector<int> order(
      traced->arguments().begin(),
      traced->arguments().begin() + static_cast<std::ptrdiff_t>(num_dy));
  std::vector<int> saved_nodes;
  for (const Tracer::Capture& capture : backward.tracer.captures()) {
    int kept = -1;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (graph_tensor(arguments[i])->source ==
          graph_tensor(forward.lift(capture.outer))->source)
        kept = static_cast<int>(i);
    if (kept >= 0) {
      backward.derivative->kept_arguments.push_back(kept);
      order.push_back(capture.node);
    } else {
      saved.push_back(capture.outer);
      saved_nodes.push_back(capture.node);
    }
  }
  order.insert(order.end(), saved_nodes.begin(), saved_nodes.end());
  auto graph = std::shared_ptr<const Graph>(traced, &traced->graph());
  backward.derivative->backward =
      std::make_shared<GraphFunction>(traced->name(),
                                      graph,
                                      std::move(order),
                                      traced->outputs(),
                                      traced->control_outputs());
}

GraphFunctionPtr derive(const GraphFunction& f,
                        const std::vector<bool>& watched) {
  Tracer forward("forward_" + f.name(), Tracer::Values::kEmbed);
  auto derivative = std::make_shared<Derivative>();
  derivative->num_outputs = f.outputs().size();
  derivative->previous =
      std::dynamic_pointer_cast<const Derivative>(f.extension());
  std::vector<int> sources = watched_arguments(f, watched);

  TraceScope trace(forward);
  Tensors arguments;
  for (int node : f.arguments())
    arguments.push_back(forward.add_argument_like(
        symbol_of(f.graph(), {node, 0}), f.graph().node(node).name));
  GradientTape tape({.watch_accessed_variables = false});
  Tensors source_tensors;
  for (int i : sources) {
    source_tensors.push_back(arguments[static_cast<std::size_t>(i)]);
    tape.watch(source_tensors.back());
  }
  Replay replay(f, arguments);
  Tensors outputs = replay.outputs();

  Backward backward{
      Tracer("backward_" + f.name(), Tracer::Values::kEmbed), {}, derivative};
  {
    InterpreterScope scope(&backward.tracer);
    Tensors targets, dy;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      // A handle passed through carries no value of its own.
      if (!is_differentiable(outputs[i].dtype()) ||
          outputs[i].dtype() == resource)
        continue;
      derivative->dy_outputs.push_back(static_cast<int>(i));
      targets.push_back(forward.lift(outputs[i]));
      dy.push_back(backward.tracer.add_argument_like(targets.back(), "dy"));
    }
    std::vector<Gradient> dx =
        tape.gradients(targets, source_tensors, {.output_gradients = dy});
    for (std::size_t i = 0; i < sources.size(); ++i)
      append_part(backward, sources[i], dx[i]);
    for (Tensor& output : backward.outputs)
      output = backward.tracer.lift(output);
  }
  Tensors all_outputs = outputs, saved;
  finish_backward(backward, forward, arguments, saved);
  all_outputs.insert(all_outputs.end(), saved.begin(), saved.end());
  derivative->num_saved = saved.size();
  return forward.finish(all_outputs, derivative);
}

}  // namespace

std::vector<Gradient> Derivative::unflatten(const Tensors& flat) const {
  std::vector<Gradient> gradients;
  std::size_t next = 0;
  for (const Part& part : dx) {
    if (part.sparse) {
      gradients.emplace_back(
          IndexedSlices{flat[next], flat[next + 1], flat[next + 2]});
      next += 3;
    } else {
      gradients.emplace_back(flat[next++]);
    }
  }
  return gradients;
}

GraphFunctionPtr forward_variant(const GraphFunction& f,
                                 const std::vector<bool>& watched) {
  return f.variant(key_of(watched), [&] { return derive(f, watched); });
}

std::string key_of_specs(const Tensors& like) {
  std::string key;
  for (const Tensor& tensor : like) {
    HandleInfo handle = handle_info(tensor);
    key += detail::concat(tensor.dtype().name(),
                          tensor.shape(),
                          handle.dtype.name(),
                          handle.shape,
                          ';');
  }
  return key;
}

const Derivative& derivative_of(const GraphFunction& forward) {
  return dynamic_cast<const Derivative&>(*forward.extension());
}

}  // namespace tern
