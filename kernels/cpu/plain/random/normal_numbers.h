#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "kernels/common/uniform_numbers.h"

namespace tern::kernels {

// Two normal numbers from two uniform ones (Box and Muller, 1958); the radius
// is bounded because the first is at least 1e-7. Rounded where TensorFlow
// rounds.

inline std::array<float, 2> box_muller(std::uint32_t x0, std::uint32_t x1) {
  float u1 = std::max(unit_float(x0), 1.0e-7f);
  auto angle = static_cast<float>(2.0 * std::numbers::pi *
                                  static_cast<double>(unit_float(x1)));
  float radius = std::sqrt(-2.0f * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

inline std::array<double, 2> box_muller(const Philox::Block& x) {
  double u1 = std::max(unit_double(x[0], x[1]), 1.0e-7);
  double angle = 2.0 * std::numbers::pi * unit_double(x[2], x[3]);
  double radius = std::sqrt(-2.0 * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

}  // namespace tern::kernels
