// Bytes as the JSON form of an Example; what it becomes is one.

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "op_target.h"
#include "tern/ops/parsing.h"

using namespace tern;

void use(std::string_view bytes) {
  attempt([&] {
    Tensor binary = io::decode_json_example(bytes);
    // What Tern writes, it reads.
    try {
      io::parse_single_example(binary, {{"a", io::VarLenFeature{float32}}});
    } catch (const InvalidArgumentError& error) {
      if (std::string_view(error.what()).find("Could not parse") !=
          std::string_view::npos)
        std::abort();
    }
  });
}
