#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "tern/keras/metrics.h"

namespace tern::keras {
namespace {

bool within_reach(const Config& config) {
  const Config* ignored = config.find("ignore_class");
  return !config.get("multi_label", false) && !config.contains("thresholds") &&
         (!ignored || ignored->is_null()) && config.get("axis", -1) == -1;
}

Tensor optional(const VectorCase& vectors,
                const Config& update,
                const char* key) {
  const Config* file = update.find(key);
  return file && !file->is_null() ? vectors.load(*file) : Tensor();
}

}  // namespace

TEST_CASE("Metrics equal Keras' after each update and after a reset") {
  for (const char* name : {"AUC",
                           "Accuracy",
                           "BinaryAccuracy",
                           "CategoricalAccuracy",
                           "SparseCategoricalAccuracy",
                           "Mean",
                           "MeanSquaredError",
                           "MeanAbsoluteError",
                           "BinaryCrossentropy",
                           "CategoricalCrossentropy",
                           "SparseCategoricalCrossentropy"})
    for_each_case(
        std::string("metric_") + name, [&](const VectorCase& vectors) {
          // "metric_Mean" is also the beginning of "metric_MeanIoU".
          if (vectors.facts()["name"].get<std::string>() !=
              std::string("metric_") + name)
            return;
          int number = -1;
          for (const Config& check : vectors.facts()["checks"].items()) {
            INFO("check " << ++number);
            if (!within_reach(check["config"])) continue;
            Metric metric = Metric::deserialize(Config::object(
                {{"class_name", check["class"]}, {"config", check["config"]}}));
            Tolerance allowed = Tolerance::of(check);
            for (const Config& update : check["updates"].items()) {
              if (update.contains("values"))
                metric.update_state(vectors.load(update["values"]),
                                    optional(vectors, update, "sample_weight"));
              else
                metric.update_state(vectors.load(update["y_true"]),
                                    vectors.load(update["y_pred"]),
                                    optional(vectors, update, "sample_weight"));
              CHECK(difference(metric.result(),
                               vectors.load(update["result"]),
                               allowed) == "");
            }
            metric.reset_state();
            CHECK(difference(metric.result(),
                             vectors.load(check["result_after_reset"]),
                             allowed) == "");
          }
        });
}

}  // namespace tern::keras
