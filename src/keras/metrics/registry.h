#pragma once

#include <memory>
#include <string>

#include "tern/keras/metrics.h"

namespace tern::keras {

/// A metric by Keras' function or class name: "mae", "AUC". Throws
/// InvalidArgumentError for others.
std::shared_ptr<MetricBase> metric_named(const std::string& name);

/// The same with the options of a configuration.
std::shared_ptr<MetricBase> metric_from_config(const std::string& name,
                                               const Config& config);

/// "Precision", "TruePositives" and their like; null for other classes.
std::shared_ptr<MetricBase> confusion_from_config(const std::string& class_name,
                                                  const Config& config);

/// The mean of a function of the user's.
std::shared_ptr<MetricBase> metric_of(Metric::Callable function);

std::shared_ptr<MetricBase> make_auc(metrics::AUCOptions options);

}  // namespace tern::keras
