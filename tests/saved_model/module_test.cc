#include "tern/module.h"

#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/ops/math.h"

using namespace tern;

namespace {

class Scaler : public Module {
 public:
  Function<Tensor(Tensor)> scale =
      track("scale", Function<Tensor(Tensor)>([this](const Tensor& x) {
              return x * factor_;
            }));

 private:
  Variable factor_ = track("factor", Variable(3.0));
};

}  // namespace

TEST_CASE("A module tracks functions by name, beside its variables") {
  Scaler scaler;
  CHECK(scaler.variables().size() == 1);
  CHECK(scaler.trainable_variables().size() == 1);
  Tensor result = scaler.function("scale")(Nest::list({Tensor(2.0)}));
  CHECK(result.item<float>() == 6);
  CHECK_THROWS_AS(scaler.function("factor"), NotFoundError);
  CHECK_THROWS_AS(scaler.variable("scale"), NotFoundError);
}
