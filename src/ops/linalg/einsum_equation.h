#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tern {

/// The labels of one operand of an Einsum op, or of its result: any characters,
/// and "..." for dimensions that broadcast.
struct Subscripts {
  std::string letters;
  int dots = -1;  ///< letters before the "...", -1 where there is none

  bool has_dots() const { return dots >= 0; }
  bool has(char letter) const {
    return letters.find(letter) != std::string::npos;
  }
  /// Each letter once.
  std::string distinct() const;
  /// Labels of the dimensions of a tensor of that rank: letters, and from 256
  /// on those of the "...", counted from the last one back.
  std::vector<int> labels(int rank) const;
  std::string str() const;
};

/// "ij,jk->ik"
struct EinsumEquation {
  std::vector<Subscripts> operands;
  Subscripts result;

  /// Throws InvalidArgumentError in TensorFlow's words: one arrow, one or two
  /// operands, and no letter in the result that none of them has.
  static EinsumEquation parse(const std::string& equation);
};

}  // namespace tern
