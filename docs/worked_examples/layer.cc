// Runs against Tern with layer.patch applied.
#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

int main() {
  Sequential model(
      {layers::Rescaling(0.5, {.offset = 1.0, .input_shape = {2}})});
  Model again = models::model_from_json(model.to_json());
  Tensor y = again.predict(constant({{2.0, 4.0}}));
  return y[{0, 0}].item<float>() == 2 && y[{0, 1}].item<float>() == 3 ? 0 : 1;
}
