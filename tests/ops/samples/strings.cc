#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

Input text_scalar(const std::string& text) {
  return made([text] { return Tensor(text); });
}

}  // namespace

void add_string_samples(Samples& samples) {
  samples.of("AsString")
      .add(random({2, 3}))
      .add(ints({1, -20, 300}), {{"width", 5}})
      .add(bools({true, false}, {2}))
      .add(random({0}));
  samples.of("StringJoin")
      .add({strings({"a", "b"}), strings({"x", "y"})}, {{"separator", "-"}})
      .add(strings({"a"}));
  samples.of("StringLength")
      .add(strings({"", "abc", "ä"}))
      .add(strings({"ä"}), {{"unit", "UTF8_CHAR"}});
  for (const char* op : {"StringLower", "StringUpper", "StringStrip"})
    samples.of(op).add(strings({" Ab ", "", "c"})).add(strings({}));
  samples.of("StringFormat")
      .add({random({2, 3}), ints({1, 2})}, {{"template", "%s and %s"}});
  for (DType type : {float32, float64, int32, int64})
    samples.of("StringToNumber")
        .add(strings({"1", "-20"}), {{"out_type", type}});
  samples.of("Substr")
      .add({strings({"hello", "world"}), ints({1, 2}), ints({3, 2})})
      .add({strings({"hello", "world"}), axis(1), axis(2)});
  samples.of("ReduceJoin")
      .add({strings({"a", "b", "c"}), axis(0)}, {{"separator", ", "}})
      .add({strings({"a", "b"}), ints({0})}, {{"keep_dims", true}});
  samples.of("StringSplit")
      .add({strings({"a b", "", "c"}), text_scalar(" ")})
      .add({strings({}), text_scalar("")}, {{"skip_empty", false}});
  samples.of("StringSplitV2")
      .add({strings({"a b", "", " c  d"}), text_scalar("")})
      .add({strings({"a,,b"}), text_scalar(",")}, {{"maxsplit", 1}});
  samples.of("StringNGrams")
      .add({strings({"a", "b", "c", "d"}), ints({0, 3, 3, 4})},
           {{"separator", "-"},
            {"ngram_widths", std::vector<std::int64_t>{1, 2}},
            {"left_pad", "<"},
            {"right_pad", ">"},
            {"pad_width", -1},
            {"preserve_short_sequences", true}});
  samples.of("UnsortedSegmentJoin")
      .add({strings({"a", "b", "c"}), ints({1, 0, 1}), axis(3)},
           {{"separator", "+"}});
  samples.of("RegexFullMatch").add({strings({"abc", "b"}), text_scalar("a.*")});
  samples.of("StaticRegexFullMatch")
      .add(strings({"abc", "b"}), {{"pattern", "a.*"}});
  samples.of("RegexReplace")
      .add({strings({"abcb", ""}), text_scalar("b"), text_scalar("xy")})
      .add({strings({"abcb"}), text_scalar("(b)"), text_scalar("\\1\\1")},
           {{"replace_global", false}});
  samples.of("StaticRegexReplace")
      .add(strings({"abcb"}), {{"pattern", "b"}, {"rewrite", "xy"}});
  for (const char* op : {"StringToHashBucket", "StringToHashBucketFast"})
    samples.of(op)
        .add(strings({"a", "", "hello"}), {{"num_buckets", 100}})
        .add(strings({}), {{"num_buckets", 1}});
  samples.of("StringToHashBucketStrong")
      .add(strings({"a", "a longer text"}),
           {{"num_buckets", 100}, {"key", std::vector<std::int64_t>{1, 2}}});
  samples.of("Fingerprint")
      .add({strings({"a", ""}), text_scalar("farmhash64")})
      .add({random({2, 3}), text_scalar("farmhash64")})
      .add({random({0, 3}), text_scalar("farmhash64")});
  for (const char* op : {"UnicodeDecode", "UnicodeDecodeWithOffsets"})
    samples.of(op)
        .add(strings({"a\u00e9", "", "\xff"}), {{"input_encoding", "UTF-8"}})
        .add(strings({std::string("\0a", 2)}),
             {{"input_encoding", "UTF-16-BE"}});
  samples.of("UnicodeEncode")
      .add({ints({97, 0xe9, 0x1f44d, -1}), ints({0, 1, 4})},
           {{"output_encoding", "UTF-8"}});
  samples.of("UnicodeTranscode")
      .add(strings({"a\u00e9", "\xff"}),
           {{"input_encoding", "UTF-8"}, {"output_encoding", "UTF-16-BE"}});
  samples.of("UnicodeScript").add(ints({65, 12450, -1, 0x378}));
  samples.of("EncodeBase64")
      .add(strings({"", "a", "ab", "abc"}), {{"pad", true}});
  samples.of("DecodeBase64").add(strings({"", "YQ==", "YWI"}));
  samples.of("ShardedFilename").add({text_scalar("a"), axis(1), axis(2)});
  samples.of("ShardedFilespec").add({text_scalar("a"), axis(2)});
  samples.of("Print").add({random({2, 3}), random({2})}, {{"first_n", 0}});
  samples.of("PrintV2").add(
      made([] { return Tensor(std::vector<std::string>{"x"}, Shape()); }),
      {{"output_stream", "file:///dev/null"}});
  samples.of("Assert").add({bools({true}, {}), random({2})});
}

}  // namespace tern
