// regex.cc: matching and replacing by RE2's regular expressions.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

void check_scalar(const InferContext& c, int input, const char* what) {
  const Shape& shape = c.input(input);
  if (shape.has_rank() && shape.rank() != 0)
    throw InvalidArgumentError(
        what, " must be scalar, but received ", shape.debug_string());
}

void matched_shape(InferContext& c) {
  check_scalar(c, 1, "Pattern");
  c.set_output(0, c.input(0));
}

void replaced_shape(InferContext& c) {
  check_scalar(c, 1, "Pattern");
  check_scalar(c, 2, "Rewrite");
  c.set_output(0, c.input(0));
}

}  // namespace

void register_regex_ops(OpRegistry& registry) {
  registry.add("RegexFullMatch")
      .input("input: string")
      .input("pattern: string")
      .output("output: bool")
      .no_grad()
      .traits(kHostOnly)
      .infer(matched_shape);
  registry.add("StaticRegexFullMatch")
      .input("input: string")
      .output("output: bool")
      .attr("pattern: string")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("RegexReplace")
      .input("input: string")
      .input("pattern: string")
      .input("rewrite: string")
      .output("output: string")
      .attr("replace_global: bool = true")
      .no_grad()
      .traits(kHostOnly)
      .infer(replaced_shape);
  registry.add("StaticRegexReplace")
      .input("input: string")
      .output("output: string")
      .attr("pattern: string")
      .attr("rewrite: string")
      .attr("replace_global: bool = true")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
}

namespace strings {

Tensor regex_full_match(const Tensor& input, const Tensor& pattern) {
  return raw<"RegexFullMatch">(input, pattern);
}

Tensor regex_replace(const Tensor& input,
                     const Tensor& pattern,
                     const Tensor& rewrite,
                     RegexReplaceOptions options) {
  return raw<"RegexReplace">(
      input, pattern, rewrite, {{"replace_global", options.replace_global}});
}

}  // namespace strings
}  // namespace tern
