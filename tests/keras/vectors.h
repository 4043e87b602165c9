#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/golden/keras/case.h"

namespace tern::keras {

using golden::Tolerance;
using VectorCase = golden::KerasCase;

/// The folder of shared test material ($TERN_SHARED, else ../shared beside
/// the source). Where it is absent, prints one SKIP line and gives nothing;
/// under CI=true that is a failure.
std::optional<std::string> shared_folder();

/// Calls `check` for each case of Keras' golden vectors whose folder name
/// starts with `prefix`; nothing without the shared folder. The archive is
/// unpacked once.
void for_each_case(const std::string& prefix,
                   const std::function<void(const VectorCase&)>& check);

/// Runs the cases as golden_vectors does. Returns how many there are whose
/// classes Tern has; all of them must agree with Keras.
int check_cases(const std::string& prefix);

/// What differs, empty when nothing does.
inline std::string difference(const Tensor& got,
                              const Tensor& want,
                              Tolerance allowed) {
  return golden::keras_difference(got, want, allowed);
}

}  // namespace tern::keras
