#include "graph/v1/functional/refine_shapes.h"

#include <algorithm>
#include <queue>

#include "graph/symbolic.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/functional/frames.h"
#include "tern/core/error.h"

namespace tern::v1 {
namespace {

/// Inferences for each node, on average. Loops settle in two rounds or three;
/// past this nothing is assumed of them.
constexpr std::size_t kMaxRounds = 16;

class Refiner {
 public:
  Refiner(Graph& graph, std::vector<int> order)
      : graph_(graph),
        order_(std::move(order)),
        place_(graph.size()),
        users_(graph.size()),
        queued_(graph.size(), false) {
    for (std::size_t i = 0; i < order_.size(); ++i)
      place_[index(order_[i])] = static_cast<int>(i);
    for (const Node& node : graph_.nodes())
      for (const NodeOutput& input : node.inputs)
        users_[index(input.node)].push_back(node.id);
  }

  void run() {
    for (const Node& node : graph_.nodes())
      if (int enter = entering(node); enter >= 0) {
        const Node& from = graph_.node(enter);
        graph_.node(node.id).output_shapes[0] = from.output_shapes[0];
        graph_.node(node.id).output_handles[0] = from.output_handles[0];
        starts_.push_back(node.id);
        queue_users(node.id);
      }
    settle(kMaxRounds * graph_.size());
    if (queue_.empty()) return;
    for (int merge : starts_) {
      graph_.node(merge).output_shapes[0] = Shape::unknown();
      queue_users(merge);
    }
    settle(kMaxRounds * graph_.size());
  }

 private:
  /// The Enter of a Merge that begins the steps of a loop, else -1.
  int entering(const Node& node) const {
    if (flow_of(node) != Flow::kMerge || node.inputs.size() != 2) return -1;
    for (int k : {0, 1})
      if (flow_of(graph_.node(node.inputs[index(k)].node)) == Flow::kEnter &&
          flow_of(graph_.node(node.inputs[index(1 - k)].node)) ==
              Flow::kNextIteration)
        return node.inputs[index(k)].node;
    return -1;
  }

  void queue_users(int id) {
    for (int user : users_[index(id)]) {
      if (queued_[index(user)]) continue;
      queued_[index(user)] = true;
      queue_.push(place_[index(user)]);
    }
  }

  void settle(std::size_t budget) {
    while (!queue_.empty() && budget-- > 0) {
      int id = order_[index(queue_.top())];
      queue_.pop();
      queued_[index(id)] = false;
      if (infer(graph_.node(id))) queue_users(id);
    }
  }

  /// Whether something about the outputs is new.
  bool infer(Node& node) {
    if (node.notes && node.output_shapes.size() != node.output_types.size())
      return false;
    std::vector<Shape> before = node.output_shapes;
    if (entering(node) >= 0) {
      for (const NodeOutput& input : node.inputs)
        node.output_shapes[0] = node.output_shapes[0].relax(
            graph_.node(input.node).output_shapes[index(input.output)]);
    } else {
      try {
        graph_.infer_outputs(node);
      } catch (const Error&) {
        // What was assumed may be wrong; if not, running it will say so.
        node.output_shapes.assign(before.size(), Shape::unknown());
      }
    }
    return !std::equal(before.begin(),
                       before.end(),
                       node.output_shapes.begin(),
                       node.output_shapes.end());
  }

  Graph& graph_;
  std::vector<int> order_;
  std::vector<int> place_;  // in the order, by node
  std::vector<std::vector<int>> users_;
  std::vector<bool> queued_;
  std::vector<int> starts_;
  std::priority_queue<int, std::vector<int>, std::greater<>> queue_;
};

}  // namespace

void refine_loop_shapes(Graph& graph) {
  install_symbolic_values();
  Refiner(graph, loop_order(graph)).run();
}

}  // namespace tern::v1
