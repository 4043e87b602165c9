#pragma once

#include <utility>
#include <vector>

namespace tern::v1 {

/// A tree that only gets leaves, root 0. Finds ancestors in O(log n) steps by
/// jump pointers (Myers, "An applicative random-access stack", 1983).
class GrowingTree {
 public:
  int add(int parent) {
    const Place& p = place(parent);
    const Place& q = place(p.jump);
    bool far = p.depth - q.depth == q.depth - place(q.jump).depth;
    places_.push_back({parent, p.depth + 1, far ? q.jump : parent});
    return static_cast<int>(places_.size()) - 1;
  }

  int parent(int node) const { return place(node).parent; }
  int depth(int node) const { return place(node).depth; }

  int ancestor(int node, int depth) const {
    while (place(node).depth > depth) {
      int jump = place(node).jump;
      node = place(jump).depth >= depth ? jump : place(node).parent;
    }
    return node;
  }

  /// The deepest node that both are in.
  int common(int a, int b) const {
    if (depth(a) > depth(b)) std::swap(a, b);
    b = ancestor(b, depth(a));
    while (a != b) {
      bool far = place(a).jump != place(b).jump;
      a = far ? place(a).jump : place(a).parent;
      b = far ? place(b).jump : place(b).parent;
    }
    return a;
  }

  bool contains(int ancestor_node, int node) const {
    return ancestor(node, depth(ancestor_node)) == ancestor_node;
  }

 private:
  struct Place {
    int parent;
    int depth;
    int jump;
  };
  const Place& place(int node) const {
    return places_[static_cast<std::size_t>(node)];
  }

  std::vector<Place> places_ = {{0, 0, 0}};
};

}  // namespace tern::v1
