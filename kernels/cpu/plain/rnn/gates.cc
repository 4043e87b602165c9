#include "kernels/cpu/rnn_gates.h"

namespace tern::kernels {

RnnGates& rnn_gates() {
  static RnnGates gates;
  return gates;
}

}  // namespace tern::kernels
