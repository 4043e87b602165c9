#include "tools/golden/keras/case.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "io/npy.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::golden {

using keras::Config;

KerasCase::KerasCase(std::string folder) : folder_(std::move(folder)) {
  facts_ = Config::parse(text("case.json"));
}

std::string KerasCase::text(const Config& file_name) const {
  std::string file = path(file_name.get<std::string>());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw NotFoundError(file, ": no such file");
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

Tensor KerasCase::load(const Config& file_name) const {
  return io::read_npy(path(file_name.get<std::string>()));
}

Tensor KerasCase::load_if_any(const Config& config, const char* key) const {
  const Config* file = config.find(key);
  return file && !file->is_null() ? load(*file) : Tensor();
}

Tolerance tolerance_of(const Config& facts) {
  const Config& tolerance = facts["tolerance"];
  return {tolerance["rtol"].get<double>(), tolerance["atol"].get<double>()};
}

std::string keras_difference(const Tensor& got,
                             const Tensor& want,
                             Tolerance allowed) {
  std::ostringstream text;
  if (!got.defined()) return "no tensor";
  if (!(got.shape() == want.shape())) {
    text << "shape " << got.shape() << ", wanted " << want.shape();
    return text.str();
  }
  auto numbers = [](const Tensor& tensor) {
    Tensor wide = cast(tensor, float64);
    auto values = wide.values<double>();
    return std::vector<double>(values.begin(), values.end());
  };
  std::vector<double> a = numbers(got), b = numbers(want);
  double largest = 1;
  for (double value : b)
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  for (std::size_t i = 0; i < a.size(); ++i) {
    bool equal = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                 std::fabs(a[i] - b[i]) <=
                     allowed.atol * largest + allowed.rtol * std::fabs(b[i]);
    if (equal) continue;
    text << "element " << i << " is " << a[i] << ", wanted " << b[i];
    return text.str();
  }
  return {};
}

void Findings::compare(const std::string& what,
                       const Tensor& got,
                       const Tensor& want,
                       Tolerance allowed) {
  std::string text = keras_difference(got, want, allowed);
  if (!text.empty()) fail(what + ": " + text);
}

void Findings::compare_text(const std::string& what,
                            const std::string& got,
                            const std::string& want) {
  if (got == want) return;
  auto differ = std::mismatch(got.begin(), got.end(), want.begin(), want.end());
  auto around = [](const std::string& text, auto at) {
    auto begin =
        text.begin() + std::max<std::ptrdiff_t>(0, at - text.begin() - 20);
    return std::string(
        begin, begin + std::min<std::ptrdiff_t>(60, text.end() - begin));
  };
  fail(what + ": \"" + around(got, differ.first) + "\", wanted \"" +
       around(want, differ.second) + "\"");
}

void Findings::fail(const std::string& text) {
  result_.failures.push_back(place_.empty() ? text : place_ + ": " + text);
}

Result check_keras(const KerasCase& c) {
  using Check = void (*)(const KerasCase&, Findings&);
  static const std::map<std::string, Check> checks = {
      {"layer", check_layer},
      {"function", check_functions},
      {"loss", check_loss},
      {"metric", check_metric},
      {"optimizer", check_optimizer},
      {"schedule", check_schedule},
      {"init", check_initializer},
      {"random", check_random},
      {"train", check_training},
      {"config", check_config}};
  Result result;
  auto found = checks.find(c.kind());
  if (found == checks.end()) {
    result.missing_ops.push_back("(" + c.kind() + ")");
    return result;
  }
  Findings findings(result);
  try {
    found->second(c, findings);
  } catch (const Missing& missing) {
    result.missing_ops.push_back(missing.name);
  } catch (const std::exception& error) {
    findings.fail(error.what());
  }
  return result;
}

}  // namespace tern::golden
