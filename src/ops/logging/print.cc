// print.cc: text for people: string formatting, printing, assertions.

#include "tern/ops/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/ops/strings.h"

namespace tern {

void register_print_ops(OpRegistry& registry) {
  registry.add("PrintV2")
      .input("input: string")
      .attr("output_stream: string = 'stderr'")
      .attr("end: string = '\n'")
      .infer([](InferContext& c) { c.with_rank(0, 0); })
      .no_grad()
      .traits(kStateful | kHostOnly);

  registry.add("Print")
      .input("input: T")
      .input("data: U")
      .output("output: T")
      .attr("T: type")
      .attr("U: list(type) >= 0")
      .attr("message: string = ''")
      .attr("first_n: int = -1")
      .attr("summarize: int = 3")
      .infer(same_as_input)
      .grad([](GradContext& g) { g.set(0, g.output_gradient()); })
      .grad_reads({})
      .traits(kStateful | kHostOnly)
      .forwards();

  registry.add("Assert")
      .input("condition: bool")
      .input("data: T")
      .attr("T: list(type) >= 1")
      .attr("summarize: int = 3")
      .infer([](InferContext& c) { c.with_rank(0, 0); })
      .no_grad()
      .traits(kStateful | kHostOnly);
}

Printable::Printable(std::string open,
                     const std::vector<Printable>& items,
                     std::string close) {
  append(std::move(open));
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) append(", ");
    for (const Part& part : items[i].parts()) parts_.push_back(part);
  }
  append(std::move(close));
}

void Printable::append(std::string text) {
  parts_.push_back({std::move(text), {}});
}

void Printable::append(const Nest& nest) {
  switch (nest.kind()) {
    case 'n':
      append("None");
      return;
    case 't':
      if (nest.tensor().defined())
        parts_.push_back({{}, nest.tensor()});
      else
        append("None");
      return;
    case 'l':
      append("[");
      for (std::size_t i = 0; i < nest.size(); ++i) {
        if (i > 0) append(", ");
        append(nest[i]);
      }
      append("]");
      return;
    default: {
      std::vector<std::string> keys = nest.keys();
      std::sort(keys.begin(), keys.end());  // as Python's pprint
      append("{");
      for (std::size_t i = 0; i < keys.size(); ++i) {
        append((i > 0 ? ", '" : "'") + keys[i] + "': ");
        append(nest[std::string_view(keys[i])]);
      }
      append("}");
    }
  }
}

namespace {

/// Python's repr: the fewest digits that give the number again.
template <class T>
std::string shortest_float(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  auto text_of = [&](std::chars_format format) {
    char text[64];
    auto [end, error] = std::to_chars(text, text + sizeof text, value, format);
    return std::string(text, end);
  };
  std::string scientific = text_of(std::chars_format::scientific);
  int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return scientific;
  std::string fixed = text_of(std::chars_format::fixed);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

/// A template and its tensors, as StringFormat takes them.
class Format {
 public:
  void append(const Printable& value) {
    for (const Printable::Part& part : value.parts()) {
      texts_.back() += part.text;
      if (!part.tensor.defined()) continue;
      tensors_.push_back(part.tensor);
      texts_.emplace_back();
    }
  }
  void append(const std::string& text) { texts_.back() += text; }

  Tensor apply(int summarize) const {
    std::string placeholder = "{}";
    for (const std::string& text : texts_)
      while (text.find(placeholder) != std::string::npos)
        placeholder.insert(1, "@");
    std::string joined = texts_[0];
    for (std::size_t i = 1; i < texts_.size(); ++i)
      joined += placeholder + texts_[i];
    return raw<"StringFormat">(tensors_,
                               {{"template", joined},
                                {"placeholder", placeholder},
                                {"summarize", summarize}});
  }

  /// A string scalar and nothing else: it prints as it is, without quotes.
  bool is_string_scalar() const {
    return tensors_.size() == 1 && texts_[0].empty() && texts_[1].empty() &&
           tensors_[0].dtype() == string && tensors_[0].shape().rank() == 0;
  }
  const Tensors& tensors() const { return tensors_; }

 private:
  std::vector<std::string> texts_{""};  // one more than tensors
  Tensors tensors_;
};

}  // namespace

namespace detail {

std::string python_float(double value) { return shortest_float(value); }
std::string python_float(float value) { return shortest_float(value); }

void print_all(const std::vector<Printable>& values,
               const PrintOptions& options) {
  Format format;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) format.append(options.sep);
    format.append(values[i]);
  }
  Tensor text = format.is_string_scalar() ? format.tensors()[0]
                                          : format.apply(options.summarize);
  raw<"PrintV2">(
      text, {{"output_stream", options.output_stream}, {"end", options.end}});
}

}  // namespace detail

Tensor strings::format_values(std::string_view format,
                              const std::vector<Nest>& values) {
  Tensors tensors;
  for (const Nest& value : values)
    for (const Tensor& tensor : value.flatten()) tensors.push_back(tensor);
  return raw<"StringFormat">(
      tensors, {{"template", std::string(format)}, {"placeholder", "{}"}});
}

}  // namespace tern
