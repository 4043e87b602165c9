#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "graph/passes/block_form.h"
#include "graph/passes/function_body.h"
#include "ops/math/block_program.h"

namespace tern::passes {

/// Nodes that become one: elementwise ones in order, and a node that reduces a
/// value of theirs, -1 for none.
struct BlockGroup {
  std::vector<int> nodes;
  int reduction = -1;

  int last() const { return std::max(nodes.back(), reduction); }
};

/// The block program of one group.
class BlockCompiler {
 public:
  BlockCompiler(const FunctionBody& body,
                const UseCounts& uses,
                const BlockGroup& group);

  /// The nodes whose values are the results, in order.
  const std::vector<int>& results() const { return result_nodes_; }
  /// Adds the call that takes the group's place, named after `last`.
  NodeOutput add_call(const Node& last, Rewriter& graph) const;

 private:
  /// Operands are values: what step i gives is value i, what input i holds is
  /// value ~i.
  struct Step {
    int op;
    DType type, result_type;
    int node;
    std::vector<int> operands;
    bool is_result = false;  // or what the reduction takes
    int uses = 0;
  };
  /// A node that the program needs beside it: a constant, a generator.
  struct Helper {
    Node stands_for;  // its name and device
    std::string_view op;
    std::vector<NodeOutput> inputs;  // of the body before
    Attrs attrs;
  };
  struct Input {
    NodeOutput source;  // of the body before, or of a helper
    int helper = -1;
    DType type;
    bool is_scalar = false;
    friend bool operator==(const Input& a, const Input& b) {
      return a.source == b.source && a.helper == b.helper;
    }
  };

  int input(Input wanted);
  int value_of(NodeOutput output);
  int add_helper(const Node& stands_for,
                 std::string_view op,
                 std::vector<NodeOutput> inputs,
                 Attrs attrs);
  int constant(const Node& node, const Tensor& value);
  int add_step(BlockForm form, const Node& node, std::vector<int> operands);
  int add_leaky(const Node& node, const std::vector<int>& operands);
  int add_random(BlockForm form, const Node& node);
  void add_node(const Node& node);
  void find_results(const BlockGroup& group);
  bool is_scalar(int value) const;
  bool is_used_once(int value) const;
  std::string_view single_op(const Step& step) const;
  void join_pairs();
  void join_affine_pairs();
  void place_in_slots();
  void append_sources(int value, std::vector<std::int32_t>& sources) const;
  int reduced_node() const { return graph_.node(reduction_).inputs[0].node; }
  std::string_view call_name() const;
  Attrs attrs() const;

  // Of the body before: while a body is rewritten, it is not there any more.
  const Graph& graph_;
  const UseCounts& uses_;
  int reduction_;
  int reduced_slot_ = -1;
  std::map<int, int> in_group_;  // value by node
  std::vector<Input> inputs_;
  std::vector<Helper> helpers_;
  std::vector<int> result_nodes_;
  std::vector<Step> steps_, value_steps_;
  std::vector<BlockStep> slotted_;
  Attrs attrs_;
};

}  // namespace tern::passes
