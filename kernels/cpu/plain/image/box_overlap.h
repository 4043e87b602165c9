#pragma once

#include <algorithm>

namespace tern {

/// The area that two boxes of two corners each (y, x, y, x in any order) share,
/// as a fraction of the area that they cover; 0 for boxes without area.
template <class T>
float box_overlap(const T* a, const T* b) {
  struct Box {
    explicit Box(const T* corners)
        : top(std::min<float>(corners[0], corners[2])),
          left(std::min<float>(corners[1], corners[3])),
          bottom(std::max<float>(corners[0], corners[2])),
          right(std::max<float>(corners[1], corners[3])) {}
    float area() const { return (bottom - top) * (right - left); }
    float top, left, bottom, right;
  };
  Box p(a), q(b);
  if (p.area() <= 0 || q.area() <= 0) return 0;
  float height = std::min(p.bottom, q.bottom) - std::max(p.top, q.top);
  float width = std::min(p.right, q.right) - std::max(p.left, q.left);
  float shared = std::max(height, 0.0f) * std::max(width, 0.0f);
  return shared / (p.area() + q.area() - shared);
}

}  // namespace tern
