// Printing, string formatting and assertions.

#include "tern/core/print.h"

#include <atomic>
#include <fstream>
#include <iostream>
#include <mutex>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Elements in the older form of Print and Assert: one line, no outer
/// brackets, "..." after the first `limit` elements.
class Summary {
 public:
  Summary(const Tensor& tensor, std::int64_t limit)
      : shape_(tensor.shape()),
        elements_(tensor.with_shape({tensor.num_elements()})),
        limit_(limit < 0 ? tensor.num_elements()
                         : std::min(limit, tensor.num_elements())) {}

  std::string text() {
    if (shape_.rank() == 0)
      append_element();
    else
      append_dimension(0);
    if (elements_.num_elements() > limit_) text_ += "...";
    return std::move(text_);
  }

 private:
  void append_element() {
    if (next_ >= limit_) return;
    text_ += print_value(elements_.rows(next_, next_ + 1).with_shape({}));
    ++next_;
  }

  void append_dimension(int d) {
    if (next_ >= limit_) return;
    bool last = d == shape_.rank() - 1;
    for (std::int64_t i = 0; i < shape_[d]; ++i) {
      if (last && next_ >= limit_) {
        if (d != 0) text_ += "...";
        return;
      }
      if (last) {
        if (i > 0) text_ += " ";
        append_element();
      } else if (next_ < limit_) {
        text_ += "[";
        append_dimension(d + 1);
        text_ += "]";
      }
    }
  }

  Shape shape_;
  Tensor elements_;
  std::int64_t limit_;
  std::int64_t next_ = 0;
  std::string text_;
};

/// "[a] [b]": inputs `first` and on.
std::string summaries(const KernelContext& context,
                      int first,
                      std::string_view separator) {
  auto limit = context.attr<std::int64_t>("summarize");
  std::string text;
  for (int i = first; i < context.num_inputs(); ++i) {
    if (i > first) text += separator;
    text += "[" + Summary(context.input(i), limit).text() + "]";
  }
  return text;
}

void assert_condition(KernelContext& context) {
  if (context.in<bool>(0)[0]) return;
  throw InvalidArgumentError("assertion failed: ", summaries(context, 1, " "));
}

void string_format(KernelContext& context) {
  std::string_view rest = context.attr<std::string>("template");
  const std::string& placeholder = context.attr<std::string>("placeholder");
  auto summarize = static_cast<int>(context.attr<std::int64_t>("summarize"));
  std::string text;
  for (int i = 0; i < context.num_inputs(); ++i) {
    std::size_t at = rest.find(placeholder);
    text += rest.substr(0, at);
    text += print_value(context.input(i), summarize, /*quote_scalar=*/true);
    rest.remove_prefix(at + placeholder.size());
  }
  context.out<std::string>()[0] = text += rest;
}

/// One writer at a time, so that lines of several threads stay whole.
std::mutex& output_mutex() {
  static std::mutex mutex;
  return mutex;
}

void write(std::ostream& stream, const std::string& text) {
  std::scoped_lock lock(output_mutex());
  stream << text << std::flush;
}

void append_to_file(const std::string& path, const std::string& text) {
  std::scoped_lock lock(output_mutex());
  std::ofstream file(path, std::ios::app | std::ios::binary);
  file << text << std::flush;
  if (!file) throw UnknownError("cannot write to ", path);
}

void print_v2(KernelContext& context) {
  constexpr std::string_view kFile = "file://";
  const std::string& target = context.attr<std::string>("output_stream");
  std::string text =
      context.in<std::string>(0)[0] + context.attr<std::string>("end");
  if (target == "stdout")
    write(std::cout, text);
  else if (target == "stderr" || target == "log(info)" ||
           target == "log(warning)" || target == "log(error)")
    write(std::cerr, text);
  else if (target.starts_with(kFile))
    append_to_file(target.substr(kFile.size()), text);
  else
    throw InvalidArgumentError(
        "Unknown output stream: ",
        target,
        ". Valid streams are: \"stdout\", \"stderr\", \"log(info)\", "
        "\"log(warning)\", \"log(error)\", \"file://<path>\"");
}

void print_v1(KernelContext& context) {
  auto& calls = context.state<std::atomic<std::int64_t>>([] { return 0; });
  auto first_n = context.attr<std::int64_t>("first_n");
  if (first_n < 0 || calls.fetch_add(1) < first_n)
    write(std::cerr,
          context.attr<std::string>("message") + summaries(context, 1, "") +
              "\n");
  context.forward(0);
}

}  // namespace

void register_print_kernels(KernelRegistry& registry) {
  registry.add("Assert", {}, assert_condition);
  registry.add("StringFormat", {}, string_format);
  registry.add("PrintV2", {}, print_v2);
  registry.add("Print", {}, print_v1);
}

}  // namespace tern
