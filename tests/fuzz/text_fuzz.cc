// Text in several encodings; up to the first line end it is a pattern.

#include <string>
#include <string_view>
#include <vector>

#include "op_target.h"
#include "tern/ops/strings.h"

using namespace tern;

void use(std::string_view bytes) {
  const Tensor text(bytes);
  for (const char* encoding :
       {"UTF-8", "UTF-16-BE", "UTF-32-BE", "ISO-8859-1", "SHIFT_JIS"})
    for (const char* errors : {"replace", "ignore", "strict"})
      attempt([&] {
        strings::unicode_decode_with_offsets(
            text, encoding, {.errors = errors});
        strings::unicode_transcode(
            text, encoding, "UTF-16-BE", {.errors = errors});
      });
  attempt([&] { strings::lower(text, {.encoding = "utf-8"}); });
  attempt([&] { strings::split(text); });
  const std::size_t line = bytes.find('\n');
  if (line == std::string_view::npos) return;
  const Tensor pattern(bytes.substr(0, line)), rest(bytes.substr(line + 1));
  attempt([&] { strings::regex_full_match(rest, pattern); });
  attempt([&] { strings::regex_replace(rest, pattern, "<\\1>"); });
  attempt([&] { strings::split(rest, pattern, {.maxsplit = 3}); });
}
