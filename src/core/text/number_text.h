#pragma once

#include <string>

#include "tern/core/float_types.h"

namespace tern {

/// tf.print's numbers: 6 significant digits when they read back as the same
/// float, else 9; for a double 15 or 17.
std::string print_number(float value);
std::string print_number(double value);

/// The fewest digits that read back as the same number of that type.
/// Scientific, "-1.25e-05": at least two digits of exponent, no point where
/// there is no fraction. For finite values.
std::string shortest_scientific(double value);
std::string shortest_scientific(float value);
std::string shortest_scientific(Half value);

/// The same digits without exponent: "-0.0000125", "120".
std::string positional_from(const std::string& scientific);

/// A numpy scalar: "5.0", "1e-05", "0.1", "nan". Python's floats alike, for
/// double.
std::string scalar_text(double value);
std::string scalar_text(float value);
std::string scalar_text(Half value);

}  // namespace tern
