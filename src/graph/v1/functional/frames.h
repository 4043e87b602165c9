#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace tern::v1 {

/// The nodes of a graph, inputs before users but for the edges that close
/// loops (NextIteration to Merge). Throws Refusal for any other cycle.
std::vector<int> loop_order(const Graph& graph);

/// The loops of a graph: a frame for each that Enter nodes lead into.
struct Frames {
  struct Frame {
    std::string name;
    int parent = -1;
    std::vector<int> nodes;  // its Enters and Exits among them
  };
  std::vector<Frame> frames;  // frames[0]: what is in no loop; parents first
  std::vector<int> frame_of;  // by node
};

/// Throws Refusal for nodes that take values of different frames.
Frames find_frames(const Graph& graph);

}  // namespace tern::v1
