#include "tern/ops/parsing.h"

#include <cstdio>

#include "io/example_wire.h"
#include "ops/harness/samples.h"
#include "tern/ops/array.h"

namespace tern {

using namespace harness;

namespace {

using Types = std::vector<DType>;
using Shapes = std::vector<Shape>;
using Names = std::vector<std::string>;

Input text_scalar(const std::string& text) {
  return made([text] { return Tensor(text); });
}

Input no_values(DType dtype) {
  return made([dtype] { return zeros({0}, dtype); });
}

/// a: two floats, b: one integer, c: any number of strings.
std::string example(Names c) {
  return io::Example({{"a", Tensor{1.5, 2.5}},
                      {"b", Tensor(std::vector<std::int64_t>{7})},
                      {"c", Tensor(c)}})
      .serialize();
}

/// A SequenceExample: context id = 1, list v of two steps of two floats, list
/// w of one and two integers.
std::string sequence() {
  auto message = [](std::uint64_t field, const std::string& payload) {
    std::string bytes;
    io::append_field(field, payload, bytes);
    return bytes;
  };
  auto entry = [&](const std::string& key, const std::string& value) {
    return message(1, message(1, key) + message(2, value));
  };
  auto integers = [&](const std::string& varints) {
    return message(3, message(1, varints));
  };
  const std::string floats =
      message(2, message(1, std::string("\0\0\x80?\0\0\0@", 8)));
  const std::string v = message(1, floats) + message(1, floats);
  const std::string w =
      message(1, integers("\1")) + message(1, integers("\2\3"));
  return message(1, entry("id", integers("\1"))) +
         message(2, entry("v", v) + entry("w", w));
}

Input sequences(int count) {
  return strings(Names(static_cast<std::size_t>(count), sequence()));
}

void add_examples(Samples& samples) {
  const Sample::NamedAttrs columns = {
      {"sparse_types", Types{string}},
      {"Tdense", Types{float32, int64}},
      {"dense_shapes", Shapes{Shape{2}, Shape()}}};
  auto with = [&](Sample::NamedAttrs more) {
    more.insert(more.end(), columns.begin(), columns.end());
    return more;
  };
  const Input batch = strings({example({"x", "yy"}), example({})});
  samples.of("ParseExample")
      .add({batch,
            strings({}),
            text_scalar("c"),
            text_scalar("a"),
            text_scalar("b"),
            no_values(float32),
            no_values(int64)},
           with({{"Nsparse", 1}, {"Ndense", 2}}),
           kFixedTypes);
  const Sample::NamedAttrs v2 = with({{"num_sparse", 1},
                                      {"ragged_value_types", Types{string}},
                                      {"ragged_split_types", Types{int32}}});
  for (const Input& serialized : {batch, text_scalar(example({"x"}))})
    samples.of("ParseExampleV2")
        .add({serialized,
              strings({}),
              strings({"c"}),
              strings({"a", "b"}),
              strings({"c"}),
              no_values(float32),
              no_values(int64)},
             v2,
             kFixedTypes);
  samples.of("ParseSingleExample")
      .add({text_scalar(example({"x"})), no_values(float32), no_values(int64)},
           with({{"num_sparse", 1},
                 {"sparse_keys", Names{"c"}},
                 {"dense_keys", Names{"a", "b"}}}),
           kFixedTypes);
}

void add_sequences(Samples& samples) {
  const Sample::NamedAttrs columns = {
      {"Ncontext_dense", 1},
      {"Nfeature_list_sparse", 1},
      {"Nfeature_list_dense", 1},
      {"Tcontext_dense", Types{int64}},
      {"context_dense_shapes", Shapes{Shape()}},
      {"feature_list_sparse_types", Types{int64}},
      {"feature_list_dense_types", Types{float32}},
      {"feature_list_dense_shapes", Shapes{Shape{2}}}};
  Sample::NamedAttrs v1 = columns;
  v1.emplace_back("feature_list_dense_missing_assumed_empty", Names{});
  v1.emplace_back("context_sparse_keys", Names{});
  v1.emplace_back("context_dense_keys", Names{"id"});
  v1.emplace_back("feature_list_sparse_keys", Names{"w"});
  v1.emplace_back("feature_list_dense_keys", Names{"v"});
  samples.of("ParseSequenceExample")
      .add({sequences(2), strings({}), no_values(int64)}, v1, kFixedTypes);
  Sample::NamedAttrs v2(columns.begin() + 1, columns.end());
  v2.emplace_back("feature_list_ragged_value_types", Types{int64});
  v2.emplace_back("feature_list_ragged_split_types", Types{int64});
  samples.of("ParseSequenceExampleV2")
      .add({sequences(2),
            strings({}),
            strings({}),
            strings({"id"}),
            strings({}),
            strings({"w"}),
            strings({"v"}),
            strings({"u"}),
            bools({false}, {1}),
            no_values(int64)},
           v2,
           kFixedTypes);
  samples.of("ParseSingleSequenceExample")
      .add({text_scalar(sequence()),
            strings({}),
            text_scalar("id"),
            text_scalar("w"),
            text_scalar("v"),
            no_values(int64),
            text_scalar("")},
           columns,
           kFixedTypes);
}

}  // namespace

void add_parsing_samples(Samples& samples) {
  add_examples(samples);
  add_sequences(samples);
  for (bool little_endian : {true, false})
    samples.of("DecodeRaw")
        .add(strings({std::string(32, '\1'), std::string(32, '\2')}),
             {{"little_endian", little_endian}});
  samples.of("DecodeRaw").add(strings({}), {{"out_type", int32}});
  samples.of("DecodePaddedRaw")
      .add({strings({"abc", ""}), axis(16)})
      .add({strings({"abc"}), axis(8)}, {{"little_endian", false}});
  samples.of("DecodeCSV")
      .add({strings({"1,2.5,\"x\"\"y\"", ",3,"}),
            ints({4}),
            values({0}),
            strings({"z"})},
           {{"OUT_TYPE", Types{int32, float32, string}}},
           kFixedTypes);
  samples.of("DecodeCompressed").add(strings({"a", ""}));
  samples.of("DecodeJSONExample")
      .add(strings(
          {"{}",
           R"({"features":{"feature":{"f":{"floatList":{"value":[1.5,"NaN"]}}}}})"}));
  // Not handles: what is behind them cannot be stored.
  for (DType dtype : {float32,
                      float64,
                      float16,
                      bfloat16,
                      int8,
                      int16,
                      int32,
                      int64,
                      uint8,
                      uint16,
                      uint32,
                      uint64,
                      bool_,
                      complex64,
                      complex128,
                      string})
    samples.of("SerializeTensor")
        .add(made([dtype] {
               return zeros({2, 3}, dtype);
             }),
             {{"T", dtype}},
             kFixedTypes)
        .add(no_values(dtype), {{"T", dtype}}, kFixedTypes);
  samples.of("ParseTensor")
      .add(made([] {
             return io::serialize_tensor(Tensor{1.0, 2.0});
           }),
           {{"out_type", float32}},
           kFixedTypes);
  samples.of("ReadFile").add(text_scalar("/dev/null"));
  const std::string path = std::string(P_tmpdir) + "/tern_write_file_sample";
  samples.of("WriteFile").add({text_scalar(path), text_scalar("a")});
  samples.of("MatchingFiles").add(text_scalar("/dev/nul?"));
}

}  // namespace tern
