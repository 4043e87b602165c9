#include "graph/v1/frame_interpreter.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <unordered_map>

#include "graph/v1/control_flow.h"
#include "tern/core/error.h"

namespace tern::v1 {
namespace {

/// What has arrived at a node in one step.
struct Arrivals {
  Tensors inputs;
  int missing = 0;  // edges that have brought nothing yet; of a Merge: control
  int dead_inputs = 0;
  int live_input = -1;  // of a Merge: the first
  bool dead = false;
  bool fired = false;
};

struct Frame;

/// One step of a loop; the graph outside of loops is a step, too.
struct Step {
  std::unordered_map<int, Arrivals> arrivals;
  std::map<std::string, std::unique_ptr<Frame>> frames;
  int queued = 0;  // nodes that are about to run
  bool is_idle() const { return queued == 0 && frames.empty(); }
};

/// A loop that runs.
struct Frame {
  Frame* parent = nullptr;
  int parent_step = 0;
  std::string name;
  std::deque<Step> steps;
  int first_step = 0;  // number of steps[0]: those before are over
  int enters_to_come = 0;
  std::map<int, Tensor> invariants;  // by Enter node: there in each step
  std::map<int, bool> exits;         // by node: whether it came alive

  Step& step(int number) {
    return steps[static_cast<std::size_t>(number - first_step)];
  }
  int end() const { return first_step + static_cast<int>(steps.size()); }
};

}  // namespace

class FrameInterpreter::Execution {
 public:
  Execution(const FrameInterpreter& plan,
            const std::map<int, std::vector<Tensor>>& fed,
            const Run& run,
            const Observe& observe)
      : plan_(plan), fed_(fed), run_(run), observe_(observe) {}

  void operator()() {
    root_.steps.emplace_back();
    for (int id : plan_.needed_) {
      const Node& node = plan_.graph_.node(id);
      if (fed_.contains(id) ||
          (node.inputs.empty() && node.control_inputs.empty()))
        enqueue(root_, 0, id, false);
    }
    while (!queue_.empty()) {
      Ready ready = queue_.front();
      queue_.pop_front();
      fire(ready);
      --ready.frame->step(ready.step).queued;
      settle(ready.frame);
    }
  }

 private:
  struct Ready {
    Frame* frame;
    int step;
    int node;
    bool dead;
  };

  void enqueue(Frame& frame, int step, int node, bool dead) {
    ++frame.step(step).queued;
    queue_.push_back({&frame, step, node, dead});
  }

  void fire(const Ready& ready) {
    const Node& node = plan_.graph_.node(ready.node);
    std::vector<Tensor> outputs(node.output_types.size());
    if (!ready.dead) outputs = outputs_of(ready, node);
    if (!ready.dead) observe_(node, outputs);
    Frame& frame = *ready.frame;
    if (fed_.contains(ready.node)) {
      send(frame, ready.step, node, outputs, false);
      return;
    }
    switch (flow_of(node)) {
      case Flow::kEnter:
        enter(frame, ready, node, outputs);
        return;
      case Flow::kExit:
        if (!frame.parent)
          throw InvalidArgumentError("Exit '", node.name, "' is in no loop");
        frame.exits[node.id] = frame.exits[node.id] || !ready.dead;
        if (!ready.dead)
          send(*frame.parent, frame.parent_step, node, outputs, false);
        return;
      case Flow::kNextIteration:
        if (ready.dead) return;  // the loop ends
        if (!frame.parent)
          throw InvalidArgumentError(
              "NextIteration '", node.name, "' is in no loop");
        begin_step(frame, ready.step + 1);
        send(frame, ready.step + 1, node, outputs, false);
        return;
      default:
        send(frame, ready.step, node, outputs, ready.dead);
    }
  }

  std::vector<Tensor> outputs_of(const Ready& ready, const Node& node) {
    if (auto fed = fed_.find(node.id); fed != fed_.end()) return fed->second;
    Arrivals& arrivals = ready.frame->step(ready.step).arrivals[node.id];
    Tensors inputs = std::move(arrivals.inputs);
    inputs.resize(node.inputs.size());
    switch (flow_of(node)) {
      case Flow::kNone:
        return run_(node, inputs);
      case Flow::kSwitch: {
        bool taken = inputs[1].item<bool>();
        return taken ? std::vector<Tensor>{Tensor(), inputs[0]}
                     : std::vector<Tensor>{inputs[0], Tensor()};
      }
      case Flow::kMerge:
        return {inputs[static_cast<std::size_t>(arrivals.live_input)],
                Tensor(arrivals.live_input)};
      default:
        return {inputs[0]};
    }
  }

  void enter(Frame& frame,
             const Ready& ready,
             const Node& node,
             const std::vector<Tensor>& outputs) {
    const auto& name = node.attr("frame_name").get<std::string>();
    std::unique_ptr<Frame>& child = frame.step(ready.step).frames[name];
    if (!child) {
      child = std::make_unique<Frame>();
      child->parent = &frame;
      child->parent_step = ready.step;
      child->name = name;
      child->enters_to_come = plan_.num_enters_.at(name);
      child->steps.emplace_back();
    }
    Frame& loop = *child;
    --loop.enters_to_come;
    if (!node.attr("is_constant").get<bool>()) {
      send(loop, 0, node, outputs, ready.dead);
    } else {
      loop.invariants[node.id] = outputs[0];
      for (int step = loop.first_step; step < loop.end(); ++step)
        send(loop, step, node, outputs, ready.dead);
    }
    settle(&loop);
  }

  void begin_step(Frame& frame, int step) {
    if (step < frame.end()) return;
    frame.steps.emplace_back();
    for (const auto& [id, value] : frame.invariants)
      send(frame, step, plan_.graph_.node(id), {value}, !value.defined());
  }

  /// What a node gives goes along its edges.
  void send(Frame& frame,
            int step,
            const Node& from,
            const std::vector<Tensor>& outputs,
            bool dead) {
    for (const Edge& edge : plan_.edges_[static_cast<std::size_t>(from.id)]) {
      if (edge.output < 0)
        deliver(frame, step, edge, nullptr, dead, from);
      else
        deliver(frame,
                step,
                edge,
                &outputs[static_cast<std::size_t>(edge.output)],
                dead,
                from);
    }
  }

  void deliver(Frame& frame,
               int step,
               const Edge& edge,
               const Tensor* value,
               bool dead,
               const Node& from) {
    const Node& node = plan_.graph_.node(edge.to);
    if (fed_.contains(edge.to)) return;
    bool is_merge = flow_of(node) == Flow::kMerge;
    auto [it, is_new] = frame.step(step).arrivals.try_emplace(edge.to);
    Arrivals& arrivals = it->second;
    if (arrivals.fired) return;  // a Merge took what came first
    if (is_new) {
      arrivals.inputs.resize(node.inputs.size());
      arrivals.missing = static_cast<int>(node.control_inputs.size() +
                                          (is_merge ? 0 : node.inputs.size()));
    }
    bool is_dead = value ? !value->defined() : dead;
    if (value && !is_dead)
      arrivals.inputs[static_cast<std::size_t>(edge.input)] = *value;
    if (is_merge && value) {
      if (!is_dead && arrivals.live_input < 0) arrivals.live_input = edge.input;
      if (is_dead) ++arrivals.dead_inputs;
      // A dead value that enters a loop comes round no second time.
      arrivals.dead =
          arrivals.dead_inputs == static_cast<int>(node.inputs.size()) ||
          (is_dead && flow_of(from) == Flow::kEnter);
    } else {
      --arrivals.missing;
      if (!is_merge) arrivals.dead = arrivals.dead || is_dead;
    }
    bool complete = arrivals.missing == 0 &&
                    (!is_merge || arrivals.live_input >= 0 || arrivals.dead);
    if (!complete) return;
    arrivals.fired = true;
    enqueue(frame,
            step,
            edge.to,
            is_merge ? arrivals.live_input < 0 : arrivals.dead);
  }

  /// Forgets steps that are over, and the loop itself when all are: exits that
  /// never came alive are dead then.
  void settle(Frame* frame) {
    while (frame->parent) {
      while (frame->steps.size() > 1 && frame->steps.front().is_idle() &&
             frame->enters_to_come == 0) {
        frame->steps.pop_front();
        ++frame->first_step;
      }
      if (frame->enters_to_come > 0 || frame->steps.size() > 1 ||
          !frame->steps.front().is_idle())
        return;
      Frame* parent = frame->parent;
      int step = frame->parent_step;
      std::map<int, bool> exits = std::move(frame->exits);
      parent->step(step).frames.erase(std::string(frame->name));
      for (const auto& [id, alive] : exits) {
        const Node& node = plan_.graph_.node(id);
        if (!alive)
          send(*parent,
               step,
               node,
               std::vector<Tensor>(node.output_types.size()),
               true);
      }
      frame = parent;
    }
  }

  const FrameInterpreter& plan_;
  const std::map<int, std::vector<Tensor>>& fed_;
  const Run& run_;
  const Observe& observe_;
  Frame root_;
  std::deque<Ready> queue_;
};

FrameInterpreter::FrameInterpreter(const Graph& graph,
                                   const std::vector<int>& roots,
                                   const std::set<int>& fed)
    : graph_(graph), needed_(roots), edges_(graph.size()) {
  std::vector<bool> seen(graph.size(), false);
  auto need = [&](int id) {
    if (seen[static_cast<std::size_t>(id)]) return;
    seen[static_cast<std::size_t>(id)] = true;
    needed_.push_back(id);
  };
  needed_.clear();
  for (int root : roots) need(root);
  for (std::size_t next = 0; next < needed_.size(); ++next) {
    const Node& node = graph.node(needed_[next]);
    if (fed.contains(node.id)) continue;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const NodeOutput& input = node.inputs[i];
      need(input.node);
      edges_[static_cast<std::size_t>(input.node)].push_back(
          {node.id, static_cast<int>(i), input.output});
    }
    for (int before : node.control_inputs) {
      need(before);
      edges_[static_cast<std::size_t>(before)].push_back({node.id, -1, -1});
    }
    if (flow_of(node) == Flow::kEnter)
      ++num_enters_[node.attr("frame_name").get<std::string>()];
  }
  // In the order of the graph, where nothing else decides.
  std::sort(needed_.begin(), needed_.end());
}

void FrameInterpreter::run(const std::map<int, std::vector<Tensor>>& fed,
                           const Run& run,
                           const Observe& observe) const {
  Execution(*this, fed, run, observe)();
}

}  // namespace tern::v1
