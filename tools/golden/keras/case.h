#pragma once

#include <string>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"
#include "tools/golden/check.h"

namespace tern::golden {

/// One case of Keras' golden vectors: a folder with a case.json, which holds
/// all facts, arrays and texts.
class KerasCase {
 public:
  /// Throws NotFoundError, DataLossError for what is no case.
  explicit KerasCase(std::string folder);

  const std::string& folder() const { return folder_; }
  std::string kind() const { return facts_["kind"].get<std::string>(); }
  /// case.json.
  const keras::Config& facts() const { return facts_; }
  Tensor load(const keras::Config& file_name) const;
  /// The tensor of `config[key]`; undefined where that is absent or null.
  Tensor load_if_any(const keras::Config& config, const char* key) const;
  std::string path(const std::string& file) const {
    return folder_ + "/" + file;
  }
  std::string text(const keras::Config& file_name) const;

 private:
  std::string folder_;
  keras::Config facts_;
};

/// The tolerance of facts or of one check among them.
Tolerance tolerance_of(const keras::Config& facts);

/// What differs, empty when nothing does: shapes exactly, values by
/// |got - want| <= atol * max(1, max|want|) + rtol * |want|. Dtypes may differ:
/// files hold bfloat16 as float32.
std::string keras_difference(const Tensor& got,
                             const Tensor& want,
                             Tolerance allowed);

/// Gathers what is wrong with one case.
class Findings {
 public:
  explicit Findings(Result& result) : result_(result) {}

  /// Where the next findings are: "check 3".
  void at(std::string place) { place_ = std::move(place); }
  /// Notes the difference, if there is one.
  void compare(const std::string& what,
               const Tensor& got,
               const Tensor& want,
               Tolerance allowed);
  void compare_text(const std::string& what,
                    const std::string& got,
                    const std::string& want);
  void fail(const std::string& text);

 private:
  Result& result_;
  std::string place_;
};

/// Runs a case and compares with what Keras computed; `missing_ops` names the
/// classes that Tern lacks. Anything thrown on the way is a failure.
Result check_keras(const KerasCase& c);

/// The kinds of cases.
void check_layer(const KerasCase& c, Findings& findings);
void check_functions(const KerasCase& c, Findings& findings);
void check_loss(const KerasCase& c, Findings& findings);
void check_metric(const KerasCase& c, Findings& findings);
void check_optimizer(const KerasCase& c, Findings& findings);
void check_schedule(const KerasCase& c, Findings& findings);
void check_initializer(const KerasCase& c, Findings& findings);
void check_random(const KerasCase& c, Findings& findings);
void check_training(const KerasCase& c, Findings& findings);
void check_config(const KerasCase& c, Findings& findings);

/// Thrown for what Tern lacks: then the case is skipped.
struct Missing {
  std::string name;
};

}  // namespace tern::golden
