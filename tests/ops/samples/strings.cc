#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

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
  samples.of("Print").add({random({2, 3}), random({2})}, {{"first_n", 0}});
  samples.of("PrintV2").add(
      made([] { return Tensor(std::vector<std::string>{"x"}, Shape()); }),
      {{"output_stream", "file:///dev/null"}});
  samples.of("Assert").add({bools({true}, {}), random({2})});
}

}  // namespace tern
