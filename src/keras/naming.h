#pragma once

#include <string>
#include <string_view>
#include <typeinfo>

namespace tern::keras {

/// "BatchNormalization" → "batch_normalization", "AUC" → "auc".
std::string to_snake_case(std::string_view class_name);

/// The next automatic name for a prefix: "dense", "dense_1", … until
/// backend::clear_session().
std::string unique_name(const std::string& prefix);

/// Keras' name for a C++ class: without namespaces and the ending "Impl".
std::string class_name_of(const std::type_info& type);

}  // namespace tern::keras
