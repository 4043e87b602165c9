#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"

namespace tern::keras {

/// The folder of shared test material ($TERN_SHARED, else ../shared beside
/// the source). Where it is absent, prints one SKIP line and gives nothing;
/// under CI=true that is a failure.
std::optional<std::string> shared_folder();

/// One case of the golden vectors (vectors/keras.tar.xz): Keras' own results.
class VectorCase {
 public:
  explicit VectorCase(std::string folder);

  const std::string& folder() const { return folder_; }
  /// case.json.
  const Config& facts() const { return facts_; }
  Tensor load(const Config& file_name) const;
  std::string path(const std::string& file) const {
    return folder_ + "/" + file;
  }
  std::string text(const std::string& file) const;

 private:
  std::string folder_;
  Config facts_;
};

/// Calls `check` for each case whose folder name starts with `prefix`;
/// nothing without the shared folder. The archive is unpacked once.
void for_each_case(const std::string& prefix,
                   const std::function<void(const VectorCase&)>& check);

struct Tolerance {
  double rtol = 0;
  double atol = 0;
  static Tolerance of(const Config& facts);
};

/// What differs, empty when nothing does: shapes exactly, values by
/// |got - want| <= atol * max(1, max|want|) + rtol * |want|.
std::string difference(const Tensor& got,
                       const Tensor& want,
                       Tolerance allowed);

}  // namespace tern::keras
