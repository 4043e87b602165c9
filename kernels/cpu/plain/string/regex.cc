// Regular expressions by RE2, as TensorFlow's: linear time whatever the
// pattern is.

#ifdef TERN_HAS_RE2
#include <re2/re2.h>
#endif

#include <memory>
#include <string>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

#ifdef TERN_HAS_RE2

/// The pattern of this thread's last call is kept: pipelines call with one
/// pattern and a string at a time.
const RE2& compiled(const std::string& pattern) {
  thread_local std::unique_ptr<RE2> last;
  if (!last || last->pattern() != pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    auto fresh = std::make_unique<RE2>(pattern, options);
    if (!fresh->ok())
      throw InvalidArgumentError(
          "Invalid pattern: ", pattern, ", error: ", fresh->error());
    last = std::move(fresh);
  }
  return *last;
}

void full_match(KernelContext& c, const std::string& pattern) {
  const RE2& regex = compiled(pattern);
  auto in = c.in<std::string>(0);
  auto out = c.out<bool>();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = RE2::FullMatch(in[i], regex);
}

void replace(KernelContext& c,
             const std::string& pattern,
             const std::string& rewrite) {
  const RE2& regex = compiled(pattern);
  const bool all = c.attr<bool>("replace_global");
  auto in = c.in<std::string>(0);
  auto out = c.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = in[i];
    // A rewrite that names a group the pattern lacks changes nothing.
    if (all)
      RE2::GlobalReplace(&out[i], regex, rewrite);
    else
      RE2::Replace(&out[i], regex, rewrite);
  }
}

#else

[[noreturn]] void throw_without_re2() {
  throw UnimplementedError(
      "regular expressions: Tern was built without RE2 (TERN_WITH_RE2)");
}
void full_match(KernelContext&, const std::string&) { throw_without_re2(); }
void replace(KernelContext&, const std::string&, const std::string&) {
  throw_without_re2();
}

#endif

}  // namespace

void register_regex_kernels(KernelRegistry& registry) {
  registry.add("RegexFullMatch", {}, [](KernelContext& c) {
    full_match(c, c.in<std::string>(1)[0]);
  });
  registry.add("StaticRegexFullMatch", {}, [](KernelContext& c) {
    full_match(c, c.attr<std::string>("pattern"));
  });
  registry.add("RegexReplace", {}, [](KernelContext& c) {
    replace(c, c.in<std::string>(1)[0], c.in<std::string>(2)[0]);
  });
  registry.add("StaticRegexReplace", {}, [](KernelContext& c) {
    replace(c, c.attr<std::string>("pattern"), c.attr<std::string>("rewrite"));
  });
}

}  // namespace tern
