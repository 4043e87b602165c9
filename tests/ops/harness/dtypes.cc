// The dtypes that an op claims, and its kernels.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "ops/harness/failure.h"
#include "ops/harness/results.h"
#include "ops/harness/traced.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern::harness {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

/// Nothing for the dtypes that TensorFlow 2.21 adds without a number in Tern.
std::optional<DType> dtype_named(const std::string& name) {
  try {
    return DType::from_name(name);
  } catch (const InvalidArgumentError&) {
    return std::nullopt;
  }
}

using ClaimTable = std::map<std::string, DTypeClaims, std::less<>>;

ClaimTable read_claims() {
  ClaimTable table;
  const char* shared = std::getenv("TERN_SHARED");
  std::string path =
      std::string(shared ? shared : "../shared") + "/reference/ops.tsv";
  std::ifstream file(path);
  if (!file) {
    const char* ci = std::getenv("CI");
    if (ci && std::string_view(ci) == "true")
      throw NotFoundError(path, ": no such file (set TERN_SHARED)");
    std::cout << "SKIP: TensorFlow's dtypes are not compared, there is no "
              << path << " (set TERN_SHARED)\n";
  }
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    // name (with a mark when stateful), grad, "T=half,float;Tidx=int32", …
    std::vector<std::string> columns = split(line, '\t');
    if (columns.size() < 3) continue;
    std::string name = columns[0].substr(0, columns[0].find("\xe2\x80\xa0"));
    for (const std::string& part : split(columns[2], ';')) {
      auto equals = part.find('=');
      if (equals == std::string::npos) continue;  // "any", "no", "-"
      auto& types = table[name][part.substr(0, equals)];
      for (const std::string& type : split(part.substr(equals + 1), ','))
        if (std::optional<DType> known = dtype_named(type))
          types.push_back(*known);
    }
  }
  return table;
}

bool in_signature(const AttrDef& attr, DType type) {
  return attr.allowed_types.empty() ||
         std::find(attr.allowed_types.begin(),
                   attr.allowed_types.end(),
                   type) != attr.allowed_types.end();
}

}  // namespace

DTypeClaims tensorflow_claims(std::string_view op) {
  static const ClaimTable table = read_claims();
  auto it = table.find(op);
  return it == table.end() ? DTypeClaims{} : it->second;
}

Failures check_dtypes(const OpDef& op,
                      const Sample& sample,
                      int number,
                      const DTypeClaims& claims) {
  Report report(op, number, "dtypes");
  for (const Kernel& kernel : op.kernels->kernels)
    for (std::size_t k = 0; k < kernel.types.size(); ++k) {
      const AttrDef& attr = op.attrs[static_cast<std::size_t>(op.key_attrs[k])];
      if (kernel.types[k].code != 0 && !in_signature(attr, kernel.types[k]))
        report.fail("a kernel (",
                    kernel.label,
                    ") is for ",
                    attr.name,
                    " = ",
                    kernel.types[k].name(),
                    ", which the signature excludes");
    }
  unsigned skipped = kFixedTypes | kNotRunnable | kHasEffects;
  if ((sample.flags & skipped) != 0) return report.take();
  for (int index : op.key_attrs) {
    const AttrDef& attr = op.attrs[static_cast<std::size_t>(index)];
    auto claim = claims.find(attr.name);
    bool given = std::any_of(
        sample.attrs.begin(), sample.attrs.end(), [&](const auto& named) {
          return named.first == attr.name;
        });
    if (claim == claims.end() || given) continue;
    for (DType type : claim->second) {
      // Some of TensorFlow's kernels are for dtypes that no call can have.
      if (!in_signature(attr, type)) continue;
      report.guard(detail::concat(attr.name, " = ", type.name(), " is claimed"),
                   [&] {
                     TypeChoice types{{attr.name, type}};
                     run(op, sample.call(op, types));
                     run_traced(op, sample.call(op, types), Known::kShapes);
                   });
    }
  }
  return report.take();
}

}  // namespace tern::harness
