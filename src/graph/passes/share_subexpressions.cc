#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "graph/passes/passes.h"

namespace tern::passes {
namespace {

std::size_t mix(std::size_t hash, std::size_t value) {
  return (hash ^ value) * 0x9e3779b97f4a7c15u + (hash >> 29);
}

/// Equal attrs have equal hashes; of long ones only the size or the beginning
/// counts.
struct AttrHash {
  template <class T>
  std::size_t operator()(const T& value) const {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
      return std::hash<T>()(value);
    else if constexpr (std::is_same_v<T, DType>)
      return static_cast<std::size_t>(value.code);
    else if constexpr (std::is_same_v<T, Shape>)
      return static_cast<std::size_t>(value.rank());
    else if constexpr (std::is_same_v<T, Tensor>)
      return of_tensor(value);
    else if constexpr (requires { value.size(); })
      return value.size();
    else
      return 0;
  }

  static std::size_t of_tensor(const Tensor& value) {
    constexpr std::size_t kBytes = 256;
    if (value.dtype().is_object()) return 1;
    std::string_view bytes(static_cast<const char*>(value.raw_data()),
                           std::min(value.num_bytes(), kBytes));
    return std::hash<std::string_view>()(bytes);
  }
};

std::size_t hash_of(const Node& node) {
  std::size_t hash = static_cast<std::size_t>(node.op->id);
  for (const NodeOutput& input : node.inputs)
    hash = mix(mix(hash, static_cast<std::size_t>(input.node)),
               static_cast<std::size_t>(input.output));
  for (const AttrValue& attr : node.attrs)
    hash = mix(hash, std::visit(AttrHash(), attr.storage()));
  return hash;
}

bool is_same_call(const Node& a, const Node& b) {
  return a.op == b.op && a.inputs == b.inputs && a.attrs == b.attrs &&
         a.device == b.device && a.control_inputs.empty();
}

/// A list that two owners share is copied where one of them writes.
bool gives_numbers(const Node& node) {
  return std::none_of(
      node.output_types.begin(), node.output_types.end(), [](DType type) {
        return type.is_object() && !(type == string);
      });
}

}  // namespace

/// Of nodes with the same op, inputs and attrs, and no state, only the first
/// is left; others' users use it.
FunctionBody share_subexpressions(FunctionBody body) {
  std::unordered_multimap<std::size_t, int> seen;
  return rewrite(
      std::move(body), [&](Node& node, Rewriter& graph) -> Replacement {
        if (!is_pure(node) || !gives_numbers(node)) return {};
        std::size_t hash = hash_of(node);
        auto [begin, end] = seen.equal_range(hash);
        for (auto it = begin; it != end; ++it) {
          if (!is_same_call(graph.graph().node(it->second), node)) continue;
          std::vector<NodeOutput> outputs;
          for (int k = 0; k < static_cast<int>(node.output_types.size()); ++k)
            outputs.push_back({it->second, k});
          return outputs;
        }
        // The node is kept, as the next one of the graph.
        seen.emplace(hash, static_cast<int>(graph.graph().size()));
        return {};
      });
}

}  // namespace tern::passes
