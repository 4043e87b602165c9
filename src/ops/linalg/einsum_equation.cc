#include "ops/linalg/einsum_equation.h"

#include <algorithm>
#include <numeric>

#include "tern/core/error.h"

namespace tern {
namespace {

Subscripts parse_subscripts(std::string_view text) {
  Subscripts result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("...")) {
      if (result.has_dots())
        throw InvalidArgumentError("Found multiple ellipses in equation part: ",
                                   text);
      result.dots = static_cast<int>(result.letters.size());
      i += 2;
    } else {
      result.letters += text[i];
    }
  }
  return result;
}

}  // namespace

std::string Subscripts::distinct() const {
  std::string once;
  for (char letter : letters)
    if (once.find(letter) == std::string::npos) once += letter;
  return once;
}

std::vector<int> Subscripts::labels(int rank) const {
  std::vector<int> result;
  for (char letter : letters)
    result.push_back(static_cast<unsigned char>(letter));
  if (has_dots()) {
    std::vector<int> rest(
        static_cast<std::size_t>(rank - static_cast<int>(letters.size())));
    std::iota(rest.rbegin(), rest.rend(), 256);
    result.insert(result.begin() + dots, rest.begin(), rest.end());
  }
  return result;
}

std::string Subscripts::str() const {
  if (!has_dots()) return letters;
  const auto at = static_cast<std::size_t>(dots);
  return letters.substr(0, at) + "..." + letters.substr(at);
}

EinsumEquation EinsumEquation::parse(const std::string& equation) {
  const std::size_t arrow = equation.find("->");
  if (arrow == std::string::npos ||
      equation.find("->", arrow + 2) != std::string::npos)
    throw InvalidArgumentError(
        "Expecting exactly one '->' in einsum equation: ", equation);
  EinsumEquation result;
  std::string_view left = std::string_view(equation).substr(0, arrow);
  for (;;) {
    const std::size_t comma = left.find(',');
    result.operands.push_back(parse_subscripts(left.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    left.remove_prefix(comma + 1);
  }
  if (result.operands.size() > 2)
    throw InvalidArgumentError(
        "Expecting 1 or 2 input subscripts in equation '",
        equation,
        "' but got: ",
        result.operands.size());
  result.result =
      parse_subscripts(std::string_view(equation).substr(arrow + 2));
  for (char letter : result.result.letters)
    if (std::none_of(result.operands.begin(),
                     result.operands.end(),
                     [&](const Subscripts& s) { return s.has(letter); }))
      throw InvalidArgumentError("Einsum output subscripts for equation '",
                                 equation,
                                 "' has label '",
                                 std::string(1, letter),
                                 "' which is not present in the input "
                                 "subscripts");
  return result;
}

}  // namespace tern
