// Bytes as a record of comma-separated fields; the first chooses how.

#include <string>
#include <string_view>
#include <vector>

#include "op_target.h"
#include "tern/ops/parsing.h"

using namespace tern;

void use(std::string_view bytes) {
  if (bytes.empty()) return;
  const unsigned how = static_cast<unsigned char>(bytes[0]);
  const Tensor record(bytes.substr(1));
  io::DecodeCsvOptions options;
  options.use_quote_delim = how & 1;
  options.field_delim = how & 2 ? ";" : ",";
  if (how & 4) options.select_cols = {0, 2};
  for (int columns = 1; columns < 4; ++columns) {
    Tensors defaults;
    for (int k = 0; k < columns; ++k)
      defaults.push_back(k == 0   ? Tensor{""}
                         : k == 1 ? Tensor{0.5}
                                  : Tensor{7});
    attempt([&] { io::decode_csv(record, defaults, options); });
  }
}
