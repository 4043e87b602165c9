// Text decoded to code points, encoded and transcoded.

#include <vector>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/string/unicode_decoder.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// What becomes of malformed bytes and, if asked, of control characters.
class ErrorPolicy {
 public:
  explicit ErrorPolicy(const KernelContext& c)
      : mode_(c.attr<std::string>("errors")),
        replacement_(
            static_cast<char32_t>(c.attr<std::int64_t>("replacement_char"))) {
    if (c.op().find_attr("replace_control_characters") >= 0)
      control_ = c.attr<bool>("replace_control_characters");
    const auto given = c.attr<std::int64_t>("replacement_char");
    if (given < 0 || given > 0x10ffff)
      throw InvalidArgumentError(
          "replacement_char out of unicode codepoint range");
  }

  bool wants(const DecodedCharacter& character) const {
    return character.malformed || (control_ && character.code <= 0x1f);
  }
  bool is_strict() const { return mode_ == "strict"; }
  bool ignores() const { return mode_ == "ignore"; }
  char32_t replacement() const { return replacement_; }

  /// Calls visit(code, offset) for what stays of a text.
  template <class Visit>
  void decode(UnicodeDecoder& decoder,
              const std::string& text,
              Visit visit) const {
    decoder.decode(text, [&](const DecodedCharacter& character) {
      if (!wants(character)) return visit(character.code, character.offset);
      if (is_strict())
        throw InvalidArgumentError("Invalid formatting on input string");
      if (!ignores()) visit(replacement_, character.offset);
    });
  }

 private:
  std::string mode_;
  char32_t replacement_;
  bool control_ = false;
};

void decode(KernelContext& c) {
  UnicodeDecoder decoder(c.attr<std::string>("input_encoding"));
  const ErrorPolicy policy(c);
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> offsets;
  auto in = c.in<std::string>(0);
  Tensor& splits = c.allocate_output(0, {in.size() + 1});
  auto put_split = [&](std::size_t i) {
    if (splits.dtype() == int32)
      splits.data<std::int32_t>()[i] = static_cast<std::int32_t>(codes.size());
    else
      splits.data<std::int64_t>()[i] = static_cast<std::int64_t>(codes.size());
  };
  put_split(0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    policy.decode(decoder, in[i], [&](char32_t code, std::size_t offset) {
      codes.push_back(static_cast<std::int32_t>(code));
      offsets.push_back(static_cast<std::int64_t>(offset));
    });
    put_split(i + 1);
  }
  std::copy(codes.begin(),
            codes.end(),
            c.allocate_output(1, {codes.size()}).data<std::int32_t>());
  if (c.num_outputs() > 2)
    std::copy(offsets.begin(),
              offsets.end(),
              c.allocate_output(2, {offsets.size()}).data<std::int64_t>());
}

void transcode(KernelContext& c) {
  UnicodeDecoder decoder(c.attr<std::string>("input_encoding"));
  const ErrorPolicy policy(c);
  const UnicodeForm form = unicode_form(c.attr<std::string>("output_encoding"));
  auto in = c.in<std::string>(0);
  auto out = c.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i)
    policy.decode(decoder, in[i], [&](char32_t code, std::size_t) {
      append_character(code, form, out[i]);
    });
}

void encode(KernelContext& c) {
  const ErrorPolicy policy(c);
  const UnicodeForm form = unicode_form(c.attr<std::string>("output_encoding"));
  auto in = c.in<std::int32_t>(0);
  IndexReader splits(c.input(1));
  const auto size = static_cast<std::int64_t>(in.size());
  auto out = c.out<std::string>();
  if (splits[0] != 0)
    throw InvalidArgumentError("First value in input_splits must be zero.");
  if (splits[static_cast<std::int64_t>(out.size())] != size)
    throw InvalidArgumentError(
        "Last value in input_splits must be equal to the size of the "
        "input_values tensor.");
  for (std::size_t row = 0; row < out.size(); ++row) {
    const auto i = static_cast<std::int64_t>(row);
    if (splits[i + 1] < splits[i] || splits[i + 1] > size)
      throw InvalidArgumentError(
          "Values in input_splits must be equal or in ascending order.");
    for (std::int64_t k = splits[i]; k < splits[i + 1]; ++k) {
      const auto code = static_cast<char32_t>(in[static_cast<std::size_t>(k)]);
      if (is_unicode_character(code)) {
        append_character(code, form, out[row]);
        continue;
      }
      if (policy.is_strict())
        throw InvalidArgumentError(
            "Code point is out of range for Unicode, or a noncharacter.");
      if (!policy.ignores())
        append_character(policy.replacement(), form, out[row]);
    }
  }
}

}  // namespace

void register_unicode_kernels(KernelRegistry& registry) {
  registry.add("UnicodeDecode", {}, decode);
  registry.add("UnicodeDecodeWithOffsets", {}, decode);
  registry.add("UnicodeTranscode", {}, transcode);
  registry.add("UnicodeEncode", {}, encode);
}

}  // namespace tern
